"""Run a blocking producer in a thread and expose it as a cancellable async iterator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeVar

import anyio

from agent.run_monitor import Watch
from ui.server.limits import QueuePlace
from ui.services import background

T = TypeVar("T")


class _End:
    """Marks the end of the producer's items."""


class QueuedRun(Generic[T]):
    """A blocking producer, run in a thread when its turn in the queue comes.

    Leaving the `async with` block asks the producer to stop, waits until its thread has ended, and
    only then releases the place, so that disconnected clients do not exceed the limit.

    Args:
        produce: yields items in the thread; its argument tells it when to stop.
        place: its place in the queue.
    """

    def __init__(self, produce: Callable[[Watch], Iterator[T]], place: QueuePlace) -> None:
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
        """Stop the producer, wait for it, and release the place; further calls do nothing."""
        self.watch.stop()
        try:
            if self._ended is not None:
                with anyio.CancelScope(shield=True):
                    await self._ended.wait()
        finally:
            self._place.leave()

    async def items(self) -> AsyncIterator[T]:
        """Yield the producer's items as they arrive, and raise its exceptions."""
        await self._place.turn.wait()
        self._ended = asyncio.Event()
        background.start(self._work, asyncio.get_running_loop(), self._ended)
        while not isinstance(item := await self._items.get(), _End):
            if isinstance(item, BaseException):
                raise item
            yield item

    def _work(self, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
        def put(item: T | BaseException | _End) -> None:
            # The loop is closed if the server was killed.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._items.put_nowait, item)

        try:
            for item in self._produce(self.watch):
                put(item)
        except BaseException as error:
            put(error)
        finally:
            put(_End())
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(ended.set)
