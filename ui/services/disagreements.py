"""Find disagreements within the evidence of answers, in the background."""

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
    """Disagreements of answers, computed once each and one at a time, so that questions in progress
    keep the processor. Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._known: OrderedDict[str, tuple[Sides, ...] | None] = OrderedDict()

    def of(self, answer: Answer) -> tuple[Sides, ...] | None:
        """Return an answer's disagreements; None until computed, which the first call starts."""
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
        result: tuple[Sides, ...] = ()
        try:
            from agent.verification.local_verifier import LocalVerifier

            with self._turn:
                result = disagreements(answer, LocalVerifier())
        except Exception:  # the answer is complete without them
            log.exception("computing disagreements failed")
        with self._lock:
            self._known[answer.id] = result
