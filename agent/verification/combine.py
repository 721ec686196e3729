"""Findings into a verdict: of the citations of one part, then of the parts of one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Check, Claim, Finding, Label, Quote, Verdict


def of_parts(findings: Sequence[Finding]) -> list[Finding]:
    """For each part of a sentence the finding that decides among its citations.

    One citation that carries a part is enough for it; where none does, what a citation contradicts
    weighs more than what another leaves open.
    """
    grouped: dict[str, list[Finding]] = {}
    for finding in findings:
        grouped.setdefault(finding.text, []).append(finding)
    return [
        min(found, key=lambda f: (f.label.order, -(f.score or 0.0))) for found in grouped.values()
    ]


def of_sentence(claim: Claim, decided: Sequence[Finding]) -> Verdict:
    """The verdict on a sentence from those on its parts.

    QUOTED when it is one part that is; SUPPORTED when all parts are carried; CONTRADICTED when any
    is contradicted; PARTIALLY_SUPPORTED when some are carried, or none more than partly; else
    UNSUPPORTED.
    """
    labels = {finding.label for finding in decided}
    if not labels:
        return Verdict(claim, Label.UNSUPPORTED)
    if Label.CONTRADICTED in labels:
        label = Label.CONTRADICTED
    elif len(decided) == 1:
        label = decided[0].label
    elif all(each.carries for each in labels):
        label = Label.SUPPORTED
    elif any(each.carries_part for each in labels):
        label = Label.PARTIALLY_SUPPORTED
    elif len(labels) == 1:
        (label,) = labels
    else:
        label = Label.UNSUPPORTED
    quotes: dict[Quote, None] = {}
    checks: dict[Check, None] = {}
    for finding in decided:
        quotes |= dict.fromkeys(finding.quotes)
        checks |= dict.fromkeys(finding.checks)
    scores = [finding.score for finding in decided if finding.score is not None]
    parts = tuple(decided) if len(decided) > 1 else ()
    return Verdict(
        claim, label, tuple(quotes), min(scores, default=None), tuple(checks), findings=parts
    )
