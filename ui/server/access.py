"""Authenticate requests by API key, and limit each client's rate."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from corpora.errors import MedciteError
from ui.server.errors import error_body, failure, headers_of, status_of
from ui.server.keys import Key, Keys
from ui.server.limits import RateLimit

# Paths that need no key: they only reveal that the server is running.
OPEN_PATHS = frozenset({"/health", "/ready"})


class KeyGuard:
    """Middleware that requires a key and limits its rate; sets `client` in the request's state.

    If there are no keys, every client is admitted under its address, which the command line allows
    only on loopback (see `ui.server.run`).

    Args:
        required: refuse all requests while there is no key.
        open_paths: paths that need no key.
    """

    def __init__(
        self,
        app: ASGIApp,
        keys: Keys,
        rate: RateLimit,
        *,
        required: bool = False,
        open_paths: Collection[str] = OPEN_PATHS,
    ) -> None:
        self._app, self._keys, self._rate = app, keys, rate
        self._required, self._open = required, open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._open:
            await self._app(scope, receive, send)
            return
        try:
            key = self._key(Headers(scope=scope))
            if key is None:
                refusal = failure(
                    "Unauthorized",
                    "An API key is required.",
                    "Send it as “Authorization: Bearer mc-…”; `medcite keys add NAME` creates one.",
                )
                challenge = {"WWW-Authenticate": "Bearer"}
                await JSONResponse(refusal, 401, challenge)(scope, receive, send)
                return
            address = (scope.get("client") or ("local", 0))[0]
            client = key.name or f"at {address}"
            self._rate.take(client, key.per_minute)
        except MedciteError as error:
            body = JSONResponse(error_body(error), status_of(error), headers_of(error))
            await body(scope, receive, send)
            return
        scope.setdefault("state", {})["client"] = client
        await self._app(scope, receive, send)

    def _key(self, headers: Headers) -> Key | None:
        """Return the request's key, or a nameless one if none is needed; None means refuse."""
        if not self._required and not self._keys.all():
            return Key("", "", "")
        kind, _, secret = headers.get("authorization", "").partition(" ")
        return self._keys.find(secret.strip()) if kind.casefold() == "bearer" else None
