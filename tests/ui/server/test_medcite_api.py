"""Medcite's own endpoints, over a small index."""

import json
from pathlib import Path

import jsonschema
import pytest
from starlette.testclient import TestClient

import corpora
from agent.models.chat_model import ChatModel
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.model import ScriptedBackend
from tests.ui.conftest import ARTICLES, encoder
from tests.ui.server.conftest import QUESTION
from ui.server.app import create_app
from ui.server.service import Limits, Service
from ui.server.shared import Library

SCHEMA = json.loads((Path(corpora.__file__).parents[1] / "docs" / "answer.schema.json").read_text())


def events(text: str) -> list[tuple[str, object]]:
    """(name, data) of each event of a stream."""
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_answer_comes_in_events(shared: TestClient) -> None:
    reply = shared.post("/v1/answers", json={"question": QUESTION})
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = events(reply.text)
    assert [name for name, _ in told] == ["plan", "evidence", "claims", "verdicts", "answer"]
    data = dict(told)
    jsonschema.validate(data["answer"], SCHEMA)
    assert data["answer"]["status"] == "ANSWERED"
    assert {each["pmid"] for each in data["evidence"]} == {"101", "104"}
    assert data["verdicts"][0]["label"] == "QUOTED"
    assert data["claims"][0]["claim"] == data["answer"]["verdicts"][0]["claim"]


def test_or_whole(shared: TestClient) -> None:
    reply = shared.post("/v1/answers", json={"question": QUESTION, "stream": False})
    answer = reply.json()
    jsonschema.validate(answer, SCHEMA)
    assert "Navorelimab reduced mortality" in answer["text"]


def test_a_follow_up_is_read_with_the_questions_before_it(shared: TestClient) -> None:
    asked = {"question": "and in women?", "history": [QUESTION], "stream": False}
    answer = shared.post("/v1/answers", json=asked).json()
    assert answer["plan"]["asked"] == "and in women?"
    assert "navorelimab" in answer["question"]


def test_a_filter_that_nothing_has_says_what_there_is(shared: TestClient) -> None:
    reply = shared.post("/v1/search", json={"query": "x", "filters": {"types": ["RCT"]}})
    error = reply.json()["error"]
    assert error["message"] == "No article in the index has the publication type “RCT”."
    assert "randomized controlled trial" in error["next_step"]


def test_filters_hold(shared: TestClient) -> None:
    asked = {"query": "navorelimab", "filters": {"designs": ["randomised-trial"]}}
    found = shared.post("/v1/search", json=asked).json()["results"]
    assert [each["pmid"] for each in found] == ["101"]
    asked["filters"] = {"include_retracted": True}
    found = shared.post("/v1/search", json=asked).json()["results"]
    assert {each["pmid"]: each["retracted"] for each in found} == {
        "101": False,
        "102": True,
        "104": False,
    }


@pytest.mark.parametrize(
    "name", ["101", "doi:10.99999/101", "PMC101", "https://doi.org/10.99999/101"]
)
def test_an_article_by_any_identifier(shared: TestClient, name: str) -> None:
    article = shared.get(f"/v1/articles/{name}").json()
    assert (article["pmid"], article["design"]) == ("101", "Randomised trial")
    assert article["sections"][0]["text"].startswith("We randomised 812 adults")


def test_a_retracted_article_says_so(shared: TestClient) -> None:
    article = shared.get("/v1/articles/102").json()
    assert (article["retracted"], article["notices"]) == (True, ["retracted"])


def test_a_text_is_verified_against_what_it_cites(shared: TestClient) -> None:
    text = (
        "Navorelimab reduced mortality in severe pneumonia (risk ratio 0.74, 95% CI 0.58 to 0.95)"
        " [101]. It halved mortality [102]. It cures measles [999]."
    )
    told = shared.post("/v1/verify", json={"text": text}).json()
    assert [each["keys"] for each in told["verdicts"]] == [["101"], ["102"], ["999"]]
    assert told["verdicts"][0]["label"] in ("QUOTED", "SUPPORTED")
    assert told["verdicts"][2]["label"] not in ("QUOTED", "SUPPORTED", "PARTIALLY_SUPPORTED")
    assert told["retracted"] == ["102"]


def test_claims_are_verified_against_given_texts(shared: TestClient) -> None:
    pairs = [
        {"claim": "Drug A lowered mortality.", "evidence": ["Drug A lowered mortality."]},
        {"claim": "Drug A lowered mortality.", "evidence": ["Drug A raised mortality."]},
    ]
    told = shared.post("/v1/verify", json={"claims": pairs}).json()["verdicts"]
    assert told[0]["label"] == "QUOTED"
    assert told[1]["label"] not in ("QUOTED", "SUPPORTED")


