"""Where the evidence of an answer disagrees: looked for behind the page, shown sparingly.

The verifier reads every article of the evidence against every sentence of the answer. What it finds
contradicted is often only about something else; so both sides must name the question's intervention
and another thing that it asks about, and the opposing side must be sure.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace

import structlog

from agent.answer import Answer, Status
from agent.verification.sides import Position, Sides, sides
from agent.verification.verifier import Verifier
from ui.services import background

log = structlog.get_logger()

# The local verifier's score, of 1, from which an opposing sentence is shown.
_SURE = 0.65
_FEWEST_TERMS = 2
_MOST_CLAIMS = 2
_REMEMBERED = 500


def disagreements(answer: Answer, verifier: Verifier) -> tuple[Sides, ...]:
    """The sentences of an answer that other evidence of it opposes, at most two."""
    from retrieval.engines.lexical import analysed

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


class Disagreements:
    """Disagreements of answers, each looked for once and one after the other, so that questions at
    work keep the processor. Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._known: OrderedDict[str, tuple[Sides, ...] | None] = OrderedDict()

    def of(self, answer: Answer) -> tuple[Sides, ...] | None:
        """Those of an answer; None while they are looked for, which the first call begins."""
        if answer.status is not Status.ANSWERED:
            return ()
        with self._lock:
            if answer.id in self._known:
                return self._known[answer.id]
            self._known[answer.id] = None
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        background.start(self._look, answer)
        return None

    def _look(self, answer: Answer) -> None:
        found: tuple[Sides, ...] = ()
        try:
            from agent.verification.trained import LocalVerifier

            with self._turn:
                found = disagreements(answer, LocalVerifier())
        except Exception:  # the answer stands without them
            log.exception("disagreements could not be looked for")
        with self._lock:
            self._known[answer.id] = found
