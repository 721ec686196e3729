"""Nothing of a question in the log, and no socket to anywhere but this machine."""

import json
import logging
import socket
from collections.abc import Iterator

import pytest
import structlog
from starlette.testclient import TestClient

from corpora.home import Home
from tests.fakes.assistant import BrokenVerifier
from tests.fakes.served import served
from tests.ui.server.conftest import library_of
from ui.server import logs
from ui.server.app import create_app
from ui.server.logs import _FIELDS
from ui.server.service import Limits, Service

NAME = "Zebulon-Quarterstaff"
ASKED = f"Does navorelimab help {NAME} with severe pneumonia?"


@pytest.fixture
def logging_as_served(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield logs.configure()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Breaks:
    """A planner that fails with the question in its error, as libraries do."""

    def draft(self, question: str, *_: object) -> None:
        raise RuntimeError(f"cannot plan {question}")


@pytest.mark.parametrize("changes", [{}, {"verifier": BrokenVerifier()}, {"planner": Breaks()}])
def test_nothing_of_a_question_is_logged(
    home: Home,
    changes: dict[str, object],
    logging_as_served: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = Service(library_of(home, **changes), Limits(per_minute=0))
    app = create_app(service)
    with TestClient(app, base_url="http://localhost") as client:
        client.post("/v1/answers", json={"question": ASKED, "stream": False})
        client.post("/v1/answers", json={"question": ASKED, "surname": NAME})
        client.post("/v1/search", json={"query": ASKED})
        client.post("/v1/verify", json={"text": f"{ASKED} {NAME} recovered [101]."})
        chat = {"messages": [{"role": "user", "content": ASKED}]}
        client.post("/v1/chat/completions", json=chat)
        client.get(f"/v1/articles/{NAME}")
        client.get(f"/nowhere/{NAME}?q={NAME}")
        numbers = client.get("/metrics").text
    logging.getLogger("anything").error("a library says %s", NAME)
    told = capsys.readouterr()
    assert NAME.casefold() not in (told.out + told.err + numbers).casefold()
    assert "navorelimab" not in (told.out + told.err + numbers).casefold()
    entries = [json.loads(line) for line in told.err.splitlines()]
    assert len([e for e in entries if e.get("event") == "request"]) == 8
    assert all(set(entry) <= _FIELDS for entry in entries)


@pytest.mark.enable_socket
def test_no_socket_leaves_this_machine(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection and look-up of this process while it serves an answer."""
    import httpx

    asked_for: list[object] = []
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connected(self: socket.socket, address: object) -> None:
        asked_for.append(address)
        connect(self, address)

    def looked_up(host: object, *rest: object, **more: object) -> object:
        asked_for.append((host,))
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "connect", connected)
    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with served(create_app(service)) as running:
        form = {"question": "Does navorelimab reduce mortality? http://169.254.169.254/latest"}
        reply = httpx.post(f"{running.url}/v1/answers", json=form | {"stream": False}, timeout=60)
        assert reply.status_code == 200
    assert asked_for
    hosts = {str(each[0]) for each in asked_for if isinstance(each, tuple)}
    assert hosts <= {"127.0.0.1", "localhost"}
