"""Output of commands: progress and errors on standard error, results on standard output."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from corpora.errors import BadQuery, MedciteError

console = Console()
errors = Console(stderr=True)

_STAGES = {
    "split": "Splitting into passages",
    "encode": "Encoding passages",
    "index": "Indexing",
    "vectors": "Importing vectors",
    "publish": "Publishing",
}


def print_json(value: object) -> None:
    """Print one JSON document on standard output."""
    print(json_text(value))


def json_text(value: object) -> str:
    """One JSON document, indented."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def print_event(value: dict[str, Any]) -> None:
    """Print one line of JSON on standard output: commands with progress output JSON Lines."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def report_error(error: MedciteError) -> None:
    """Print an error and its next step; with --json, as JSON too."""
    from rich.markup import escape

    if "--json" in sys.argv:
        fields: dict[str, Any] = {"error": type(error).__name__, "message": error.message}
        if isinstance(error, BadQuery):
            fields["position"] = error.position
        print(json.dumps({**fields, "next_step": error.next_step, "retryable": error.retryable}))
    errors.print(f"[bold red]Error:[/] {escape(error.message)}", highlight=False)
    if isinstance(error, BadQuery):
        for line in error.excerpt.split("\n"):
            errors.print(f"  {escape(line)}", highlight=False, no_wrap=True, overflow="ellipsis")
    errors.print(f"[bold]Next:[/]  {escape(error.next_step)}", highlight=False)


def configure_logging() -> None:
    """Configure structured logs on standard error: errors, or all with MEDCITE_LOG=debug."""
    import structlog

    level = logging.DEBUG if os.environ.get("MEDCITE_LOG") == "debug" else logging.ERROR
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=errors,
    )


class _Shown:
    """A progress bar shown within a `with` block."""

    _bar: Progress

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._bar.stop()


class ImportBar(_Shown):
    """ImportProgress in the terminal; as JSON lines on standard output for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._bar = Progress(
            TextColumn("{task.description}"),
            TextColumn("{task.completed:,.0f} records"),
            TimeElapsedColumn(),
            console=errors,
            disable=as_json,
        )
        self._task: TaskID | None = None

    def file(self, path: Path, number: int, total: int) -> None:
        self._task = self._bar.add_task(f"Reading {path.name} ({number} of {total})", total=None)
        _event(self._json, event="file", name=path.name, number=number, total=total)

    def records(self, count: int) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=count)
        _event(self._json, event="records", count=count)


class FetchBar(_Shown):
    """FetchProgress in the terminal; as JSON lines on standard output for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[size]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=errors,
            disable=as_json,
        )
        self._task: TaskID | None = None
        self._bytes = 0

    def begin(self, total: int, unit: str) -> None:
        self._task = self._bar.add_task(f"Fetching {unit}", total=total, size="")
        _event(self._json, event="fetch", total=total, unit=unit)

    def done(self, name: str, count: int = 1) -> None:
        if self._task is not None:
            self._bar.update(self._task, advance=count)
        _event(self._json, event="fetched", name=name, count=count)

    def arrived(self, size: int) -> None:
        self._bytes += size
        if self._task is not None:
            self._bar.update(self._task, size=f"{self._bytes / 1e6:,.0f} MB")

    def said(self, text: str) -> None:
        if not self._json:
            errors.print(text, style="yellow", markup=False)
        _event(self._json, event="note", text=text)


class BuildBar(_Shown):
    """BuildProgress in the terminal with rate and time left; as JSON lines for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._bar = _bar()
        self._bar.disable = as_json
        self._task: TaskID | None = None
        self._stage, self._total, self._done, self._began = "", 0, 0, 0.0
        self._reported = 0.0

    def stage(self, name: str, total: int) -> None:
        self._stage, self._total, self._done = name, total, 0
        self._began = time.monotonic()
        self._task = self._bar.add_task(_STAGES.get(name, name), total=total, rate="")
        _event(self._json, event="stage", stage=name, total=total)

    def advance(self, count: int) -> None:
        self._done += count
        seconds = time.monotonic() - self._began
        rate = self._done / seconds if seconds > 0 else 0.0
        if self._task is not None:
            self._bar.update(self._task, advance=count, rate=f"{rate:,.0f}/s")
        if time.monotonic() - self._reported > 0.5 or self._done == self._total:
            self._reported = time.monotonic()
            left = (self._total - self._done) / rate if rate else None
            _event(
                self._json,
                event="progress",
                stage=self._stage,
                done=self._done,
                total=self._total,
                rate=round(rate, 1),
                seconds_left=None if left is None else round(left, 1),
            )


def _event(enabled: bool, **fields: object) -> None:
    if enabled:
        print_event(fields)
