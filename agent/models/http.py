"""Talking to a model's server: one client, its events, and what its failures mean.

The only module that imports httpx for models. Every way a server can fail becomes an error of
`corpora.errors` that says whether a retry helps.
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
# LM Studio's words for a path that it does not know, with status 200.
_NO_PATH = re.compile(r"unexpected endpoint", re.IGNORECASE)
_NO_MEMORY = re.compile(r"out of memory|outofmemory|failed to allocate|bad_alloc", re.IGNORECASE)
# Seconds before a request is sent again; a server's own Retry-After holds up to _PATIENCE.
WAITS = (0.5, 2.0)
_PATIENCE = 30.0
# Servers batch what comes together; each further request slows the others down a little.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is, up to and including /v1, and how many requests it is given at once."""

    url: str
    limit: int = _AT_ONCE


def is_local(url: str) -> bool:
    """Whether a URL is of this machine."""
    host = (urlsplit(url).hostname or "").lower()
    return host in ("localhost", "::1") or host.startswith("127.")


class Server:
    """A model's HTTP server at `base`, such as http://localhost:8080/v1.

    Args:
        key: sent as a bearer token.
        connect, read: seconds to wait for a connection, and for the next sign of life.
        waits: seconds before a request is sent again, as often as there are any.
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
            # What goes to this machine must not pass a proxy on another.
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
        """Ask whether the server can answer: by /health beside /v1, or where it has none by its
        list of models.

        Raises:
            ModelError: it cannot.
        """
        with self.failures():
            response = self._client.get(f"{self.base.removesuffix('/v1')}/health")
        if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED):
            self.get("/models")
        elif response.status_code != httpx.codes.OK:
            self.check(response)

    def post_beside(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """A path that stands beside /v1, not under it."""
        return self._whole("POST", path, body, base=self.base.removesuffix("/v1"))

    def _whole(
        self, method: str, path: str, body: dict[str, Any] | None, base: str | None = None
    ) -> dict[str, Any]:
        with self.failures():
            response = self._client.request(method, (base or self.base) + path, json=body)
        self.check(response)
        told = self.json(response.text)
        self.check_event(told)
        return told

    def call(self, path: str, body: dict[str, Any]) -> Call:
        """A request whose answer comes in events; nothing is sent before it is opened."""
        return Call(self, path, body)

    def client(self) -> httpx.Client:
        """A client with a connection of its own."""
        return httpx.Client(**self._settings)

    def check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == httpx.codes.OK:
            kind = response.headers.get("content-type", "")
            if "html" in kind:
                raise ModelNotFound(
                    f"{self.base} answers with a web page, not as a model's server.",
                    "Check the address; it usually ends in /v1.",
                )
            return
        said = _message(response.text)
        if status == 429:
            raise ModelBusy(
                f"{self.base} has too much to do ({said}).",
                "Try again later.",
                _seconds(response.headers.get("retry-after", "")),
            )
        raise self.error(status, said)

    def check_event(self, told: dict[str, Any]) -> None:
        """Errors that come with status 200: in a stream, and from servers that know no other."""
        if error := told.get("error"):
            raise self.error(_code(error), _message(json.dumps(told)))

    def error(self, status: int, said: str) -> ModelError:
        if status in (401, 403):
            return ModelAccess(
                f"{self.base} refuses access ({said}).",
                f"Put the key that it wants into the environment as {KEY_VARIABLE}.",
            )
        if _NO_MEMORY.search(said):
            return ModelOutOfMemory(
                f"{self.base} ran out of memory ({said}).",
                "Use a smaller quantisation or a shorter window; see `medcite models`.",
            )
        if status == 413 or _TOO_LONG.search(said):
            return PromptTooLong(
                f"The prompt is too long for the model ({said}).",
                "Start it with a longer context, or ask with fewer articles.",
            )
        if status == 404 or _NO_MODEL.search(said) or _NO_PATH.search(said):
            return ModelNotFound(
                f"{self.base} does not have what was asked for ({said}).",
                "Check the address, and the model's name after #.",
            )
        if status >= 500:
            return ModelUnavailable(
                f"{self.base} failed (status {status}: {said}).",
                "Try again; if it goes on, look at the server's own log.",
            )
        return ModelRejected(
            f"{self.base} rejected the request (status {status}: {said}).",
            "Look at the server's own log; it may be of another kind or too old.",
        )

    def json(self, text: str) -> dict[str, Any]:
        try:
            value = json.loads(text)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise ModelUnavailable(
                f"{self.base} sent an answer that is broken off or no JSON ({text[:60]!r}).",
                "Try again; if it goes on, look at the server's own log.",
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
                f"{self.base} did not answer in time.", "Try again when it has less to do."
            ) from error
        except (httpx.TransportError, httpx.StreamError) as error:
            raise ModelUnavailable(
                f"The connection to {self.base} broke ({error}).",
                "Try again; if it goes on, look at the server's own log.",
            ) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise ModelNotFound(f"{self.base} is no address ({error}).", "Check it.") from error


class Call:
    """One request and its answer: server-sent events, or one JSON document from simpler servers.

    It has a connection of its own, which `hang_up` breaks from any thread and at any moment, while
    the server still reads the prompt too; a server notices that, and stops.
    """

    def __init__(self, server: Server, path: str, body: dict[str, Any]) -> None:
        self._server, self._path, self._body = server, path, body
        self._connection: socket.socket | None = None
        self._left = Event()

    def events(self) -> Iterator[dict[str, Any]]:
        """Each event's JSON, until `[DONE]` or the end of the answer. A busy or restarting server
        is asked again.

        Raises:
            ModelError: what the server's failures mean.
        """
        with self._server.client() as client:
            response = self._open(client)
            try:
                with self._server.failures():
                    yield from self._read(response)
            finally:
                response.close()

    def hang_up(self) -> None:
        """Break the connection. Closing the socket would not wake a thread that reads from it."""
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
                if self._left.wait(min(max(wait, _asked_wait(error)), _PATIENCE)):
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

    def _traced(self, event: str, about: dict[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._connection = about["return_value"].get_extra_info("socket")
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
    """The lines of an event stream, which end in newlines alone: `iter_lines` would also cut at
    U+2028 and the like, which JSON leaves as they are.
    """
    held = ""
    for text in response.iter_text():
        *lines, held = (held + text).split("\n")
        yield from (line.rstrip("\r") for line in lines)
    if held:
        yield held


def _asked_wait(error: ModelError) -> float:
    return error.after if isinstance(error, ModelBusy) else 0.0


def _worth_waiting(error: ModelError) -> bool:
    return isinstance(error, ModelBusy) or "status 5" in error.message


def _code(error: object) -> int:
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) else 500


def _message(text: str) -> str:
    """What a server says went wrong, in one line."""
    try:
        found = json.loads(text)
    except ValueError:
        return " ".join(re.sub(r"<[^>]*>", " ", text).split())[:200] or "no reason given"
    error = found.get("error", found) if isinstance(found, dict) else found
    if isinstance(error, dict):
        error = error.get("message", error)
    return " ".join(str(error).split())[:300]


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
