"""Run `medcite` in separate processes: a server, and other commands."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from corpora.errors import NotReady
from corpora.home import Home

_START_SECONDS = 300
_COMMAND = (sys.executable, "-c", "from ui.cli.start import main; main()")


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A running server; `process` is its process id."""

    url: str
    process: int


def begin(home: Home, *command: str) -> subprocess.Popen[bytes]:
    """Start `medcite …` over a data directory, discarding its output."""
    return subprocess.Popen(
        [*_COMMAND, *command],
        env=os.environ | {"MEDCITE_HOME": str(home.root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@contextmanager
def running_server(home: Home, *options: str) -> Iterator[RunningServer]:
    """Run `medcite serve` on a free loopback port until the end of the block.

    Raises:
        NotReady: it did not start.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = begin(home, "serve", "--port", str(port), *options)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url, server)
        yield RunningServer(url, server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/ready").is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise NotReady("The server did not start.", "See its output: medcite serve.")
