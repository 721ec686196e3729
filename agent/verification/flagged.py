"""What becomes of drafted sentences that failed their check, as the user set it."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Claim, Flagged, Label, Verdict


def settled(verdicts: Sequence[Verdict], flagged: Flagged) -> list[Verdict]:
    """The verdicts that are shown, in order.

    With QUOTE, a sentence that cites nothing that could be quoted stays, flagged; what would be
    quoted twice is quoted once.
    """
    if flagged is Flagged.DROP:
        return [verdict for verdict in verdicts if not verdict.label.flagged]
    if flagged is Flagged.SHOW:
        return list(verdicts)
    shown = [_quoted(verdict) if verdict.label.flagged else verdict for verdict in verdicts]
    return list({verdict.claim.text: verdict for verdict in reversed(shown)}.values())[::-1]


def _quoted(verdict: Verdict) -> Verdict:
    """The sentence that a claim cites, in its place; the one that decided, of several."""
    cited = verdict.claim.sentences or verdict.quotes
    if not cited:
        return verdict
    quote = next((each for each in verdict.quotes if each in cited), cited[0])
    claim = Claim(quote.text, (quote.key,))
    return Verdict(claim, Label.QUOTED, (quote,), 1.0, replaces=verdict.claim.text)
