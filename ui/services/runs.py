"""Questions at work: each in a thread of its own, behind whatever page looks on.

A run belongs to the server, not to the browser session that began it: a page that is reloaded or
closed loses nothing, and finds its run again under the conversation's id. So many are worked on at
once, the others wait in the order in which they came.
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
from retrieval.passage import Filters
from ui.services import background

if TYPE_CHECKING:
    from agent.answer import Answer
    from agent.assistant import Assistant, Step

log = structlog.get_logger()

# More would only take turns at the processor, and all would end later.
MOST_AT_ONCE = max(2, os.cpu_count() or 1)
MOST_WAITING = 100
# Runs that ended badly are remembered, so that a page can say how.
_MOST_ENDED = 200


class Stage(Enum):
    """Where a run is."""

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
    """One question of a conversation (`thread` is its id) on its way to an answer.

    `owner` is who asked it, "" where nobody signs in.
    `resumes` says that the conversation's interrupted question goes on. `steps` grow while the run
    works; `error` says why it failed, None where it was a fault of Medcite's own, which is logged.
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
    """The runs of one server. Safe to use from several threads."""

    def __init__(
        self,
        assistant: Callable[[], Assistant],
        most: int = MOST_AT_ONCE,
        answered: Callable[[Run, Answer], None] = lambda *_: None,
    ) -> None:
        """`answered` is told of every answer, and its failure is none of the run's."""
        self._assistant, self._most, self._answered = assistant, most, answered
        self._lock = threading.Lock()
        self._waiting: deque[Run] = deque()
        self._working = 0
        self._known: dict[str, Run] = {}

    def ask(self, thread: str, question: str, filters: Filters, owner: str = "") -> Run:
        """Begin to work on a question in a conversation.

        Raises:
            Busy: its last question is not answered yet, or too many questions wait already.
        """
        return self._begin(Run(thread, question, filters, owner))

    def resume(self, thread: str, question: str, filters: Filters, owner: str = "") -> Run:
        """Go on with the interrupted question of a conversation.

        Raises:
            Busy: see `ask`.
        """
        return self._begin(Run(thread, question, filters, owner, resumes=True))

    def of(self, thread: str) -> Run | None:
        """The last run of a conversation; None where it is not of this server's life."""
        return self._known.get(thread)

    def stop(self, thread: str) -> None:
        """Stop the run of a conversation; one that waits ends at once."""
        with self._lock:
            run = self._known.get(thread)
            if run is None or run.stage.ended:
                return
            run.watch.stop()
            if run in self._waiting:
                self._waiting.remove(run)
                self._end(run, Stage.STOPPED)

    def ahead(self, run: Run) -> int:
        """How many runs begin before this one that waits."""
        with self._lock:
            return self._waiting.index(run) if run in self._waiting else 0

    def _begin(self, run: Run) -> Run:
        with self._lock:
            known = self._known.get(run.thread)
            if known and not known.stage.ended:
                raise Busy(
                    "The last question of this conversation is not answered yet.",
                    "Wait for its answer, or stop it.",
                )
            if len(self._waiting) >= MOST_WAITING:
                raise Busy("Too many questions wait already.", "Try again in a minute.")
            self._known.pop(run.thread, None)
            self._known[run.thread] = run
            self._waiting.append(run)
            self._start_next()
        return run

    def _start_next(self) -> None:
        """Give free places to those that wait longest; the lock is held."""
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
            self._tell(run)
        except Stopped:
            stage = Stage.STOPPED
        except MedciteError as error:
            run.error = error
        except Exception:
            log.exception("a question could not be worked on")
        finally:
            with self._lock:
                self._working -= 1
                self._end(run, stage)
                self._start_next()

    def _tell(self, run: Run) -> None:
        answers = [step.update["answer"] for step in run.steps if step.update.get("answer")]
        if answers:
            try:
                self._answered(run, answers[-1])
            except MedciteError as error:
                log.warning("an answer could not be logged", reason=error.message)

    def _end(self, run: Run, stage: Stage) -> None:
        """Keep how a run ended, and nothing of what it found; the lock is held."""
        run.stage = stage
        run.steps = []
        run.ended.set()
        ended = [thread for thread, each in self._known.items() if each.stage.ended]
        for thread in ended[: max(0, len(ended) - _MOST_ENDED)]:
            del self._known[thread]


def _steps(assistant: Assistant, run: Run) -> Iterator[Step]:
    if run.resumes:
        return assistant.resume(run.thread, run.watch)
    return assistant.stream(run.question, run.filters, run.thread, run.watch)
