"""Refuse requests meant for other hosts, from other sites, or too large, before any endpoint.

Any website can make a browser send requests to a server on loopback, and can make its own name
resolve to it (DNS rebinding). Such requests carry the website's name as Host, or its address as
Origin; requests from programs do not.
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
# Time limit for receiving a request's body.
_BODY_SECONDS = 30.0


class HostGuard:
    """Middleware that refuses requests a browser sends for another site.

    Args:
        hosts: allowed Host names, without port; None: any.
        origins: web origins that may use the server, in addition to its own.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str] | None, origins: Collection[str] = ()
    ) -> None:
        self._app, self._hosts, self._origins = app, hosts, frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refusal := self._refusal(Headers(scope=scope))):
            status, message, next_step = refusal
            body = failure("Forbidden", message, next_step)
            await JSONResponse(body, status)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> tuple[int, str, str] | None:
        """Return status, message and next step of a refusal; None if the request is allowed."""
        names = headers.getlist("host")
        host = names[0] if len(names) == 1 else ""
        if self._hosts is not None and _name(host) not in self._hosts:
            return (
                421,
                "The request is addressed to another host.",
                "Use a name of this server, or start it with --allow-host.",
            )
        origins = headers.getlist("origin")
        allowed = all(o in self._origins or _same(o, host) for o in origins)
        # Browsers set this header also on requests without an Origin, such as those for images.
        foreign = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        if not allowed or (foreign and not origins):
            return (
                403,
                "The request comes from another website.",
                "To allow that site, start the server with --allow-origin.",
            )
        return None


def _name(host: str) -> str:
    """Return the name in a Host header, without port; "" if malformed."""
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
    """Middleware that receives the whole body first, within limits of size and time.

    Args:
        most: maximum size in bytes.
        seconds: time limit for receiving it.
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
            refusal = failure("TooSlow", "The request did not arrive in time.", "Send it again.")
            await JSONResponse(refusal, 408)(scope, receive, send)
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
        """Receive the whole body; None if it is too large."""
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
