"""Who a request is from, and whether that client has had its share."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from corpora.errors import MedciteError
from ui.server.errors import error_body, failure, headers_of, status_of
from ui.server.keys import Key, Keys
from ui.server.limits import RateLimit

# What says nothing but that the server is there, and how it is asked.
OPEN_PATHS = frozenset({"/health", "/ready"})


class KeyGuard:
    """Lets in who has a key, at the pace that it may have; puts `client` into the request's state.

    Where no key was made everybody is let in, under the name of their address: the command line
    allows that on loopback alone (see `ui.server.run`).

    Args:
        required: refuse everybody while there is no key.
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
                refused = failure(
                    "Unauthorized",
                    "A key is needed.",
                    "Send it as “Authorization: Bearer mc-…”; `medcite keys add NAME` makes one.",
                )
                wanted = {"WWW-Authenticate": "Bearer"}
                await JSONResponse(refused, 401, wanted)(scope, receive, send)
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
        """The request's key; one without a name where none is needed; None: refuse."""
        if not self._required and not self._keys.all():
            return Key("", "", "")
        kind, _, secret = headers.get("authorization", "").partition(" ")
        return self._keys.find(secret.strip()) if kind.casefold() == "bearer" else None
