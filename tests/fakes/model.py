"""Backends that say what a test wants, behind the same protocol as the real ones."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from threading import Event

from agent.models.base import Finish, Message, Raw, Request, Usage


class ScriptedBackend:
    """Each request gets the next of `scripts`, piece by piece; the last one is repeated.

    An exception in a script is raised there. `requests` are those that came; a word is a token.
    """

    def __init__(
        self,
        *scripts: Iterable[str | Raw | Exception],
        name: str = "medgemma-27b-scripted",
        window: int = 8_192,
        finish: Finish = Finish.STOP,
        thinks_under_schema: bool | None = False,
    ) -> None:
        self.thinks_under_schema = thinks_under_schema
        self._scripts = scripts
        self._name, self._window, self._finish = name, window, finish
        self.requests: list[Request] = []
        self.emitted = 0
        self.closed = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def architecture(self) -> str:
        return "gemma3"

    @property
    def window(self) -> int:
        return self._window

    @property
    def remote(self) -> str | None:
        return None

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.text.split()) for message in messages)

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        script = self._scripts[min(len(self.requests), len(self._scripts) - 1)]
        self.requests.append(request)
        self.emitted = 0
        for piece in script:
            if cancel.is_set():
                yield Raw(finish=Finish.CANCELLED)
                return
            if isinstance(piece, Exception):
                raise piece
            self.emitted += 1
            yield piece if isinstance(piece, Raw) else Raw(piece)
        prompt = self.count_tokens(request.messages)
        yield Raw(finish=self._finish, usage=Usage(prompt, self.emitted, 0))

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        return [list(self.complete(request, cancel)) for request in requests]

    def close(self) -> None:
        self.closed = True


class Endless:
    """A script that never ends by itself: a word every hundredth of a second."""

    def __iter__(self) -> Iterator[str]:
        number = 0
        while True:
            time.sleep(0.01)
            number += 1
            yield f"word{number} "
