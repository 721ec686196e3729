"""Answer questions in background threads, independently of pages.

A run belongs to the server, not to the browser session that started it: after a reload, a page
finds its run by the conversation's id. A limited number of runs work in parallel; the others wait
in order of arrival.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import structlog

from agent.run_monitor import Watch
from corpora.errors import Busy, MedciteError, Stopped
from retrieval.filters import Filters
from ui.services import background

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.assistant import Assistant, Step

log = structlog.get_logger()

# More would compete for the processor, so that all would end later.
MOST_AT_ONCE = max(2, os.cpu_count() or 1)
MOST_WAITING = 100
# Number of ended runs remembered, so that a page can show how they ended.
_MOST_ENDED = 200


class Stage(Enum):
    """The stage of a run."""

    WAITING = "waiting"
    LOADING = "loading"
    WORKING = "working"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        return self in (Stage.DONE, Stage.STOPPED, Stage.FAILED)


@dataclass(eq=False)
class Run:
    """The run of one question of a conversation (`thread` is its id).

    `owner` is the user who asked, "" without sign-in. `resumes` says that it resumes the
    conversation's interrupted question. `steps` grow while the run works; `error` says why it
    failed, None for an internal error, which is logged.
    """

    thread: str
    question: str
    filters: Filters
    owner: str = ""
    resumes: bool = False
    stage: Stage = Stage.WAITING
    steps: list[Step] = field(default_factory=list)
    error: MedciteError | None = None
    watch: Watch = field(default_factory=Watch)
    ended: threading.Event = field(default_factory=threading.Event)


class Runs:
    """The runs of one server. Thread-safe."""

    def __init__(
        self,
        assistant: Callable[[], Assistant],
        most: int = MOST_AT_ONCE,
        answered: Callable[[Run, Answer], None] = lambda *_: None,
    ) -> None:
        """Args:
        assistant: returns the assistant, loading it if necessary.
        most: how many runs work in parallel.
        answered: called with every answer; its errors are logged and do not fail the run.
        """
        self._assistant, self._most, self._answered = assistant, most, answered
        self._lock = threading.Lock()
        self._waiting: deque[Run] = deque()
        self._working = 0
        self._runs: dict[str, Run] = {}

    def ask(self, thread: str, question: str, filters: Filters, owner: str = "") -> Run:
        """Start a run for a question in a conversation.

        Raises:
            Busy: its last question is still being answered, or too many questions are waiting.
        """
        return self._begin(Run(thread, question, filters, owner))

    def resume(self, thread: str, question: str, filters: Filters, owner: str = "") -> Run:
        """Resume the interrupted question of a conversation.

        Raises:
            Busy: see `ask`.
        """
        return self._begin(Run(thread, question, filters, owner, resumes=True))

    def of(self, thread: str) -> Run | None:
        """Return a conversation's last run; None if there was none since the server started."""
        return self._runs.get(thread)

    def stop(self, thread: str) -> None:
        """Stop the run of a conversation; a waiting run ends immediately."""
        with self._lock:
            run = self._runs.get(thread)
            if run is None or run.stage.ended:
                return
            run.watch.stop()
            if run in self._waiting:
                self._waiting.remove(run)
                self._end(run, Stage.STOPPED)

    def ahead(self, run: Run) -> int:
        """Return how many runs are ahead of this waiting one."""
        with self._lock:
            return self._waiting.index(run) if run in self._waiting else 0

    def _begin(self, run: Run) -> Run:
        with self._lock:
            previous = self._runs.get(run.thread)
            if previous and not previous.stage.ended:
                raise Busy(
                    "The last question of this conversation is still being answered.",
                    "Wait for its answer, or stop it.",
                )
            if len(self._waiting) >= MOST_WAITING:
                raise Busy("Too many questions are waiting.", "Try again in a minute.")
            self._runs.pop(run.thread, None)
            self._runs[run.thread] = run
            self._waiting.append(run)
            self._start_next()
        return run

    def _start_next(self) -> None:
        """Start waiting runs in order, as capacity allows; the caller holds the lock."""
        while self._waiting and self._working < self._most:
            run = self._waiting.popleft()
            run.stage = Stage.LOADING
            self._working += 1
            background.start(self._work, run)

    def _work(self, run: Run) -> None:
        stage = Stage.FAILED
        try:
            assistant = self._assistant()
            run.stage = Stage.WORKING
            for step in _steps(assistant, run):
                run.steps.append(step)
            stage = Stage.DONE
            self._notify(run)
        except Stopped:
            stage = Stage.STOPPED
        except MedciteError as error:
            run.error = error
        except Exception:
            log.exception("answering a question failed")
        finally:
            with self._lock:
                self._working -= 1
                self._end(run, stage)
                self._start_next()

    def _notify(self, run: Run) -> None:
        answers = [step.update["answer"] for step in run.steps if step.update.get("answer")]
        if answers:
            try:
                self._answered(run, answers[-1])
            except MedciteError as error:
                log.warning("logging an answer failed", reason=error.message)

    def _end(self, run: Run, stage: Stage) -> None:
        """Record how a run ended, and discard its steps; the caller holds the lock."""
        run.stage = stage
        run.steps = []
        run.ended.set()
        ended = [thread for thread, other in self._runs.items() if other.stage.ended]
        for thread in ended[: max(0, len(ended) - _MOST_ENDED)]:
            del self._runs[thread]


def _steps(assistant: Assistant, run: Run) -> Iterator[Step]:
    if run.resumes:
        return assistant.resume(run.thread, run.watch)
    return assistant.stream(run.question, run.filters, run.thread, run.watch)
