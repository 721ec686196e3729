"""Answers in the making as server-sent events, and clients that leave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import anyio
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ui.server.running import Run

T = TypeVar("T")

# So often a silent stream shows that it is alive; proxies give up after a minute.
BEAT_SECONDS = 15.0
BEAT = b": working\n\n"


def event(data: object, name: str = "") -> bytes:
    """One server-sent event. JSON has no line breaks of its own, so text cannot forge another."""
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + orjson.dumps(data) + b"\n\n"


class RunStream(StreamingResponse):
    """Events of a run, which ends with the response: also where the client leaves it."""

    def __init__(self, run: Run[Any], events: AsyncIterator[bytes]) -> None:
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
    """The items of `source`, and None whenever none came for so long."""
    coming: asyncio.Task[T] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(source))
            done, _ = await asyncio.wait({coming}, timeout=seconds)
            if not done:
                yield None
                continue
            try:
                item = coming.result()
            except StopAsyncIteration:
                return
            finally:
                coming = None
            yield item
    finally:
        if coming is not None:
            coming.cancel()


async def _next(source: AsyncIterator[T]) -> T:
    return await anext(source)


async def unless_left(request: Request, work: Callable[[], Awaitable[T]]) -> T:
    """The result of `work`, which is cancelled when the client leaves.

    Raises:
        ClientDisconnect: it left.
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
            # A task group would wrap it.
            failures.append(error)
        group.cancel_scope.cancel()
    if failures:
        raise failures[0]
    if not results:
        raise ClientDisconnect
    return results[0]
