"""A model hub on loopback that serves one file, or refuses to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.fakes.loopback import serving


class _Handler(BaseHTTPRequestHandler):
    server: FakeHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing on standard error."""

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def do_GET(self) -> None:
        self._answer(send=True)

    def _answer(self, *, send: bool) -> None:
        hub = self.server
        if hub.refusal:
            status, code = hub.refusal
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("content-length", "0")
            self.end_headers()
            return
        content = hub.content
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        start = int(asked[1]) if asked else 0
        if send:
            hub.starts.append(start)
            hub.tokens.append(self.headers.get("authorization"))
        body = content[start:]
        self.send_response(206 if asked else 200)
        self.send_header("ETag", f'"{hub.sha256}"')
        self.send_header("X-Linked-Etag", f'"{hub.sha256}"')
        self.send_header("X-Linked-Size", str(len(content)))
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        if send:
            if hub.breaks_after is not None and len(hub.starts) <= hub.breaks:
                body = body[: hub.breaks_after]
                self.close_connection = True
            self.wfile.write(body)


class FakeHub(ThreadingHTTPServer):
    """`starts` are the offsets from which the file was asked for."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.refusal: tuple[int, str] | None = None
        self.breaks_after: int | None = None
        self.breaks = 0
        self.starts: list[int] = []
        self.tokens: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def hub(content: bytes) -> Iterator[FakeHub]:
    with serving(FakeHub(content)) as server:
        yield server
