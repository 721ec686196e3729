"""Find the sentences of an answer that other articles of its evidence contradict.

The verifier reads every article of the evidence against every sentence of the answer. Many of the
contradictions it finds are only about something else; so both sides must name the question's
intervention and another of its terms, and the opposing score must be high.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from agent.answer import Answer
from agent.verification.protocol import Verifier
from agent.verification.sides import Position, Sides, sides

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
        text_terms = set(analysed(text))
        return len(text_terms & terms) >= _FEWEST_TERMS and (
            not treatment or bool(text_terms & treatment)
        )

    contested: list[Sides] = []
    for verdict in answer.verdicts:
        if not verdict.label.carries or not on_topic(verdict.claim.text):
            continue
        positions = sides(verdict.claim.text, answer.evidence, verifier)
        on_topic_positions = replace(
            positions,
            supporting=tuple(p for p in positions.supporting if on_topic(p.quote.text)),
            opposing=_sure(p for p in positions.opposing if on_topic(p.quote.text)),
        )
        if on_topic_positions.disagree:
            contested.append(on_topic_positions)
        if len(contested) == _MOST_CLAIMS:
            break
    return tuple(contested)


def _sure(positions: Iterable[Position]) -> tuple[Position, ...]:
    return tuple(position for position in positions if position.score >= _SURE)