def test_the_index(shared: TestClient) -> None:
    told = shared.get("/v1/index").json()
    assert (told["articles"], told["encoder"], told["model"]) == (3, "hashing", "none")


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("answers", {"question": "?"}, 400, "BadQuestion"),
        ("answers", {"question": "why " * 600}, 400, "BadQuestion"),
        ("answers", {"question": "why " * 2_000}, 422, "Malformed"),
        ("answers", {"question": QUESTION, "model": "http://169.254.169.254/"}, 422, "Malformed"),
        ("answers", {"question": QUESTION, "filters": {"designs": ["x"]}}, 400, "BadInput"),
        ("answers", {"question": QUESTION, "filters": {"since": 2020, "until": 2010}}, 400, "BadInput"),
        ("answers", {"question": QUESTION, "filters": {"types": ["RCT"]}}, 400, "BadInput"),
        ("search", {"query": "x", "filters": {"journals": ["None of It"]}}, 400, "BadInput"),
        ("tables", {"question": QUESTION, "filters": {"languages": ["xxx"]}}, 400, "BadInput"),
        ("answers", [], 422, "Malformed"),
        ("search", {"query": "navorelimab", "k": 1_000_000}, 422, "Malformed"),
        ("search", {"query": "\ud800"}, 422, "Malformed"),
        ("verify", {}, 400, "BadInput"),
        ("verify", {"text": "…"}, 400, "BadInput"),
        ("verify", {"text": "x" * 300_000}, 422, "Malformed"),
        ("nothing", {}, 404, "HTTPError"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_one_form(
    shared: TestClient, path: str, body: object, status: int, kind: str
) -> None:
    raw = json.dumps(body)
    reply = shared.post(f"/v1/{path}", content=raw, headers={"content-type": "application/json"})
    assert reply.status_code == status
    error = reply.json()["error"]
    assert error["type"] == kind
    assert error["message"]
    assert error["next_step"]


def test_no_article(shared: TestClient) -> None:
    reply = shared.get("/v1/articles/99999999")
    assert (reply.status_code, reply.json()["error"]["type"]) == (404, "NoArticle")


def test_the_page_of_the_endpoints_loads_nothing(shared: TestClient) -> None:
    reply = shared.get("/docs")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "POST /v1/answers" in reply.text
    assert "<script" not in reply.text
    assert "src=" not in reply.text


def test_health_readiness_and_numbers(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    client.post("/v1/answers", json={"question": QUESTION})
    assert client.get("/ready").json()["status"] == "ready"
    numbers = client.get("/metrics").text
    assert 'medcite_answers_total{status="ANSWERED"} 1.0' in numbers
    assert 'medcite_requests_total{method="POST",route="/v1/answers",status="200"} 1.0' in numbers
    assert "navorelimab" not in numbers


def test_a_table_of_a_question_and_of_a_query(shared: TestClient) -> None:
    for asked in ({"question": QUESTION, "columns": ["harms?"]}, {"query": "navorelimab[ti]"}):
        table = shared.post("/v1/tables", json={**asked, "k": 5}).json()
        row = next(row for row in table["rows"] if row["pmid"] == "101")
        (effect,) = row["cells"]["effect"]["spans"]
        assert (effect["value"], effect["text"]) == ("risk ratio 0.74", effect["text"])
        text = shared.get("/v1/articles/101").json()
        assert effect["text"] in text["sections"][0]["text"]
    assert shared.post("/v1/tables", json={}).status_code == 400
    both = {"question": QUESTION, "query": "navorelimab[ti]"}
    assert shared.post("/v1/tables", json=both).status_code == 400


def test_a_model_fills_what_is_empty_of_a_table(home: Home) -> None:
    reply = json.dumps({"q1": "Reduced mortality", "comparator": "usual care"})
    model = ChatModel(ScriptedBackend([reply], name="scripted"))
    library = Library(home, lambda at: local_assistant(Searcher(at, encoder())).on(model))
    service = Service(library, Limits(per_minute=0))
    asked = {"query": "navorelimab[ti]", "columns": ["harms?"], "k": 5}
    with TestClient(create_app(service), base_url="http://localhost") as client:
        assert client.post("/v1/tables", json=asked).status_code == 400
        table = client.post("/v1/tables", json={**asked, "fill": True}).json()
    cells = {row["pmid"]: row["cells"] for row in table["rows"]}
    chosen = {name: cell["text"] for name, cell in cells["101"].items() if cell["model"]}
    assert chosen == {"harms?": "reduced mortality"}
    for pmid, each in cells.items():
        article = next(article for article in ARTICLES if article.pmid == pmid)
        for cell in each.values():
            for span in cell["spans"]:
                assert article.text[span["start"] : span["end"]] == span["text"]


def test_without_a_model_nothing_fills_a_table(shared: TestClient) -> None:
    reply = shared.post("/v1/tables", json={"query": "navorelimab[ti]", "fill": True})
    assert reply.json()["error"]["type"] == "ModelNotFound"
    operation = shared.get("/openapi.json").json()["paths"]["/v1/tables"]["post"]
    assert str(reply.status_code) in operation["responses"]
