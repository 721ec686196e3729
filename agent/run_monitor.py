"""A run seen from outside: what its language model says just now, and the means to stop it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event

from agent.answer import Verdict
from agent.models.base import Finish, Generation, LanguageModel, Message, Piece, Request
from corpora.errors import Stopped


class Watch:
    """Shared by the thread that works and those that look on.

    `text` is what the language model has generated so far in its present call, in `pieces` pieces;
    `thoughts` is what it thought, call by call, before it answered. `verdicts` are those of claims
    that it judged so far, before the step that judges all of them ends.
    """

    def __init__(self) -> None:
        self.cancel = Event()
        self.text = ""
        self.pieces = 0
        self.thoughts: list[str] = []
        self.verdicts: list[Verdict] = []

    def stop(self) -> None:
        """Ask the run to end. It does so after its present step; within one, if a model speaks."""
        self.cancel.set()

    @property
    def stopped(self) -> bool:
        return self.cancel.is_set()

    def check(self) -> None:
        """Raises:
        Stopped: it was asked to.
        """
        if self.stopped:
            raise Stopped(
                "The question was stopped.", "Go on with it where it stopped, or ask another."
            )


class WatchedModel:
    """A `LanguageModel` whose every call is seen by a `Watch`, and ends when that says so."""

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
        raise RuntimeError("the model's stream ended without an end")

    def generate_many(
        self, requests: Sequence[Request], cancel: Event | None = None
    ) -> list[Generation]:
        self._watch.check()
        made = self._model.generate_many(requests, self._watch.cancel)
        self._watch.thoughts += [each.thinking for each in made if each.thinking]
        self._watch.check()
        return made

    def stream(self, request: Request, cancel: Event | None = None) -> Iterator[Piece | Generation]:
        """Raises:
        Stopped: the watch said so; not when the run's own `cancel` did.
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
        """The model is not this one's to close."""
