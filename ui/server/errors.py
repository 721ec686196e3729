"""Map Medcite's errors to HTTP responses, in a form that OpenAI's clients understand too."""

from __future__ import annotations

from typing import Any

from corpora.errors import (
    BadInput,
    Busy,
    IndexMismatch,
    MedciteError,
    ModelBusy,
    ModelError,
    ModelNotFound,
    ModelUnavailable,
    NotReady,
    PromptTooLong,
    Stopped,
)
from ui.server.limits import TooMany
from ui.server.service import NoArticle

# The first match applies; any other error is 500.
_STATUSES: tuple[tuple[type[MedciteError], int], ...] = (
    (NoArticle, 404),
    (BadInput, 400),
    (PromptTooLong, 400),
    (ModelNotFound, 404),
    (Busy, 429),
    (ModelBusy, 429),
    (ModelUnavailable, 503),
    (ModelError, 502),
    (NotReady, 503),
    (IndexMismatch, 503),
    (Stopped, 503),
)
_RETRY_SECONDS = 5


def status_of(error: MedciteError) -> int:
    """Return the HTTP status of an error."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


def headers_of(error: MedciteError) -> dict[str, str]:
    """Return a Retry-After header if the error is retryable."""
    if not error.retryable:
        return {}
    after = getattr(error, "after", 0) if isinstance(error, TooMany | ModelBusy) else 0
    return {"Retry-After": str(round(after) or _RETRY_SECONDS)}


def error_body(error: MedciteError) -> dict[str, Any]:
    """Return the response body for an error."""
    return failure(type(error).__name__, error.message, error.next_step, retryable=error.retryable)


def failure(
    kind: str, message: str, next_step: str, *, retryable: bool = False, param: str | None = None
) -> dict[str, Any]:
    """Return the response body for a failure that is not a MedciteError."""
    return {
        "error": {
            "message": message,
            "type": kind,
            "next_step": next_step,
            "retryable": retryable,
            "code": _snake(kind),
            "param": param,
        }
    }


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
