"""A model's HTTP server on loopback that fails in the way a test asks for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.fakes.loopback import serving

# What a handler may do with one request to /chat/completions.
Behaviour = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """One request; the helpers below write parts of an answer."""

    server: FakeServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""

    def do_GET(self) -> None:
        if self.path == "/health":
            self.server.looks += 1
            unwell = not self.server.healthy or self.server.unwell > 0
            self.server.unwell -= 1
            self.reply(503 if unwell else 200, "", kind="text/plain")
            return
        models = [{"id": name, "max_model_len": self.server.window} for name in self.server.models]
        self.reply(200, {"object": "list", "data": models})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path == self.server.counter:
            words = sum(len(turn["content"].split()) for turn in body["messages"])
            self.reply(200, {"input_tokens": words, "count": words})
            return
        if self.path != "/v1/chat/completions":
            self.reply(404, {"error": {"message": "no such path"}})
            return
        self.server.asked.append(body)
        self.server.keys.append(self.headers.get("authorization"))
        behaviours = self.server.behaviours
        behaviour = behaviours[min(len(self.server.asked), len(behaviours)) - 1]
        try:
            behaviour(self, body)
        except (BrokenPipeError, ConnectionResetError):
            self.server.hung_up.set()

    def reply(
        self, status: int, body: object, *, kind: str = "application/json", **more: str
    ) -> None:
        raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

    def event(self, payload: object) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.wfile.write(f"data: {text}\n\n".encode())
        self.wfile.flush()

    def piece(self, text: str, **more: object) -> None:
        self.event({"choices": [{"delta": {"content": text}, "finish_reason": None}], **more})

    def end_stream(self, reason: str = "stop", prompt: int = 11, cached: int = 7) -> None:
        self.event({"choices": [{"delta": {}, "finish_reason": reason}]})
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": 3,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        self.event({"choices": [], "usage": usage})
        self.event("[DONE]")


class FakeServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, behaviours: tuple[Behaviour, ...], models: tuple[str, ...], port: int = 0
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.behaviours, self.models = behaviours, models
        self.window = 4096
        self.healthy, self.looks = True, 0
        self.unwell = 0  # so many looks at its health fail
        self.lock = threading.Lock()
        self.cached: list[list[str]] = []  # the words of the prompts that were read
        self.counter = ""  # the path at which tokens can be counted
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.hung_up = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@contextmanager
def model_server(
    *behaviours: Behaviour, models: tuple[str, ...] = ("medgemma",), port: int = 0
) -> Iterator[FakeServer]:
    """A server whose n-th completion is answered by the n-th behaviour, later ones by the last."""
    with serving(FakeServer(behaviours or (says("Yes."),), models, port)) as server:
        yield server


def serve_for_good(port: int, behaviour: Behaviour) -> None:
    """The whole life of a process that is a server, until it is killed."""
    FakeServer((behaviour,), ("medgemma",), port).serve_forever()


def says(*pieces: str, reason: str = "stop") -> Behaviour:
    def behave(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin()
        for piece in pieces:
            handler.piece(piece)
        handler.end_stream(reason)

    return behave


def says_as_vllm(handler: Handler, body: dict[str, Any]) -> None:
    """Say which server this is, slowly, and as vLLM does how much of the prompt its prefix cache
    held: the longest beginning that an earlier prompt shares, counted in words.
    """
    server = handler.server
    words = " ".join(turn["content"] for turn in body["messages"]).split()
    with server.lock:
        cached = max((_shared(words, before) for before in server.cached), default=0)
        server.cached.append(words)
    time.sleep(0.02)
    handler.begin()
    handler.piece(str(server.server_port))
    handler.end_stream(prompt=len(words), cached=cached)


def _shared(one: list[str], other: list[str]) -> int:
    """Words that two texts begin with alike."""
    return next(
        (n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one)
    )


def says_at_once(text: str) -> Behaviour:
    """A server that knows no streaming."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        handler.reply(
            200, {"choices": [choice], "usage": {"prompt_tokens": 4, "completion_tokens": 1}}
        )

    return behave


def fails(status: int, message: str, **headers: str) -> Behaviour:
    return lambda handler, body: handler.reply(status, {"error": {"message": message}}, **headers)


def web_page(handler: Handler, body: dict[str, Any]) -> None:
    handler.reply(200, "<html><body>Welcome</body></html>", kind="text/html")


def half_a_json(handler: Handler, body: dict[str, Any]) -> None:
    handler.begin()
    handler.piece("It ")
    handler.event('{"choices": [{"delta": {"con')


def dies_in_mid_stream(handler: Handler, body: dict[str, Any]) -> None:
    handler.begin()
    handler.piece("It ")
    handler.connection.shutdown(2)


def ends_without_an_end(handler: Handler, body: dict[str, Any]) -> None:
    handler.begin()
    handler.piece("It ")


def error_in_mid_stream(handler: Handler, body: dict[str, Any]) -> None:
    handler.begin()
    handler.piece("It ")
    handler.event({"error": {"code": 500, "message": "CUDA error: out of memory"}})


def never_answers(handler: Handler, body: dict[str, Any]) -> None:
    while True:  # until the client hangs up
        time.sleep(0.02)
        if _left(handler):
            handler.server.hung_up.set()
            return


def never_ends(handler: Handler, body: dict[str, Any]) -> None:
    handler.begin()
    number = 0
    while True:
        number += 1
        handler.piece(f"and {number} ")
        time.sleep(0.01)


def only_newlines(handler: Handler, body: dict[str, Any]) -> None:
    handler.begin()
    while True:
        handler.piece("\n")
        time.sleep(0.002)


def _left(handler: Handler) -> bool:
    import socket

    try:
        return handler.connection.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
