"""A running server while what it rests on breaks: its model's server, its files, the clock."""

import json
import shutil
import time
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from agent.assistant import Assistant
from agent.models.chat_model import ChatModel
from agent.models.endpoint_backend import EndpointBackend
from agent.planning.rule_based import LocalPlanner
from agent.state import Fallback
from agent.writing.extractive import LocalWriter
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import SureReader, local_assistant
from tests.fakes.loopback import serving
from tests.fakes.model_server import (
    Behaviour,
    FakeServer,
    Handler,
    dies_in_mid_stream,
    ends_without_an_end,
    error_in_mid_stream,
    half_a_json,
    says,
    web_page,
)
from tests.ui.conftest import encoder
from tests.ui.server.conftest import QUESTION
from ui.server.app import create_app
from ui.server.keys import Keys
from ui.server.service import Limits, Service
from ui.server.shared import Library


def ask(client: TestClient) -> dict[str, Any]:
    reply = client.post("/v1/answers", json={"question": QUESTION, "stream": False})
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.json()
    return answer


def over_model(home: Home, url: str) -> TestClient:
    """A client of a server whose model's server is at `url`, with the fallback that it has."""

    def opener(home: Home) -> Assistant:
        fallback = Fallback(LocalPlanner(), LocalWriter())
        local = local_assistant(Searcher(home, encoder()), reader=SureReader(), fallback=fallback)
        return local.on(ChatModel(EndpointBackend(url, "medgemma")))

    service = Service(Library(home, opener), Limits(per_minute=0))
    return TestClient(create_app(service), base_url="http://localhost")


def works(handler: Handler, body: dict[str, Any]) -> None:
    """Nothing to search for beside the question, and one claim."""
    prompt = body["messages"][-1]["content"]
    claims = [{"sources": ["1.2"], "text": "Navorelimab reduced mortality."}]
    told = {"claims": claims, "answerable": True}
    if '"verdicts"' in prompt:
        judged = {"claim": 1, "sentence": "1.2", "stance": "supports", "differs": ""}
        told = {"verdicts": [judged]}
    says(json.dumps(told))(handler, body)


@pytest.mark.enable_socket
def test_a_model_server_that_is_killed_and_restarted_is_missed_only_meanwhile(home: Home) -> None:
    first = FakeServer((works,), ("medgemma",))
    url, port = first.url, first.server_port
    with over_model(home, url) as client:
        with serving(first):
            ask(client)
            assert first.asked
        without = ask(client)
        assert without["status"] == "ANSWERED"
        assert without["provenance"]["fallbacks"]
        assert {each["label"] for each in without["verdicts"]} == {"QUOTED"}
        with serving(FakeServer((works,), ("medgemma",), port)) as again:
            ask(client)
            assert again.asked


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "behaviour",
    [half_a_json, dies_in_mid_stream, ends_without_an_end, error_in_mid_stream, web_page],
)
def test_half_an_answer_of_the_model_is_not_one_of_medcite(
    home: Home, behaviour: Behaviour
) -> None:
    with (
        serving(FakeServer((behaviour,), ("medgemma",))) as server,
        over_model(home, server.url) as client,
    ):
        answer = ask(client)
    assert answer["status"] == "ANSWERED"
    assert answer["provenance"]["fallbacks"]
    assert {each["label"] for each in answer["verdicts"]} == {"QUOTED"}


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def flipped(home: Home) -> None:
    home.corpus.write_bytes(b"\0" * 100 + home.corpus.read_bytes()[100:])


def cut(home: Home) -> None:
    home.corpus.write_bytes(home.corpus.read_bytes()[:5_000])


def gone(home: Home) -> None:
    home.corpus.unlink()


def unpointed(home: Home) -> None:
    (home.indexes / "CURRENT").write_text("nowhere\n")


@pytest.mark.parametrize("damage", [flipped, cut, gone, unpointed])
def test_a_store_that_breaks_beneath_a_server_is_said_and_mended_without_a_restart(
    client: TestClient, home: Home, tmp_path: Any, damage: Callable[[Home], None]
) -> None:
    before = ask(client)
    kept = shutil.copytree(home.root, tmp_path / "kept")
    damage(home)
    not_ready = client.get("/ready")
    assert not_ready.status_code == 503
    assert not_ready.json()["reason"]
    assert client.get("/health").status_code == 200
    failed = client.post("/v1/answers", json={"question": QUESTION, "stream": False})
    # What is in memory may still answer; if it does, then as before.
    assert failed.status_code in (200, 500, 503)
    if failed.status_code == 200:
        assert failed.json()["verdicts"] == before["verdicts"]
    else:
        assert failed.json()["error"]["next_step"]
        assert str(home.root) not in failed.text
    shutil.copytree(kept, home.root, dirs_exist_ok=True)
    # Nobody asks a server that is not ready: it mends itself.
    until(lambda: client.get("/ready").status_code == 200)
    assert ask(client)["verdicts"] == before["verdicts"]


@pytest.mark.parametrize("jump", [-400 * 86_400, 400 * 86_400])
def test_a_clock_that_jumps_changes_no_answer_and_no_limit(
    service: Service, client: TestClient, monkeypatch: pytest.MonkeyPatch, jump: int
) -> None:
    secret = Keys(service.home).add("mine", 2)
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/v1/index", headers=headers).status_code == 200
    before = client.post(
        "/v1/answers", json={"question": QUESTION, "stream": False}, headers=headers
    ).json()
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    full = client.get("/v1/index", headers=headers)
    assert full.status_code == 429, "its two requests of this minute are used up all the same"
    assert 0 < int(full.headers["retry-after"]) <= 60
    other = {"Authorization": f"Bearer {Keys(service.home).add('other', 9)}"}
    after = client.post(
        "/v1/answers", json={"question": QUESTION, "stream": False}, headers=other
    ).json()
    assert after["verdicts"] == before["verdicts"]
