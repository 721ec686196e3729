"""The load command's own judgement: it finds what is wrong with a server that is."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from corpora.errors import BadInput
from evaluation.performance.load import Load, run

Answer = Callable[[str, int], tuple[int, dict[str, str], dict[str, Any]]]


def answered(question: str, text: str, version: str = "v1") -> dict[str, Any]:
    provenance = {"index_version": version, "created": "now", "timings": {}}
    return {"id": "x", "question": question, "text": text, "provenance": provenance}


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        count = 0

        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            Handler.count += 1
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, headers, reply = answer(body["question"], Handler.count)
            raw = json.dumps(reply).encode()
            self.send_response(status)
            for name, value in (headers | {"content-length": str(len(raw))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def loaded(answer: Answer, **options: Any) -> Load:
    with serving(answer) as url:
        return run(url, ["first", "second"], clients=4, seconds=0.4, **options)


pytestmark = pytest.mark.enable_socket


def test_a_good_server_has_nothing_against_it() -> None:
    load = loaded(lambda question, _: (200, {}, answered(question, question.upper())))
    assert load.seconds
    assert set(load.statuses) == {"200"}
    assert load.mixed_up == []


def test_an_answer_to_another_question_is_mixed_up() -> None:
    load = loaded(lambda question, _: (200, {}, answered("first", "FIRST")))
    assert set(load.mixed_up) == {"second"}


def test_an_answer_that_changes_with_its_question_kept_is_mixed_up() -> None:
    load = loaded(lambda q, n: (200, {}, answered(q, "true" if n <= 2 else "another's")))
    assert load.mixed_up


def test_with_a_model_an_answer_may_vary_but_not_be_of_another_question() -> None:
    def changing(question: str, number: int) -> tuple[int, dict[str, str], dict[str, Any]]:
        reply = answered(question, str(number))
        reply["provenance"]["fallbacks"] = ["The model failed."] if number % 2 else []
        return 200, {}, reply

    load = loaded(changing, compare=False)
    assert load.mixed_up == []
    assert load.varied == len(load.seconds) > 0
    assert 0 < load.fell_back < len(load.seconds)
    load = loaded(lambda question, _: (200, {}, answered("first", "FIRST")), compare=False)
    assert set(load.mixed_up) == {"second"}


def test_a_new_index_version_may_answer_otherwise_but_always_alike() -> None:
    load = loaded(lambda q, n: (200, {}, answered(q, *(("a", "v1") if n < 6 else ("b", "v2")))))
    assert load.mixed_up == []
    assert set(load.versions) == {"v1", "v2"}


def test_refusals_are_counted_with_whether_they_say_when() -> None:
    def full(question: str, count: int) -> tuple[int, dict[str, str], dict[str, Any]]:
        if count <= 2:
            return 200, {}, answered(question, "x")
        return (429, {"retry-after": "1"} if count % 2 else {}, {})

    load = loaded(full)
    assert load.statuses["429"] > load.without_retry_after > 0


def test_only_servers_on_loopback_are_loaded() -> None:
    with pytest.raises(BadInput, match="not this machine"):
        run("http://example.org", ["first"])
