"""The process of a job: run its commands in sequence and write their events to its record.

    python -m ui.services.job_runner FOLDER

SIGINT is forwarded to the running command, which then stops as on Ctrl-C; one that does not is
killed after `_PATIENCE`. Store, vectors and index versions are consistent at all times, so only
unfinished work is lost.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import orjson
import psutil

from corpora.dates import now
from ui.services.jobs import STOP, JobStep, read_job, write_job

# Answering questions has priority.
_NICE = 5
_WRITTEN_EVERY = 0.25
_PATIENCE = 20.0
# Limit on a command's output other than events: a result is small.
_MOST_TEXT = 64_000
_MOST_ERROR_LINES = 20
_MOST_LISTED = 200
_MEDCITE = (sys.executable, "-c", "from ui.cli.main import main; main()")


class Runner:
    """Run the job of a folder."""

    def __init__(self, folder: Path) -> None:
        job = read_job(folder)
        if job is None:
            raise SystemExit(f"There is no job in {folder}.")
        process = psutil.Process()
        self._folder = folder
        self._job = replace(job, pid=process.pid, born=process.create_time())
        self._child: subprocess.Popen[bytes] | None = None
        self._written = 0.0
        self._stopping = False

    def run(self) -> None:
        """Run the steps until one fails."""
        signal.signal(signal.SIGINT, self._stop)
        self._write()
        self._stopping = self._stopping or (self._folder / STOP).exists()
        for number in range(len(self._job.steps)):
            if self._stopping or not self._step(number):
                break
        shutil.rmtree(self._folder / "files", ignore_errors=True)
        self._job = replace(self._job, ended=now())
        self._write()

    def _step(self, number: int) -> bool:
        """Run one step; return whether to run the next."""
        step = self._job.steps[number]
        self._put(number, replace(step, began=now()))
        home = str(self._folder.parent.parent)
        self._child = child = subprocess.Popen(
            [*_MEDCITE, *step.command, "--home", home, "--json", *step.arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if self._stopping:  # requested while the command was starting
            child.send_signal(signal.SIGINT)
        assert child.stdout is not None
        assert child.stderr is not None
        errors: deque[str] = deque(maxlen=_MOST_ERROR_LINES)
        listener = threading.Thread(target=_listen, args=(child.stderr, errors), daemon=True)
        listener.start()
        reader = OutputReader(self._job.steps[number])
        for line in child.stdout:
            reader.take(line)
            self._put(number, reader.step, lazily=True)
        code = child.wait()
        listener.join(timeout=5)
        ended = reader.end(code, "\n".join(errors))
        self._put(number, ended)
        return ended.completed

    def _put(self, number: int, step: JobStep, *, lazily: bool = False) -> None:
        steps = list(self._job.steps)
        steps[number] = step
        self._job = replace(self._job, steps=tuple(steps))
        if not lazily or time.monotonic() - self._written > _WRITTEN_EVERY:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        write_job(self._folder, self._job)

    def _stop(self, *_: object) -> None:
        self._stopping = True
        if self._child and self._child.poll() is None:
            self._child.send_signal(signal.SIGINT)
            killing = threading.Timer(_PATIENCE, self._child.kill)
            killing.daemon = True
            killing.start()


class OutputReader:
    """Update a step from its command's output, line by line."""

    def __init__(self, step: JobStep) -> None:
        self.step = step
        self._text: list[bytes] = []
        self._size = 0
        self._began = time.monotonic()

    def take(self, line: bytes) -> None:
        """Read a line: an event, an error, or part of a result."""
        try:
            fields = orjson.loads(line)
        except orjson.JSONDecodeError:
            fields = None
        if isinstance(fields, dict) and "event" in fields:
            self.step = self._after(fields)
        elif isinstance(fields, dict) and "next_step" in fields:
            error, advice = str(fields.get("message", "")), str(fields["next_step"])
            self.step = replace(self.step, error=error, next_step=advice)
        elif self._size < _MOST_TEXT:
            self._text.append(line)
            self._size += len(line)

    def end(self, code: int, errors: str) -> JobStep:
        """Return the step after the command has ended.

        Args:
            code: its exit status; negative if it was killed by a signal.
            errors: its output on standard error.
        """
        step = replace(self.step, ended=now(), exit=code)
        if step.result is None and self._text:
            with contextlib.suppress(orjson.JSONDecodeError):
                step = replace(step, result=_bounded(orjson.loads(b"".join(self._text))))
        if code < 0 and not step.error:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
            step = replace(step, error=f"The process was killed ({name}).")
        elif code and not step.error and step.result is None:
            step = replace(step, error=errors[-2000:])
        return step

    def _after(self, event: Mapping[str, Any]) -> JobStep:
        step = self.step
        match event["event"]:
            case "done":
                result = {k: _bounded(v) for k, v in event.items() if k != "event"}
                return replace(step, result=result, left=None)
            case "stage":
                return self._fresh(str(event["stage"]), event.get("total"))
            case "progress":
                rate, left = event.get("rate"), event.get("seconds_left")
                return replace(step, done=int(event["done"]), rate=rate, left=left)
            case "file":
                return self._fresh(f"file {event['number']} of {event['total']}: {event['name']}")
            case "records":
                return self._at(int(event["count"]))
            case "fetch":
                return self._fresh(f"fetch {event['unit']}", event.get("total"))
            case "fetched":
                return self._at(step.done + int(event["count"]))
        return step

    def _fresh(self, stage: str, total: int | None = None) -> JobStep:
        self._began = time.monotonic()
        return replace(self.step, stage=stage, done=0, total=total, rate=None, left=None)

    def _at(self, done: int) -> JobStep:
        step, seconds = self.step, time.monotonic() - self._began
        rate = done / seconds if seconds > 0.5 else None
        left = (step.total - done) / rate if rate and step.total else None
        return replace(step, done=done, rate=rate, left=left)


def _bounded(value: object) -> object:
    """Truncate lists in a result to what a page shows."""
    if isinstance(value, list):
        return [_bounded(item) for item in value[:_MOST_LISTED]]
    if isinstance(value, dict):
        return {name: _bounded(item) for name, item in value.items()}
    return value


def _listen(stream: IO[bytes], lines: deque[str]) -> None:
    for line in stream:
        lines.append(line.decode("utf-8", "replace").rstrip()[:500])


if __name__ == "__main__":
    os.nice(_NICE)
    Runner(Path(sys.argv[1])).run()
