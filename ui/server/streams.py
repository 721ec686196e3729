"""Server-sent events with heartbeats, and cancellation when clients disconnect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import anyio
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ui.server.running import QueuedRun

T = TypeVar("T")

# Interval of heartbeats on a silent stream; proxies time out after a minute.
BEAT_SECONDS = 15.0
BEAT = b": working\n\n"


def event(data: object, name: str = "") -> bytes:
    """Encode a server-sent event. JSON has no raw line breaks, so text cannot forge an event."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(data) + b"\n\n"


class RunStream(StreamingResponse):
    """A streamed response of a run's events; the run is closed when the response ends, even if the
    client disconnects.
    """

    def __init__(self, run: QueuedRun[Any], events: AsyncIterator[bytes]) -> None:
        super().__init__(
            events,
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._run = run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._run.aclose()


async def paced(source: AsyncIterator[T], seconds: float = BEAT_SECONDS) -> AsyncIterator[T | None]:
    """Yield the items of `source`, and None whenever none arrived for `seconds`."""
    pending: asyncio.Task[T] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(_next(source))
            done, _ = await asyncio.wait({pending}, timeout=seconds)
            if not done:
                yield None
                continue
            try:
                item = pending.result()
            except StopAsyncIteration:
                return
            finally:
                pending = None
            yield item
    finally:
        if pending is not None:
            pending.cancel()


async def _next(source: AsyncIterator[T]) -> T:
    return await anext(source)


async def unless_left(request: Request, work: Callable[[], Awaitable[T]]) -> T:
    """Return the result of `work`, which is cancelled if the client disconnects.

    Raises:
        ClientDisconnect: the client disconnected.
    """
    results: list[T] = []
    failures: list[Exception] = []
    async with anyio.create_task_group() as group:

        async def listen() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(listen)
        try:
            results.append(await work())
        except Exception as error:
            # Re-raised below, because a task group would wrap it.
            failures.append(error)
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    if not results:
        raise ClientDisconnect
    return results[0]
