"""Log and count each request; turn an unexpected error into a plain 500."""

from __future__ import annotations

import time

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server.errors import failure
from ui.server.logs import about
from ui.server.metrics import Metrics

log = structlog.get_logger()

_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# Used instead of the path if no route matched, because the path may be anything.
_UNROUTED = "other"


class Observe:
    """The outermost middleware, which sees how each request ended."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        scope.setdefault("state", {})
        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            log.error("a request failed", **about(error))
            if not status:
                body = failure(
                    "Internal", "The server failed.", "See its log; try again.", retryable=True
                )
                await JSONResponse(body, 500)(scope, receive, watched)
        finally:
            # 499: the client disconnected before there was a status.
            self._note(scope, status or 499, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "") or scope["state"].get("route", _UNROUTED)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.request(method, route, status, seconds)
        facts = {name: scope["state"].get(name) for name in ("client", "answer")}
        log.info(
            "request",
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 3),
            **{name: value for name, value in facts.items() if value},
        )
