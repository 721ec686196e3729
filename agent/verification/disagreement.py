"""Where the evidence of an answer disagrees with its sentences.

The verifier reads every article of the evidence against every sentence of the answer. What it finds
contradicted is often only about something else; so both sides must name the question's intervention
and another thing that it asks about, and the opposing side must be sure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agent.answer import Answer
from agent.verification.sides import Position, Sides, sides
from agent.verification.verifier import Verifier

# The local verifier's score, of 1, from which an opposing sentence is shown.
_SURE = 0.65

_FEWEST_TERMS = 2

_MOST_CLAIMS = 2


def disagreements(answer: Answer, verifier: Verifier) -> tuple[Sides, ...]:
    """The sentences of an answer that other evidence of it opposes, at most two."""
    from retrieval.engines.analysis import analysed

    terms = set(analysed(answer.plan.subject or answer.question))
    treatment = set(analysed(answer.plan.pico.intervention))

    def speaks(text: str) -> bool:
        said = set(analysed(text))
        return len(said & terms) >= _FEWEST_TERMS and (not treatment or bool(said & treatment))

    found: list[Sides] = []
    for verdict in answer.verdicts:
        if not verdict.label.carries or not speaks(verdict.claim.text):
            continue
        both = sides(verdict.claim.text, answer.evidence, verifier)
        kept = replace(
            both,
            supporting=tuple(p for p in both.supporting if speaks(p.quote.text)),
            opposing=_sure(p for p in both.opposing if speaks(p.quote.text)),
        )
        if kept.disagree:
            found.append(kept)
        if len(found) == _MOST_CLAIMS:
            break
    return tuple(found)


def _sure(positions: Iterable[Position]) -> tuple[Position, ...]:
    return tuple(position for position in positions if position.score >= _SURE)
