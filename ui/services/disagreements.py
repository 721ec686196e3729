"""Disagreements within the evidence of answers, looked for in the background."""

from __future__ import annotations

import threading
from collections import OrderedDict

import structlog

from agent.answer import Answer, Status
from agent.verification.disagreement import disagreements
from agent.verification.sides import Sides
from ui.services import background

log = structlog.get_logger()

_REMEMBERED = 500


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
