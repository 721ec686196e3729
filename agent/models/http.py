"""The HTTP client for model servers, its event streams, and its errors.

The only module that imports httpx for models. Every failure of a server becomes an error of
`corpora.errors` that knows whether a retry helps.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx

from corpora.errors import (
    ModelAccess,
    ModelBusy,
    ModelError,
    ModelNotFound,
    ModelOutOfMemory,
    ModelRejected,
    ModelUnavailable,
    PromptTooLong,
)

KEY_VARIABLE = "MEDCITE_API_KEY"
_TOO_LONG = re.compile(
    r"context.{0,12}(size|length|window)|exceed_context|maximum.{0,20}tokens"
    r"|prompt is too long|too many tokens",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(r"model.{0,80}(not found|does not exist|no such|unknown)", re.IGNORECASE)
# LM Studio's reply to an unknown path, with status 200.
_NO_PATH = re.compile(r"unexpected endpoint", re.IGNORECASE)
_NO_MEMORY = re.compile(r"out of memory|outofmemory|failed to allocate|bad_alloc", re.IGNORECASE)
# Seconds before each retry; a server's own Retry-After is respected up to _PATIENCE.
WAITS = (0.5, 2.0)
_PATIENCE = 30.0
# Servers batch parallel requests; each further one slows the others down a little.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Address:
    """A server's URL, up to and including /v1, and its number of parallel requests."""

    url: str
    limit: int = _AT_ONCE


def is_local(url: str) -> bool:
    """Whether a URL points to this machine."""
    host = (urlsplit(url).hostname or "").lower()
    return host in ("localhost", "::1") or host.startswith("127.")


