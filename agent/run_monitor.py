"""Observe a run from another thread: follow its language model's output, and stop the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event

from agent.answer import Verdict
from agent.models.base import Finish, Generation, LanguageModel, Message, Piece, Request
from corpora.errors import Stopped


class Watch:
    """State shared between the working thread and its observers.

    `text` is the language model's output so far in the current call, in `pieces` pieces; `thoughts`
    is its thinking in each finished call. `verdicts` are those of the claims judged so far, while
    the step that judges all claims is still running.
    """

    def __init__(self) -> None:
        self.cancel = Event()
        self.text = ""
        self.pieces = 0
        self.thoughts: list[str] = []
        self.verdicts: list[Verdict] = []

    def stop(self) -> None:
        """Ask the run to stop: after its current step, or within it while a model generates."""
        self.cancel.set()

    @property
    def stopped(self) -> bool:
        return self.cancel.is_set()

    def check(self) -> None:
        """Raises:
        Stopped: `stop` was called.
        """
        if self.stopped:
            raise Stopped(
                "The question was stopped.", "Resume it where it stopped, or ask another."
            )


class WatchedModel:
    """A `LanguageModel` that reports every call to a `Watch`, and stops when that is stopped."""

    def __init__(self, model: LanguageModel, watch: Watch) -> None:
        self._model, self._watch = model, watch

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def window(self) -> int:
        return self._model.window

    @property
    def remote(self) -> str | None:
        return self._model.remote

    @property
    def thinks(self) -> bool:
        return self._model.thinks

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return self._model.count_tokens(messages)

    def generate(self, request: Request, cancel: Event | None = None) -> Generation:
        for item in self.stream(request, cancel):
            if isinstance(item, Generation):
                return item
        raise RuntimeError("the model's stream ended without a final result")

    def generate_many(
        self, requests: Sequence[Request], cancel: Event | None = None
    ) -> list[Generation]:
        self._watch.check()
        generations = self._model.generate_many(requests, self._watch.cancel)
        self._watch.thoughts += [
            generation.thinking for generation in generations if generation.thinking
        ]
        self._watch.check()
        return generations

    def stream(self, request: Request, cancel: Event | None = None) -> Iterator[Piece | Generation]:
        """Raises:
        Stopped: the watch was stopped. `cancel` is ignored.
        """
        watch = self._watch
        watch.check()
        watch.text, watch.pieces = "", 0
        for item in self._model.stream(request, watch.cancel):
            if isinstance(item, Generation):
                if item.finish is Finish.CANCELLED:
                    watch.check()
                watch.text, watch.pieces = "", 0
                watch.thoughts += [item.thinking] if item.thinking else []
            else:
                watch.pieces += 1
                if not item.thinking:
                    watch.text += item.text
            yield item

    def close(self) -> None:
        """Do nothing: the wrapped model belongs to the caller."""
