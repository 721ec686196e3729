"""Imports, fetches and builds as processes of their own, which outlive pages, tabs and the server.

A job is a folder with one record, `job.json`, that its runner (`ui.services.job_runner`) replaces
as the work goes on; whoever wants to know reads it. The record never grows: it holds the latest
progress of each step, not all that there was.
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

from corpora.dates import now
from corpora.errors import BadInput, Busy, storage_errors
from corpora.files import atomic_write
from corpora.home import Home

# In a step's arguments: the folder with the files that were given to the job.
FILES = "{files}"
_RECORD = "job.json"
# Beside the record, once somebody asked the job to stop.
STOP = "stop"
_KEPT = 50
_LONGEST_NAME = 100
_COPIED_AT_ONCE = 1 << 20
# A runner that has not said its number by then has not started.
_STARTING_SECONDS = 60
_RECENT_SECONDS = 3600
# psutil derives the start of a process from a clock that may be set.
_SAME_START = 2.0


class JobState(StrEnum):
    """How a job stands. `LOST`: its process is gone, and did not say how it ended."""

    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    INCOMPLETE = "done in part"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "ended without saying how"

    @property
    def over(self) -> bool:
        return self not in (JobState.RUNNING, JobState.STOPPING)


@dataclass(frozen=True, slots=True)
class JobStep:
    """One `medcite` command of a job, how far it is, and how it ended.

    `command` names it, `arguments` follow; `total` is None where nobody knows it; `rate` is a
    second, `left` in seconds; `result` is the command's last word, `error` and `next_step` what it
    said when it failed.
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
        """Whether it did its work; a file of an import may have failed, but no check."""
        return self.exit == 0 or (self.exit is not None and isinstance(self.result, dict))


@dataclass(frozen=True, slots=True)
class Job:
    """Some steps that follow each other. `by` is who asked, "" where nobody signs in.

    `pid` and `born` (epoch seconds) tell its process from a later one with the same number.
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
        """The step at hand: the last that has begun."""
        return next((s for s in reversed(self.steps) if s.began), self.steps[0])


def state_of(job: Job) -> JobState:
    """How a job stands, by its record and by whether its process lives."""
    if job.ended:
        if all(step.exit == 0 for step in job.steps):
            return JobState.DONE
        if job.stopping:
            return JobState.CANCELLED
        return JobState.INCOMPLETE if all(s.completed for s in job.steps) else JobState.FAILED
    if not _lives(job):
        return JobState.LOST
    return JobState.STOPPING if job.stopping else JobState.RUNNING


def is_recent(job: Job) -> bool:
    """Whether it ended within the last hour, or has not."""
    age = datetime.now(UTC) - datetime.fromisoformat(job.ended or job.began)
    return age.total_seconds() < _RECENT_SECONDS


def _lives(job: Job) -> bool:
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
        """Every job that is remembered, the newest first."""
        return list(self._newest_first())

    def _newest_first(self) -> Iterator[Job]:
        if not self.home.jobs.is_dir():
            return
        for folder in sorted((p for p in self.home.jobs.iterdir() if p.is_dir()), reverse=True):
            if job := read_job(folder):
                yield job

    def latest(self) -> Job | None:
        """The newest job."""
        return next(self._newest_first(), None)

    def running(self) -> Job | None:
        """The job that is at work, if one is."""
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
            files: names and contents that it needs; they are kept until it ends.

        Raises:
            Busy: another one is at work.
            StorageError: the data directory cannot be written.
        """
        root = self.home.jobs
        with storage_errors(root):
            root.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(root / "start.lock", timeout=10):
                if other := self.running():
                    raise Busy(
                        f"“{other.title}” is at work; one thing changes the literature at a time.",
                        "Wait for it to end, or cancel it.",
                    )
                self._forget_oldest()
                stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S%f")
                folder = root / f"{stamp}-{secrets.token_hex(2)}"
                place = folder / "files"
                place.mkdir(parents=True)
                try:
                    _keep(files, place)
                except OSError:
                    shutil.rmtree(folder, ignore_errors=True)
                    raise
                own = [replace(s, arguments=_placed(s.arguments, place)) for s in steps]
                job = Job(folder.name, title[:200], tuple(own), now(), by)
                write_job(folder, job)
                _run(folder)
        return job

    def stop(self, job: Job) -> None:
        """Ask a job to stop: it leaves order, or is ended after a while."""
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


def _placed(arguments: tuple[str, ...], place: Path) -> tuple[str, ...]:
    return tuple(str(place) if argument == FILES else argument for argument in arguments)


def _keep(files: Iterable[tuple[str, IO[bytes]]], place: Path) -> None:
    for name, content in files:
        target = place / safe_name(name)
        number = 1
        while target.exists():
            number += 1
            target = place / f"{number}-{safe_name(name)}"
        with target.open("wb") as out:
            shutil.copyfileobj(content, out, _COPIED_AT_ONCE)


def safe_name(name: str) -> str:
    """A file name that stays in its folder and that a terminal shows harmlessly.

    Raises:
        BadInput: nothing is left of it.
    """
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[^\w.()+ -]", "_", last).strip(" ._")
    if not kept:
        raise BadInput(f"“{name[:50]}” is no name for a file.", "Give it another name.")
    return kept[-_LONGEST_NAME:].lstrip(" ._-") or "file"


def _run(folder: Path) -> None:
    # A session of its own: Ctrl-C in the server's terminal is not meant for it.
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.services.job_runner", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # Waited for, so that what has ended is gone.
    threading.Thread(target=process.wait, daemon=True).start()


def read_job(folder: Path) -> Job | None:
    """The record of a job's folder; None where there is none that can be read."""
    try:
        fields: dict[str, Any] = orjson.loads((folder / _RECORD).read_bytes())
        steps = []
        for each in fields.pop("steps"):
            command, arguments = tuple(each.pop("command")), tuple(each.pop("arguments"))
            steps.append(JobStep(command, arguments, **each))
        fields["stopping"] = (folder / STOP).exists()
        return Job(steps=tuple(steps), **fields)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_job(folder: Path, job: Job) -> None:
    """Replace the record of a job's folder."""
    atomic_write(folder / _RECORD, orjson.dumps(asdict(job)))
