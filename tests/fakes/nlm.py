"""A server on this machine that behaves like NLM's: files with ranges and checksums, E-utilities
with a history, and each way in which the real ones fail."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.fakes.jats import full_text
from tests.fakes.loopback import serving
from tests.fakes.pubmed import pubmed_xml, record

# NCBI's own limit on one PubMed search, made small enough to be met.
RECORDS_OF_ONE_SEARCH = 9_999


@dataclass(slots=True)
class Fault:
    """What happens to the next request whose path ends in `path`: "429", "500", "404", "cut"
    (half the body, then the connection closes), "wrong" (other bytes of the same length), "busy" (a
    200 that holds an apology), "backend" (a 200 with an error of NCBI's own servers), "forgotten" (a
    history that is gone), "badkey", or "ignored" (a search that leaves words out)."""

    path: str
    kind: str


@dataclass(slots=True)
class FakeNlm:
    """`files` by path; `entered` has the day on which each PMID was entered, newest first."""

    files: dict[str, bytes] = field(default_factory=dict)
    entered: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    requests: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)
    histories: dict[str, list[str]] = field(default_factory=dict)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault_for(self, path: str) -> str:
        with self.lock:
            for fault in self.faults:
                if path.endswith(fault.path):
                    self.faults.remove(fault)
                    return fault.kind
        return ""

    def asked(self, part: str) -> list[dict[str, str]]:
        """The forms or headers of requests whose path holds `part`."""
        return [form for _, path, form in self.requests if part in path]

    def esearch(self, form: dict[str, str]) -> bytes:
        if form["term"].startswith("("):
            return json.dumps({"esearchresult": {"ERROR": "unbalanced parenthesis"}}).encode()
        first, last = form.get("mindate", "0"), form.get("maxdate", "9")
        found = [pmid for pmid, day in self.entered.items() if first <= day <= last]
        found = found if "nothing" not in form["term"] else []
        key = f"MCID_{len(self.histories)}"
        self.histories[key] = found
        result = {"count": str(len(found)), "webenv": key, "querykey": "1"}
        return json.dumps({"esearchresult": result}).encode()

    def efetch(self, form: dict[str, str]) -> bytes:
        if "id" in form:
            pmids = [pmid for pmid in form["id"].split(",") if pmid in self.entered]
            return pubmed_xml(*(record(pmid, f"Title {pmid}") for pmid in pmids))
        start, most = int(form["retstart"]), int(form["retmax"])
        if form["db"] == "pubmed" and start + most > RECORDS_OF_ONE_SEARCH:
            return b'{"error": "retstart cannot be larger than 9998"}'
        pmids = self.histories[form["WebEnv"]][start : start + most]
        if form["db"] == "pmc":
            return f"<pmc-articleset>{''.join(map(full_text, pmids))}</pmc-articleset>".encode()
        return pubmed_xml(*(record(pmid, f"Title {pmid}") for pmid in pmids))

    def listing(self, folder: str) -> bytes:
        names = [path.rpartition("/")[2] for path in self.files if path.startswith(folder)]
        links = "".join(f'<a href="{name}">{name}</a> 2026-01-01 20M\n' for name in names)
        return f'<html><pre><a href="../">Parent</a>\n{links}</pre></html>'.encode()

    def put(self, folder: str, name: str, content: bytes) -> None:
        """A file with its .md5, written as NLM writes it."""
        self.files[f"/{folder}/{name}"] = content
        digest = hashlib.md5(content).hexdigest()
        self.files[f"/{folder}/{name}.md5"] = f"MD5({name})= {digest}\n".encode()


# What NCBI answers in words of its own, with which status.
_SAID = {
    "backend": (200, b'{"esearchresult": {"ERROR": "Search Backend failed: no connection"}}'),
    "forgotten": (400, b"<eFetchResult><ERROR>Unable to obtain query #1</ERROR></eFetchResult>"),
    "badkey": (400, b'{"error": "API key invalid", "api-key": "bad", "type": "invalid"}'),
}


class _Handler(BaseHTTPRequestHandler):
    fake: FakeNlm
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(dict(self.headers))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer({k: v[0] for k, v in parse_qs(body).items()})

    def _answer(self, form: dict[str, str]) -> None:
        path = urlsplit(self.path).path
        self.fake.requests.append((time.monotonic(), path, form))
        fault = self.fake.fault_for(path)
        if fault.isdigit():
            self._send(int(fault), b"no", {"Retry-After": "0"} if fault == "429" else {})
            return
        if fault in _SAID:
            self._send(*_SAID[fault], {})
            return
        body = b"<ERROR>busy</ERROR>" if fault == "busy" else self._body(path, form)
        if fault == "ignored" and body:
            told = json.loads(body)
            told["esearchresult"]["errorlist"] = {"phrasesnotfound": ["zelvamabb"]}
            told["esearchresult"]["warninglist"] = {"phrasesignored": ["the"]}
            body = json.dumps(told).encode()
        if body is None:
            self._send(404, b"not found", {})
            return
        if fault == "wrong":
            body = bytes(b ^ 1 for b in body)
        status, headers, start = 200, {}, 0
        if found := re.fullmatch(r"bytes=(\d+)-", form.get("Range", "")):
            start = int(found[1])
            if start >= len(body):
                self._send(416, b"", {})
                return
            status, headers = 206, {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"}
        self._send(status, body[start:], headers, cut=fault == "cut")

    def _body(self, path: str, form: dict[str, str]) -> bytes | None:
        if path.endswith("esearch.fcgi"):
            return self.fake.esearch(form)
        if path.endswith("efetch.fcgi"):
            return self.fake.efetch(form)
        return self.fake.listing(path) if path.endswith("/") else self.fake.files.get(path)

    def _send(
        self, status: int, body: bytes, headers: dict[str, str], *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True

    def log_message(self, template: str, *arguments: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no fault of the server's."""


@contextmanager
def nlm_server() -> Iterator[FakeNlm]:
    """Run one on a free port of the loopback address."""
    fake = FakeNlm()
    handler = type("Handler", (_Handler,), {"fake": fake})
    with _Server(("127.0.0.1", 0), handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_address[1]}"
        with serving(server):
            yield fake
