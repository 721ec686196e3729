"""Apply the user's setting for drafted sentences that failed their check."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim, Flagged, Label, Verdict


def settled(verdicts: Sequence[Verdict], flagged: Flagged) -> list[Verdict]:
    """The verdicts to show, in order.

    With QUOTE, a sentence that cites nothing quotable stays, flagged; duplicate quotations are
    shown once.
    """
    if flagged is Flagged.DROP:
        return [verdict for verdict in verdicts if not verdict.label.flagged]
    if flagged is Flagged.SHOW:
        return list(verdicts)
    shown = [_quoted(verdict) if verdict.label.flagged else verdict for verdict in verdicts]
    return list({verdict.claim.text: verdict for verdict in reversed(shown)}.values())[::-1]


def _quoted(verdict: Verdict) -> Verdict:
    """Replace a claim by the sentence that it cites; of several, by the one that decided."""
    cited = verdict.claim.sentences or verdict.quotes
    if not cited:
        return verdict
    quote = next((deciding for deciding in verdict.quotes if deciding in cited), cited[0])
    claim = Claim(quote.text, (quote.key,))
    return Verdict(claim, Label.QUOTED, (quote,), 1.0, replaces=verdict.claim.text)
