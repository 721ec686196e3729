"""Blocking work in a thread, as an asynchronous iterator that can be left at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeVar

import anyio

from agent.run_monitor import Watch
from ui.server.limits import Place
from ui.services import background

T = TypeVar("T")


class _End:
    """The producer has ended."""


class Run(Generic[T]):
    """A blocking producer, run in a thread once its place in line has come up.

    Leaving the `async with` block asks the producer to stop, waits until its thread has ended, and
    only then gives up the place: a client that goes away does not let more run than may.

    Args:
        produce: is given the watch that tells it to stop, and yields items; it runs in the thread.
        place: its place in line.
    """

    def __init__(self, produce: Callable[[Watch], Iterator[T]], place: Place) -> None:
        self._produce, self._place = produce, place
        self.watch = Watch()
        self._items: asyncio.Queue[T | BaseException | _End] = asyncio.Queue()
        self._ended: asyncio.Event | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop the producer, wait for it, give up the place; again it does nothing."""
        self.watch.stop()
        try:
            if self._ended is not None:
                with anyio.CancelScope(shield=True):
                    await self._ended.wait()
        finally:
            self._place.leave()

    async def items(self) -> AsyncIterator[T]:
        """What the producer yields, as it does; what it raises is raised here."""
        await self._place.turn.wait()
        self._ended = asyncio.Event()
        background.start(self._work, asyncio.get_running_loop(), self._ended)
        while not isinstance(item := await self._items.get(), _End):
            if isinstance(item, BaseException):
                raise item
            yield item

    def _work(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
        def say(item: T | BaseException | _End) -> None:
            # A server that was ended by force listens no more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._items.put_nowait, item)

        try:
            for item in self._produce(self.watch):
                say(item)
        except BaseException as error:
            say(error)
        finally:
            say(_End())
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(ended.set)
