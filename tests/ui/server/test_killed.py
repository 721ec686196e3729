"""A server under load that is ended or killed at random moments, and one whose disk fills up."""

import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from agent.conversations.ratings import Ratings
from agent.conversations.threads import Threads
from corpora.home import Home
from tests.fakes.acknowledging import QUESTION, work
from ui.services.reading_list import ReadingList
from ui.services.search_log import SearchLog

pytestmark = pytest.mark.enable_socket

KINDS = {"answer", "rating", "reading", "search"}
_CLIENTS = 4
_START_SECONDS = 120


class Server:
    """The process, where it is asked, and what it acknowledged."""

    def __init__(self, home: Home, log: Path) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.fakes.acknowledging"])
        self._log = log
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self.process: ForkServerProcess = context.Process(
                target=work, args=(str(home.root), str(log), listener)
            )
            self.process.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self.ready:
            assert self.process.is_alive(), "it did not start"
            assert time.monotonic() < deadline
            time.sleep(0.05)

    @property
    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/ready", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def acknowledged(self) -> list[dict[str, Any]]:
        """Whole lines alone: a line that was cut off acknowledges nothing."""
        if not self._log.exists():
            return []
        text = self._log.read_text("utf-8")
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def end(self, kind: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, kind)
        self.process.join(_START_SECONDS)
        assert not self.process.is_alive()


@contextmanager
def load(url: str) -> Iterator[list[dict[str, Any]]]:
    """Clients that ask without a pause while the block lasts; gives the answers that came whole."""
    answers: list[dict[str, Any]] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                reply = httpx.post(
                    f"{url}/v1/answers", json={"question": QUESTION, "stream": False}, timeout=60
                )
            except httpx.TransportError:
                # Refused, or cut off by a kill: the client knows that it has no answer.
                time.sleep(0.02)
                continue
            if reply.status_code == httpx.codes.OK:
                answers.append(reply.json())

    clients = [threading.Thread(target=ask) for _ in range(_CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield answers
    finally:
        stop.set()
        for client in clients:
            client.join()


def claims(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(verdict["claim"], verdict["label"]) for verdict in answer["verdicts"]]


def check_kept(home: Home, acknowledged: list[dict[str, Any]]) -> Counter[str]:
    """All that was acknowledged is there, and the stores are sound; counts of it by kind."""
    for path in sorted(home.root.glob("*.sqlite")):
        with sqlite3.connect(path) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], path.name
        db.close()
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for each in acknowledged:
        by_kind.setdefault(each["kind"], []).append(each)
    with Threads(home) as threads:
        for each in by_kind.get("answer", ()):
            (turn,) = threads.turns(each["thread"])
            assert turn.answer is not None
            assert turn.answer.id == each["answer"]
        rated = {rating.thread: rating.note for rating in Ratings(threads).all()}
    assert {e["thread"] for e in by_kind.get("rating", ())} <= {
        t for t, n in rated.items() if t == n
    }
    notes = {entry.pmid: entry.note for entry in ReadingList(home).entries()}
    for each in by_kind.get("reading", ()):
        assert notes[each["pmid"]] == each["note"]
    texts = {entry.id: entry.text for entry in SearchLog(home).entries()}
    for each in by_kind.get("search", ()):
        assert texts[each["id"]] == each["text"]
    return Counter(each["kind"] for each in acknowledged)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("seed", "rounds"), [(1, 3), (2, 30)])
def test_ended_at_random_moments_under_load_nothing_acknowledged_is_lost(
    home: Home, tmp_path: Path, seed: int, rounds: int
) -> None:
    moments, log = random.Random(seed), tmp_path / "acknowledged.jsonl"
    kept: Counter[str] = Counter()
    answered, kinds = 0, Counter[str]()
    known: list[tuple[str, str]] = []
    for number in range(rounds):
        kind = moments.choice((signal.SIGTERM, signal.SIGKILL)) if number else signal.SIGKILL
        server = Server(home, log)
        with load(server.url) as answers:
            time.sleep(moments.uniform(0.2, 3.0))
            server.end(kind)
        # One that is asked to end does so as it should.
        assert server.process.exitcode == (0 if kind is signal.SIGTERM else -signal.SIGKILL)
        for answer in answers:
            known = known or claims(answer)
            assert claims(answer) == known
        kept = check_kept(home, server.acknowledged())
        assert not kept["error"]
        answered += len(answers)
        kinds[kind.name] += 1
    assert answered
    assert all(kept[kind] for kind in KINDS)
    # With -s it says what it did.
    print(f"seed {seed}, {rounds} rounds: {dict(kinds)}; {answered} answers; kept: {dict(kept)}")  # noqa: T201


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], check=False, capture_output=True
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("only root can make a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_disk_that_fills_under_a_server_stops_writing_alone(
    served_home: Home, small_disk: Path, tmp_path: Path
) -> None:
    home = Home(shutil.copytree(served_home.root, small_disk / "home"))
    log = tmp_path / "acknowledged.jsonl"
    server = Server(home, log)
    try:
        with load(server.url) as answers:
            # All room but what is left between two looks goes to another's file.
            filler = small_disk / "filler"
            until(lambda: kinds_of(server) >= KINDS)
            with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
                fill(file)
            until(lambda: "error" in kinds_of(server))
            before = len(answers)
            # Questions are answered all the same.
            until(lambda: len(answers) > before + 2)
        full = [each for each in server.acknowledged() if each["kind"] == "error"]
        assert {each["error"] for each in full} == {"StorageError"}
        assert all("full" in each["message"] for each in full)
        filler.unlink()
        # Once there is room, writing goes on without a restart.
        since = len(server.acknowledged())
        until(lambda: {e["kind"] for e in server.acknowledged()[since:]} >= KINDS)
    finally:
        server.end(signal.SIGTERM)
    check_kept(home, server.acknowledged())


def fill(file: IO[bytes]) -> None:
    while True:
        file.write(b"\0" * 4096)


def kinds_of(server: Server) -> set[str]:
    return {each["kind"] for each in server.acknowledged()}


def until(true: Any) -> None:
    """Wait; a machine may be busy."""
    deadline = time.monotonic() + _START_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.05)
