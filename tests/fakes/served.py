"""The server's application on a real loopback port, in a thread of the test's process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from ui.server.run import Server


@dataclass
class Served:
    """A running server; `end` asks it to shut down as a signal does."""

    url: str
    server: Server
    thread: threading.Thread

    def end(self) -> None:
        self.server.handle_exit(15, None)


@contextmanager
def served(app: ASGIApp, grace: float = 30) -> Iterator[Served]:
    """Serve `app` until the block is left."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    app_state = getattr(app, "state", None)

    def ending() -> None:
        if app_state is not None:
            app_state.service.draining = True

    server = Server(app, ending, grace)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
    )
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", server, thread)
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()
        assert not thread.is_alive()