class Server:
    """A model's HTTP server at `base`, such as http://localhost:8080/v1.

    Args:
        key: sent as a bearer token.
        connect, read: timeouts in seconds for the connection and for the next bytes.
        waits: seconds before each retry; their number is the number of retries.
    """

    def __init__(
        self,
        base: str,
        *,
        key: str | None = None,
        connect: float = 10.0,
        read: float = 300.0,
        waits: Sequence[float] = WAITS,
    ) -> None:
        self.base, self.waits = base.rstrip("/"), waits
        self._settings: dict[str, Any] = {
            "timeout": httpx.Timeout(read, connect=connect),
            "headers": {"Authorization": f"Bearer {key}"} if key else {},
            # Requests to this machine must not go through a proxy on another.
            "trust_env": not is_local(base),
        }
        self._client = self.client()

    def close(self) -> None:
        self._client.close()

    def get(self, path: str) -> dict[str, Any]:
        return self._whole("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._whole("POST", path, body)

    def check_health(self) -> None:
        """Check that the server can answer, by /health next to /v1, or without one by its list of
        models.

        Raises:
            ModelError: the server cannot answer.
        """
        with self.failures():
            response = self._client.get(f"{self.base.removesuffix('/v1')}/health")
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED):
            self.get("/models")
        elif response.status_code != httpx.codes.OK:
            self.check(response)

    def post_beside(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST to a path next to /v1 instead of under it."""
        return self._whole("POST", path, body, base=self.base.removesuffix("/v1"))

    def _whole(
        self, method: str, path: str, body: dict[str, Any] | None, base: str | None = None
    ) -> dict[str, Any]:
        with self.failures():
            response = self._client.request(method, (base or self.base) + path, json=body)
        self.check(response)
        document = self.json(response.text)
        self.check_event(document)
        return document

    def call(self, path: str, body: dict[str, Any]) -> Call:
        """A request with a streamed answer; nothing is sent before its events are read."""
        return Call(self, path, body)

    def client(self) -> httpx.Client:
        """A client with a connection of its own."""
        return httpx.Client(**self._settings)

    def check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            content_type = response.headers.get("content-type", "")
            if "html" in content_type:
                raise ModelNotFound(
                    f"{self.base} answers with a web page and is not a model's server.",
                    "Check the address; it usually ends in /v1.",
                )
            return
        reason = _message(response.text)
        if status == 429:
            raise ModelBusy(
                f"{self.base} is overloaded ({reason}).",
                "Try again later.",
                _seconds(response.headers.get("retry-after", "")),
            )
        raise self.error(status, reason)

    def check_event(self, document: dict[str, Any]) -> None:
        """Raise errors sent with status 200: within a stream, or by servers that always do so."""
        if error := document.get("error"):
            raise self.error(_code(error), _message(json.dumps(document)))

    def error(self, status: int, reason: str) -> ModelError:
        if status in (401, 403):
            return ModelAccess(
                f"{self.base} refuses access ({reason}).",
                f"Set the environment variable {KEY_VARIABLE} to the server's key.",
            )
        if _NO_MEMORY.search(reason):
            return ModelOutOfMemory(
                f"{self.base} ran out of memory ({reason}).",
                "Use a smaller quantisation or a shorter window; see `medcite models`.",
            )
        if status == 413 or _TOO_LONG.search(reason):
            return PromptTooLong(
                f"The prompt is too long for the model ({reason}).",
                "Start the server with a longer context, or use fewer articles.",
            )
        if status == 404 or _NO_MODEL.search(reason) or _NO_PATH.search(reason):
            return ModelNotFound(
                f"{self.base} does not have the requested model or path ({reason}).",
                "Check the address, and the model's name after #.",
            )
        if status >= 500:
            return ModelUnavailable(
                f"{self.base} failed (status {status}: {reason}).",
                "Try again; if it persists, check the server's own log.",
            )
        return ModelRejected(
            f"{self.base} rejected the request (status {status}: {reason}).",
            "Check the server's own log; it may not be OpenAI-compatible, or too old.",
        )

    def json(self, text: str) -> dict[str, Any]:
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ModelUnavailable(
                f"{self.base} sent an answer that is truncated or not JSON ({text[:60]!r}).",
                "Try again; if it persists, check the server's own log.",
            )
        return value

    @contextmanager
    def failures(self) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise ModelUnavailable(
                f"No server answers at {self.base} ({error}).", "Start it, or check the address."
            ) from error
        except httpx.TimeoutException as error:
            raise ModelUnavailable(
                f"{self.base} did not answer in time.", "Try again when it is less busy."
            ) from error
        except (httpx.TransportError, httpx.StreamError) as error:
            raise ModelUnavailable(
                f"The connection to {self.base} broke ({error}).",
                "Try again; if it persists, check the server's own log.",
            ) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ModelNotFound(
                f"{self.base} is not an address ({error}).", "Check the address."
            ) from error


class Call:
    """One request and its answer: server-sent events, or one JSON document from simpler servers.

    It has a connection of its own, which `hang_up` can break from any thread at any time, even
    while the server still reads the prompt; the server notices, and stops.
    """

    def __init__(self, server: Server, path: str, body: dict[str, Any]) -> None:
        self._server, self._path, self._body = server, path, body
        self._connection: socket.socket | None = None
        self._left = Event()

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield each event's JSON, until `[DONE]` or the end of the answer; retry while the server
        is busy or restarting.

        Raises:
            ModelError: the server failed.
        """
        with self._server.client() as client:
            response = self._open(client)
            try:
                with self._server.failures():
                    yield from self._read(response)
            finally:
                response.close()

    def hang_up(self) -> None:
        """Break the connection by a shutdown; closing the socket would not wake its reader."""
        self._left.set()
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def _open(self, client: httpx.Client) -> httpx.Response:
        waits = iter(self._server.waits)
        while True:
            try:
                return self._send(client)
            except (ModelBusy, ModelUnavailable) as error:
                wait = next(waits, None)
                if wait is None or not _worth_waiting(error):
                    raise
                if self._left.wait(min(max(wait, _requested_wait(error)), _PATIENCE)):
                    raise

    def _send(self, client: httpx.Client) -> httpx.Response:
        request = client.build_request(
            "POST",
            self._server.base + self._path,
            json=self._body,
            extensions={"trace": self._traced},
        )
        with self._server.failures():
            response = client.send(request, stream=True)
            if response.status_code != httpx.codes.OK:
                response.read()
        self._server.check(response)
        return response

    def _traced(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._connection = info["return_value"].get_extra_info("socket")
            if self._left.is_set():
                self.hang_up()

    def _read(self, response: httpx.Response) -> Iterator[dict[str, Any]]:
        server = self._server
        if "json" in response.headers.get("content-type", ""):
            event = server.json(response.read().decode("utf-8", "replace"))
            server.check_event(event)
            yield event
            return
        for line in _lines(response):
            if not line.startswith("data:"):
                continue
            payload = line.removeprefix("data:").strip()
            if payload == "[DONE]":
                return
            event = server.json(payload)
            server.check_event(event)
            yield event


def _lines(response: httpx.Response) -> Iterator[str]:
    """Split an event stream at newlines only: `iter_lines` would also split at U+2028 and the like,
    which JSON leaves unescaped.
    """
    partial = ""
    for text in response.iter_text():
        *lines, partial = (partial + text).split("\n")
        yield from (line.rstrip("\r") for line in lines)
    if partial:
        yield partial


def _requested_wait(error: ModelError) -> float:
    return error.after if isinstance(error, ModelBusy) else 0.0


def _worth_waiting(error: ModelError) -> bool:
    return isinstance(error, ModelBusy) or "status 5" in error.message


def _code(error: object) -> int:
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 500


def _message(text: str) -> str:
    """The error message of a server's reply, on one line."""
    try:
        document = json.loads(text)
    except ValueError:
        return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:200] or "no reason given"
    error = document.get("error", document) if isinstance(document, dict) else document
    if isinstance(error, dict):
        error = error.get("message", error)
    return " ".join(str(error).split())[:300]


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
