"""A server that answers as one did in a conversation that was written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.fakes.loopback import serving


@dataclass(frozen=True, slots=True)
class Reply:
    """What was answered to a request for `path`; "*" stands for all paths that are not named."""

    path: str
    status: int
    kind: str
    body: str


def read_conversation(file: Path) -> list[Reply]:
    """The replies of a file: after a head of lines that begin with #, each a line "## PATH", one
    "STATUS CONTENT-TYPE", and the body as it was sent.
    """
    _, *parts = file.read_text(encoding="utf-8").split("\n## ")
    replies = []
    for part in parts:
        path, first, body = part.split("\n", 2)
        status, kind = first.split(" ", 1)
        replies.append(Reply(path, int(status), kind, body))
    return replies


class RecordedServer(ThreadingHTTPServer):
    """`asked` are the bodies that came for each path."""

    daemon_threads = True

    def __init__(self, replies: list[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._replies = replies
        self.asked: dict[str, list[dict[str, Any]]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def reply(self, path: str, body: dict[str, Any]) -> Reply:
        """The next reply of a path; its last one again where there is no other."""
        own = [each for each in self._replies if each.path == path]
        own = own or [each for each in self._replies if each.path == "*"]
        asked = self.asked.setdefault(path, [])
        asked.append(body)
        return own[min(len(asked), len(own)) - 1]


class _Handler(BaseHTTPRequestHandler):
    server: RecordedServer

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def _answer(self, body: dict[str, Any]) -> None:
        reply = self.server.reply(self.path, body)
        self.send_response(reply.status)
        self.send_header("content-type", reply.kind)
        self.end_headers()
        self.wfile.write(reply.body.encode())


@contextmanager
def recorded_server(file: Path) -> Iterator[RecordedServer]:
    """The server of a conversation, on loopback."""
    with serving(RecordedServer(read_conversation(file))) as server:
        yield server
