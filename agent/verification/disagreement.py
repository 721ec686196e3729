"""Find the sentences of an answer that other articles of its evidence contradict.

The verifier reads every article of the evidence against every sentence of the answer. Many of the
contradictions it finds are only about something else; so both sides must name the question's
intervention and another of its terms, and the opposing score must be high.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agent.answer import Answer
from agent.verification.sides import Position, Sides, sides
from agent.verification.verifier import Verifier

# The lowest score of the local verifier, between 0 and 1, at which an opposing sentence is shown.
_SURE = 0.65

_FEWEST_TERMS = 2

_MOST_CLAIMS = 2


def disagreements(answer: Answer, verifier: Verifier) -> tuple[Sides, ...]:
    """At most two sentences of an answer that other articles of its evidence oppose."""
    from retrieval.engines.analysis import analysed

    terms = set(analysed(answer.plan.subject or answer.question))
    treatment = set(analysed(answer.plan.pico.intervention))

    def on_topic(text: str) -> bool:
        named = set(analysed(text))
        return len(named & terms) >= _FEWEST_TERMS and (not treatment or bool(named & treatment))

    contested: list[Sides] = []
    for verdict in answer.verdicts:
        if not verdict.label.carries or not on_topic(verdict.claim.text):
            continue
        both = sides(verdict.claim.text, answer.evidence, verifier)
        kept = replace(
            both,
            supporting=tuple(p for p in both.supporting if on_topic(p.quote.text)),
            opposing=_sure(p for p in both.opposing if on_topic(p.quote.text)),
        )
        if kept.disagree:
            contested.append(kept)
        if len(contested) == _MOST_CLAIMS:
            break
    return tuple(contested)


def _sure(positions: Iterable[Position]) -> tuple[Position, ...]:
    return tuple(position for position in positions if position.score >= _SURE)
