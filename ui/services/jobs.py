"""Run imports, fetches and builds as separate processes that outlive pages and the server.

A job is a folder with one record, `job.json`, which its runner (`ui.services.job_runner`) replaces
as work progresses and pages read. The record does not grow: it holds only the latest progress of
each step.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

import filelock
import orjson
import psutil

from corpora.atomic_files import atomic_write
from corpora.dates import now
from corpora.errors import BadInput, Busy, storage_errors
from corpora.home import Home

# Placeholder in a step's arguments for the folder with the job's files.
FILES = "{files}"
_RECORD = "job.json"
# A file beside the record, created when the job is asked to stop.
STOP = "stop"
_KEPT = 50
_LONGEST_NAME = 100
_COPIED_AT_ONCE = 1 << 20
# A runner that has not recorded its process id by then has failed to start.
_STARTING_SECONDS = 60
_RECENT_SECONDS = 3600
# Tolerance in seconds: psutil derives a process's start from a clock that may be adjusted.
_SAME_START = 2.0


class JobState(StrEnum):
    """The state of a job. `LOST`: its process is gone without recording how it ended."""

    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    INCOMPLETE = "done in part"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "ended without a result"

    @property
    def over(self) -> bool:
        return self not in (JobState.RUNNING, JobState.STOPPING)


@dataclass(frozen=True, slots=True)
class JobStep:
    """One `medcite` command of a job, its progress, and how it ended.

    `total` is None if unknown; `rate` is per second, `left` in seconds; `result` is the command's
    final output, `error` and `next_step` are its error message.
    """

    command: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    began: str = ""
    ended: str = ""
    exit: int | None = None
    stage: str = ""
    done: int = 0
    total: int | None = None
    rate: float | None = None
    left: float | None = None
    result: Any = None
    error: str = ""
    next_step: str = ""

    @property
    def completed(self) -> bool:
        """Whether the command did its work: files of an import may have failed, checks may not."""
        return self.exit == 0 or (self.exit is not None and isinstance(self.result, dict))


@dataclass(frozen=True, slots=True)
class Job:
    """A sequence of steps; `by` is the user who started it, "" without sign-in.

    `pid` and `born` (epoch seconds) distinguish its process from a later one with the same id.
    """

    id: str
    title: str
    steps: tuple[JobStep, ...]
    began: str
    by: str = ""
    pid: int = 0
    born: float = 0.0
    stopping: bool = False
    ended: str = ""

    @property
    def step(self) -> JobStep:
        """The current step: the last that has begun."""
        return next((s for s in reversed(self.steps) if s.began), self.steps[0])


def state_of(job: Job) -> JobState:
    """Determine a job's state from its record and from whether its process is alive."""
    if job.ended:
        if all(step.exit == 0 for step in job.steps):
            return JobState.DONE
        if job.stopping:
            return JobState.CANCELLED
        return JobState.INCOMPLETE if all(s.completed for s in job.steps) else JobState.FAILED
    if not _alive(job):
        return JobState.LOST
    return JobState.STOPPING if job.stopping else JobState.RUNNING


def is_recent(job: Job) -> bool:
    """Whether the job is running or ended within the last hour."""
    age = datetime.now(UTC) - datetime.fromisoformat(job.ended or job.began)
    return age.total_seconds() < _RECENT_SECONDS


def _alive(job: Job) -> bool:
    if not job.pid:
        age = datetime.now(UTC) - datetime.fromisoformat(job.began)
        return age.total_seconds() < _STARTING_SECONDS
    try:
        process = psutil.Process(job.pid)
        if abs(process.create_time() - job.born) > _SAME_START:
            return False
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


