"""Load test of a running server with many clients: errors, mixed-up answers, latency, memory.

Every client repeats its own questions, whose expected answers were obtained beforehand without
other load. An answer that differs in more than its id, time and timings is mixed up, unless the
index was replaced in between.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import psutil

from corpora.errors import BadInput

# With fifty others queued, a question can wait for minutes on a busy machine.
_TIMEOUT = httpx.Timeout(900.0, connect=10.0)
_WATCH_SECONDS = 0.5
_REFUSED = 429


@dataclass(slots=True)
class Load:
    """Observations of the clients.

    `mixed_up` are the questions that got another one's answer, or, where answers are compared, one
    that differs; `varied` counts answers that differ where a language model writes them, and
    `fell_back` those in which the model was replaced, since it failed.
    """

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    mixed_up: list[str] = field(default_factory=list)
    without_retry_after: int = 0
    varied: int = 0
    fell_back: int = 0
    versions: Counter[str] = field(default_factory=Counter)
    megabytes: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """The figures as a JSON object. Memory is of the server's process: at the start (the first
        tenth), at the end (the last tenth) and at most.
        """
        tenth = max(1, len(self.megabytes) // 10)
        memory = self.megabytes
        return {
            "answers": len(self.seconds),
            "statuses": dict(self.statuses),
            "refused_without_retry_after": self.without_retry_after,
            "mixed_up": len(self.mixed_up),
            "varied": self.varied,
            "fell_back": self.fell_back,
            "p50_seconds": _percentile(self.seconds, 50),
            "p95_seconds": _percentile(self.seconds, 95),
            "index_versions": dict(self.versions),
            "megabytes_start": round(float(np.mean(memory[:tenth])), 1) if memory else None,
            "megabytes_end": round(float(np.mean(memory[-tenth:])), 1) if memory else None,
            "megabytes_most": max(memory, default=None),
        }


def run(
    url: str,
    questions: Sequence[str],
    *,
    clients: int = 50,
    seconds: float = 120,
    key: str = "",
    process: int | None = None,
    compare: bool = True,
    midway: Callable[[], None] | None = None,
) -> Load:
    """Send questions to a local server from many clients at once, each at least one.

    Args:
        url: the server's address, on loopback.
        key: an API key, if the server requires one.
        process: its process id, for memory.
        compare: a different answer is mixed up; otherwise it only counts as varied. False with a
            language model, whose answers depend on what it has cached.
        midway: called halfway through, for example to build another index version.

    Raises:
        BadInput: the address is not on loopback, or the server does not answer there.
    """
    address = httpx.URL(url)
    if address.host not in ("127.0.0.1", "localhost", "::1"):
        raise BadInput(
            f"{address.host} is not this machine.", "Test only a server of your own: 127.0.0.1."
        )
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    load = Load()
    with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT) as client:
        truth = _truth(client, questions)
    lock, end = threading.Lock(), time.monotonic() + seconds

    def ask(number: int) -> None:
        first = number % len(questions)
        turn = itertools.cycle([*questions[first:], *questions[:first]])
        with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT) as client:
            for question in turn:
                _ask(client, question, truth, load, lock, compare=compare)
                if time.monotonic() >= end:
                    break

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    _watch(load, process, threads, time.monotonic() + seconds / 2, midway)
    return load


def _truth(client: httpx.Client, questions: Sequence[str]) -> dict[tuple[str, str], object]:
    """The server's answer to each question without other load."""
    answers = {}
    try:
        for question in questions:
            answer = client.post("/v1/answers", json=_body(question)).raise_for_status().json()
            answers[question, _version(answer)] = _lasting(answer)
    except httpx.HTTPError as error:
        raise BadInput(
            f"The server does not answer ({type(error).__name__}).",
            "Start it: medcite serve --per-minute 0 --waiting 64.",
        ) from error
    return answers


def _ask(
    client: httpx.Client,
    question: str,
    truth: dict[tuple[str, str], object],
    load: Load,
    lock: threading.Lock,
    *,
    compare: bool,
) -> None:
    started = time.perf_counter()
    try:
        reply = client.post("/v1/answers", json=_body(question))
    except httpx.HTTPError as error:
        with lock:
            load.statuses[type(error).__name__] += 1
        return
    duration = time.perf_counter() - started
    with lock:
        load.statuses[str(reply.status_code)] += 1
        if reply.status_code == _REFUSED:
            load.without_retry_after += "retry-after" not in reply.headers
    if reply.status_code == _REFUSED:
        time.sleep(min(2.0, float(reply.headers.get("retry-after", 1))))
        return
    if not reply.is_success:
        return
    answer = reply.json()
    version, lasting = _version(answer), _lasting(answer)
    with lock:
        load.seconds.append(duration)
        load.versions[version] += 1
        # For an index version built in between, the first answer is the reference.
        expected = truth.setdefault((question, version), lasting)
        differs = expected != lasting
        if answer["question"] != question or (compare and differs):
            load.mixed_up.append(question)
        load.varied += differs and not compare
        load.fell_back += bool(answer["provenance"].get("fallbacks"))


def _watch(
    load: Load,
    process: int | None,
    threads: Sequence[threading.Thread],
    middle: float,
    midway: Callable[[], None] | None,
) -> None:
    """Record the memory until all clients have ended, and call `midway` once."""
    server = psutil.Process(process) if process else None
    beside: threading.Thread | None = None
    while any(thread.is_alive() for thread in threads):
        if server is not None:
            load.megabytes.append(round(server.memory_info().rss / 1e6, 1))
        if midway is not None and beside is None and time.monotonic() >= middle:
            beside = threading.Thread(target=midway)
            beside.start()
        time.sleep(_WATCH_SECONDS)
    if beside is not None:
        beside.join()


def _body(question: str) -> dict[str, object]:
    return {"question": question, "stream": False}


def _version(answer: dict[str, Any]) -> str:
    return str(answer["provenance"]["index_version"])


def _lasting(answer: dict[str, Any]) -> object:
    """The parts of an answer that are the same each time."""
    provenance = {
        name: value
        for name, value in answer["provenance"].items()
        if name not in ("created", "timings")
    }
    return answer | {"id": "", "provenance": provenance}


def _percentile(seconds: Sequence[float], percentile: float) -> float | None:
    return round(float(np.percentile(seconds, percentile)), 2) if seconds else None
