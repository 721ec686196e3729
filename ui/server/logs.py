"""What the server writes to its log: ids, routes, statuses and timings. Never what was asked.

Libraries and exceptions put into their messages whatever they were given, so nothing of those is
written: of an error its type and where in the code it was raised, of a library's message where it
came from. `MEDCITE_LOG=debug` writes all of it, for whoever looks for a fault on test questions.
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

# All that an entry may hold.
_FIELDS = frozenset(
    {"event", "level", "timestamp", "method", "route", "status", "seconds", "client", "answer"}
    | {"address", "port", "error", "raised_at", "logger", "reason", "tool"}
)
_MOST_FRAMES = 6


def configure() -> None:
    """Log as said above, structured, on standard error."""
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
        known = logging.getLogger(name)
        known.handlers.clear()
        known.propagate = True


def about(error: BaseException) -> dict[str, str]:
    """An error's type and where it was raised, without its words."""
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    places = (f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
    return {"error": type(error).__name__, "raised_at": " ".join(places)}


def _bare(
    _logger: object, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave out every field that is not known to hold no words of a question."""
    error = entry.get("exc_info")
    if error:
        error = sys.exc_info()[1] if error is True else error
        if isinstance(error, BaseException):
            entry.update(about(error))
    elif "error" in entry and "raised_at" not in entry:
        del entry["error"]
    return {name: value for name, value in entry.items() if name in _FIELDS}


class _StandardError:
    """Writes to standard error, whatever that is by then."""

    def msg(self, message: str) -> None:
        sys.stderr.write(message + "\n")

    debug = info = warning = error = critical = exception = msg


class _Handler(logging.Handler):
    """Entries of the standard library's logging, without their words."""

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
