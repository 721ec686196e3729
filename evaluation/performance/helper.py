"""`medcite ask` as a command: alone, and with a running server for the same home."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from corpora.errors import NotReady
from corpora.home import Home
from evaluation.performance.server import begin, running_server

_MOST = 5


def compare(home: Home, questions: Sequence[str]) -> dict[str, object]:
    """Seconds of the whole command for each question, without and with a server.

    Raises:
        NotReady: the server did not start, or a question cannot be answered.
    """
    chosen = questions[:_MOST]
    alone = [_seconds(home, question) for question in chosen]
    with running_server(home):
        _seconds(home, chosen[0])
        helped = [_seconds(home, question) for question in chosen]
    return {
        "questions": len(chosen),
        "alone_seconds": round(median(alone), 2),
        "with_a_server_seconds": round(median(helped), 2),
        "alone_over_with_a_server": round(median(alone) / median(helped), 1),
    }


def _seconds(home: Home, question: str) -> float:
    started = time.perf_counter()
    if begin(home, "ask", "--json", question).wait():
        raise NotReady(f"“{question}” could not be answered.", "Ask it: medcite ask.")
    return time.perf_counter() - started
