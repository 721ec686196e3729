"""`medcite ask` as a command: alone, and with a server of the same home beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

from corpora.errors import NotReady
from corpora.home import Home

_TIMES = 5
_START_SECONDS = 120
_COMMAND = (sys.executable, "-c", "from ui.cli.main import main; main()")


def compare(home: Home, questions: Sequence[str]) -> dict[str, object]:
    """Seconds of the whole command for each question, and how much a server makes of them.

    Raises:
        NotReady: the server did not start.
    """
    asked = questions[:_TIMES]
    alone = [_seconds(home, question) for question in asked]
    server = _begin(home, "serve", "--port", "0")
    try:
        _await(home, server)
        _seconds(home, asked[0])
        helped = [_seconds(home, question) for question in asked]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    return {
        "questions": len(asked),
        "alone_seconds": round(median(alone), 2),
        "with_a_server_seconds": round(median(helped), 2),
        "alone_over_with_a_server": round(median(alone) / median(helped), 1),
    }


def _begin(home: Home, *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*_COMMAND, *command],
        env=os.environ | {"MEDCITE_HOME": str(home.root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _seconds(home: Home, question: str) -> float:
    begun = time.perf_counter()
    if _begin(home, "ask", "--json", question).wait():
        raise NotReady(f"“{question}” could not be answered.", "Ask it: medcite ask.")
    return time.perf_counter() - begun


def _await(home: Home, server: subprocess.Popen[bytes]) -> None:
    """Until the server takes questions: what it listens on is there, and what it loads is."""
    deadline = time.monotonic() + _START_SECONDS
    while not (home.run / "ask.sock").exists():
        if server.poll() is not None or time.monotonic() > deadline:
            raise NotReady("The server did not start.", "See what it says: medcite serve.")
        time.sleep(0.1)
    # A question before it is ready is answered by the command alone, which takes as long.
    time.sleep(10)
