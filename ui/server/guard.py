"""What a request has to be before any endpoint sees it: addressed to this server, not too large.

A page of any website can have a browser send requests to a server on loopback, and can make its own
name point there (DNS rebinding). Such requests carry the website's name as Host, or its address as
Origin; a program's own client carries neither.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server.errors import failure

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# In which a request's body has to arrive.
_BODY_SECONDS = 30.0


class HostGuard:
    """Refuses requests that a browser sends for another site.

    Args:
        hosts: names that Host may have, without port; None: any.
        origins: addresses of sites that may use the server from a browser, beside its own.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] | None, origins: Collection[str] = ()
    ) -> None:
        self._app, self._hosts, self._origins = app, hosts, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (why := self._objection(Headers(scope=scope))):
            status, message, next_step = why
            body = failure("Forbidden", message, next_step)
            await JSONResponse(body, status)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _objection(self, headers: Headers) -> tuple[int, str, str] | None:
        """(status, message, next step), None where there is none."""
        named = headers.getlist("host")
        host = named[0] if len(named) == 1 else ""
        if self._hosts is not None and _name(host) not in self._hosts:
            return (
                421,
                "The request is addressed to another host.",
                "Use the name it was started with, or start it with --allow-host.",
            )
        origins = headers.getlist("origin")
        allowed = all(o in self._origins or _same(o, host) for o in origins)
        # Browsers say so of requests without an Origin, too, such as those for an image.
        foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if not allowed or (foreign and not origins):
            return (
                403,
                "The request comes from a page of another site.",
                "If that site may use this server, start it with --allow-origin.",
            )
        return None


def _name(host: str) -> str:
    """The name in a Host header, without its port; "" where it is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        if parts.netloc != host or "@" in host:
            return ""
        _ = parts.port
        return (parts.hostname or "").casefold()
    except ValueError:
        return ""


def _same(origin: str, host: str) -> bool:
    scheme, _, netloc = origin.partition("://")
    return scheme in ("http", "https") and netloc.casefold() == host.casefold()


class BodyLimit:
    """Reads a request's body before the application does: within its bounds, or not at all.

    Args:
        most: bytes.
        seconds: in which it has to arrive.
    """

    def __init__(self, app: ASGIApp, most: int, seconds: float = _BODY_SECONDS) -> None:
        self._app, self._most, self._seconds = app, most, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            body = await asyncio.wait_for(self._body(scope, receive), self._seconds)
        except TimeoutError:
            refused = failure("TooSlow", "The request did not arrive in time.", "Send it again.")
            await JSONResponse(refused, 408)(scope, receive, send)
            return
        if body is None:
            await JSONResponse(self._too_large(), 413)(scope, receive, send)
            return
        first: Message | None = {"type": "http.request", "body": body, "more_body": False}

        async def replay() -> Message:
            nonlocal first
            if first is not None:
                message, first = first, None
                return message
            return await receive()

        await self._app(scope, replay, send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None where it is too large."""
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > self._most:
            return None
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return bytes(body)
            body += message.get("body", b"")
            if len(body) > self._most:
                return None
            if not message.get("more_body", False):
                return bytes(body)

    def _too_large(self) -> dict[str, object]:
        return failure(
            "TooLarge",
            f"A request has at most {self._most:,} bytes.",
            "Send less at a time; import documents with `medcite corpus add`.",
        )
