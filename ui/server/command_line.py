"""Answer the command line of the same user over a Unix socket in the home's run folder."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import structlog
from filelock import FileLock, Timeout

from agent.answer import Flagged
from agent.assistant import Step
from corpora.errors import MedciteError
from corpora.home import Home
from retrieval.filters import Filters
from ui.server.limits import TooMany
from ui.server.running import QueuedRun
from ui.server.service import Service
from ui.server.shared import BEAT_SECONDS, SHOWN, is_own_peer, records, settings, socket_path
from ui.server.streams import paced

log = structlog.get_logger()

_ASKED_SECONDS = 2.0
_LONGEST_LINE = 65_536
_CLIENT = "the command line"


@asynccontextmanager
async def local_socket(service: Service) -> AsyncIterator[None]:
    """Listen while the block runs. If the platform has no Unix sockets, the path is too long for
    one, or another server of the same home is listening, log that and run without.
    """
    with _listener(service.home) as listener:
        if listener is None:
            yield
            return
        working: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            working.add(task)
            try:
                with suppress(OSError, TimeoutError, asyncio.CancelledError):
                    await _answer(service, reader, writer)
            finally:
                working.discard(task)
                writer.close()

        listening = await asyncio.start_unix_server(connected, sock=listener, limit=_LONGEST_LINE)
        try:
            yield
        finally:
            listening.close()
            # A client that is cut off answers its question itself.
            for task in working:
                task.cancel()
            if working:
                await asyncio.wait(working)


@contextmanager
def _listener(home: Home) -> Iterator[socket.socket | None]:
    """Open the socket, accessible to this user only, replacing one left by a killed server."""
    if not hasattr(socket, "AF_UNIX"):
        yield None
        return
    path = socket_path(home)
    lock = FileLock(home.run / "ask.lock", timeout=0)
    try:
        home.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        home.run.chmod(0o700)
        lock.acquire()
    except (OSError, Timeout) as error:
        log.warning("no local socket", reason=type(error).__name__)
        yield None
        return
    try:
        with _bound(path) as listener:
            yield listener
    finally:
        lock.release()


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket | None]:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # We hold the lock, so an existing socket belongs to a dead server.
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o600)
    except OSError as error:
        listener.close()
        log.warning("no local socket", reason=os.strerror(error.errno) if error.errno else "path")
        yield None
        return
    try:
        yield listener
    finally:
        listener.close()
        path.unlink(missing_ok=True)


async def _answer(
    service: Service, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    run = None
    if is_own_peer(writer.get_extra_info("socket")):
        line = await asyncio.wait_for(reader.readline(), _ASKED_SECONDS)
        with suppress(ValueError, KeyError, TypeError, AttributeError, MedciteError):
            run = _accepted(service, orjson.loads(line))
    if run is None:
        writer.write(b'{"taken":false}\n')
        await writer.drain()
        return
    async with run:
        writer.write(b'{"taken":true}\n')
        sending = asyncio.ensure_future(_send(run, writer))
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            await asyncio.wait({sending, leaving})


def _accepted(service: Service, request: dict[str, Any]) -> QueuedRun[Step] | None:
    """Start a run for the question; None if this server might answer differently or is busy."""
    own = version("medcite"), settings()
    if (request["version"], request["settings"]) != own or service.readiness():
        return None
    flagged, filters = Flagged(request["flagged"]), Filters.from_dict(request["filters"])
    with suppress(TooMany):
        return service.ask_locally(
            request["question"], filters, request["encoder"], flagged, client=_CLIENT
        )
    return None


async def _send(run: QueuedRun[Step], writer: asyncio.StreamWriter) -> None:
    """Send one line per step. A failure ends the connection: the client then fails by itself, and
    reports the error in its own way.
    """
    with suppress(MedciteError):
        async for step in paced(run.items(), BEAT_SECONDS):
            line = b"{}"
            if step is not None:
                shown = {name: value for name, value in step.update.items() if name in SHOWN}
                line = records().dumps(
                    {"node": step.node, "update": shown, "seconds": step.seconds}
                )
            writer.write(line + b"\n")
            await writer.drain()