class Jobs:
    """The jobs of a data directory."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def all(self) -> list[Job]:
        """Return all recorded jobs, newest first."""
        return list(self._newest_first())

    def _newest_first(self) -> Iterator[Job]:
        if not self.home.jobs.is_dir():
            return
        for folder in sorted((p for p in self.home.jobs.iterdir() if p.is_dir()), reverse=True):
            if job := read_job(folder):
                yield job

    def latest(self) -> Job | None:
        """Return the newest job, if any."""
        return next(self._newest_first(), None)

    def running(self) -> Job | None:
        """Return the running job, if any."""
        return next((job for job in self._newest_first() if not state_of(job).over), None)

    def start(
        self,
        title: str,
        steps: Sequence[JobStep],
        *,
        by: str = "",
        files: Iterable[tuple[str, IO[bytes]]] = (),
    ) -> Job:
        """Start a job.

        Args:
            files: names and contents of files the job needs, stored until it ends.

        Raises:
            Busy: another job is running.
            StorageError: the data directory cannot be written.
        """
        root = self.home.jobs
        with storage_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(root / "start.lock", timeout=10):
                if other := self.running():
                    raise Busy(
                        f"“{other.title}” is running; only one job can run at a time.",
                        "Wait for it to end, or cancel it.",
                    )
                self._forget_oldest()
                stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S%f")
                folder = root / f"{stamp}-{secrets.token_hex(2)}"
                storage = folder / "files"
                storage.mkdir(parents=True)
                try:
                    _store(files, storage)
                except OSError:
                    shutil.rmtree(folder, ignore_errors=True)
                    raise
                placed = [replace(s, arguments=_resolved(s.arguments, storage)) for s in steps]
                job = Job(folder.name, title[:200], tuple(placed), now(), by)
                write_job(folder, job)
                _run(folder)
        return job

    def stop(self, job: Job) -> None:
        """Ask a job to stop cleanly; its command is killed if it does not stop in time."""
        folder = self.home.jobs / job.id
        fresh = read_job(folder)
        if fresh is None or state_of(fresh).over:
            return
        with storage_errors(folder):
            (folder / STOP).touch()
        if fresh.pid:
            os.kill(fresh.pid, signal.SIGINT)

    def _forget_oldest(self) -> None:
        for job in self.all()[_KEPT - 1 :]:
            shutil.rmtree(self.home.jobs / job.id, ignore_errors=True)


def _resolved(arguments: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    return tuple(str(folder) if argument == FILES else argument for argument in arguments)


def _store(files: Iterable[tuple[str, IO[bytes]]], folder: Path) -> None:
    for name, content in files:
        target = folder / safe_name(name)
        number = 1
        while target.exists():
            number += 1
            target = folder / f"{number}-{safe_name(name)}"
        with target.open("wb") as out:
            shutil.copyfileobj(content, out, _COPIED_AT_ONCE)


def safe_name(name: str) -> str:
    """Return a file name without path or control characters, safe to store and to print.

    Raises:
        BadInput: no valid character is left.
    """
    last = re.split(r"[/\\]", name)[-1]
    cleaned = re.sub(r"[^\w.()+ -]", "_", last).strip(" ._")
    if not cleaned:
        raise BadInput(f"“{name[:50]}” is not a valid file name.", "Rename the file.")
    return cleaned[-_LONGEST_NAME:].lstrip(" ._-") or "file"


def _run(folder: Path) -> None:
    # Its own session, so that Ctrl-C in the server's terminal does not reach it.
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.services.job_runner", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # Reaps the process once it has ended.
    threading.Thread(target=process.wait, daemon=True).start()


def read_job(folder: Path) -> Job | None:
    """Read the record of a job's folder; None if there is no readable one."""
    try:
        fields: dict[str, Any] = orjson.loads((folder / _RECORD).read_bytes())
        steps = []
        for step in fields.pop("steps"):
            command, arguments = tuple(step.pop("command")), tuple(step.pop("arguments"))
            steps.append(JobStep(command, arguments, **step))
        fields["stopping"] = (folder / STOP).exists()
        return Job(steps=tuple(steps), **fields)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_job(folder: Path, job: Job) -> None:
    """Replace the record of a job's folder."""
    atomic_write(folder / _RECORD, orjson.dumps(asdict(job)))
