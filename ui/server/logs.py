"""The server's log: ids, routes, statuses and timings, but never the content of questions.

Messages of libraries and exceptions may contain questions, so they are not written: an error is
logged by its type and where it was raised, a library's message only by its logger.
`MEDCITE_LOG=debug` logs everything, for debugging with test questions.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

# The fields an entry may have.
_FIELDS = frozenset(
    {"event", "level", "timestamp", "method", "route", "status", "seconds", "client", "answer"}
    | {"address", "port", "error", "raised_at", "logger", "reason", "tool"}
)
_MOST_FRAMES = 6


def configure() -> None:
    """Configure structured logs on standard error, as described above."""
    debug = os.environ.get("MEDCITE_LOG") == "debug"
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        *([] if debug else [_bare]),
        structlog.processors.JSONRenderer(default=str),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if debug else logging.INFO
        ),
        logger_factory=lambda *_: _StandardError(),
    )
    root = logging.getLogger()
    root.handlers[:] = [_Handler(debug=debug)]
    root.setLevel(logging.DEBUG if debug else logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "mcp"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


def about(error: BaseException) -> dict[str, str]:
    """Return an error's type and where it was raised, without its message."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    places = (f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return {"error": type(error).__name__, "raised_at": " ".join(places)}


def _bare(
    _logger: object, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop all fields that might contain parts of a question."""
    error = entry.get("exc_info")
    if error:
        error = sys.exc_info()[1] if error is True else error
        if isinstance(error, BaseException):
            entry.update(about(error))
    elif "error" in entry and "raised_at" not in entry:
        del entry["error"]
    return {name: value for name, value in entry.items() if name in _FIELDS}


class _StandardError:
    """Write to the current standard error, even if it has been replaced."""

    def msg(self, message: str) -> None:
        sys.stderr.write(message + "\n")

    debug = info = warning = error = critical = exception = msg


class _Handler(logging.Handler):
    """Log entries of the standard library's logging without their messages."""

    def __init__(self, *, debug: bool) -> None:
        super().__init__()
        self._debug = debug

    def emit(self, record: logging.LogRecord) -> None:
        entry: dict[str, Any] = {"logger": record.name, "level": record.levelname.lower()}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            entry |= about(error)
        if self._debug:
            entry["event"] = record.getMessage()
        line = structlog.processors.JSONRenderer(default=str)(None, "", entry)
        sys.stderr.write(f"{line!s}\n")
