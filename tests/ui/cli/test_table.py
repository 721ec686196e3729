"""`medcite table` over a small index."""

import json
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from corpora.errors import ModelError
from corpora.home import Home
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed
from tests.fakes.model_server import model_server, says_at_once
from ui.cli.main import app
from ui.services.search_log import SearchLog
from ui.services.table_edits import TableEdits


@pytest.fixture
def home(tmp_path: Path) -> Home:
    literature = [
        article(
            str(10_001 + i),
            f"Navorelimab in adults with asthma {i}: a randomised trial",
            "We randomised 40 adults.",
        )
        for i in range(3)
    ]
    return indexed(tmp_path / "home", literature, HashingEncoder(dimension=64, window=256))


def run(home: Home, *arguments: str) -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(app, ["table", "--home", str(home.root), *arguments])
    # The command logs to the runner's standard error, which is closed by now.
    structlog.reset_defaults()
    return result.stdout, result.exception


def test_a_query_makes_a_table_of_what_it_matches(home: Home) -> None:
    TableEdits(home).write("10001", "n", "41")
    shown, _ = run(home, "--query", "asthma[ti]", "-k", "2", "--json", "--columns", "n,design")
    table = json.loads(shown)
    assert [row["pmid"] for row in table["rows"]] == ["10001", "10002"] or len(table["rows"]) == 2
    cells = {row["pmid"]: row["cells"] for row in table["rows"]}
    assert all(each["design"]["spans"][0]["text"] == "randomised trial" for each in cells.values())
    assert [column["name"] for column in table["columns"]] == ["n", "design"]
    assert SearchLog(home).entries()[-1].exported == ("2 as an evidence table",)


def test_files_by_their_ending(home: Home, tmp_path: Path) -> None:
    out = tmp_path / "table.xlsx"
    run(home, "--query", "asthma[ti]", "--out", str(out))
    assert out.read_bytes().startswith(b"PK")
    _, error = run(home, "--query", "asthma[ti]", "--out", str(tmp_path / "table.odt"))
    assert "is not a table format" in str(error)
    assert not (tmp_path / "table.odt").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give a question or --query"),
        (("asthma?", "--query", "asthma[ti]"), "either a question or --query"),
        (("--query", "asthma[ti]", "--column", "harms?"), "--column needs a question"),
        (("--query", "asthma[ti]", "--columns", "colour"), "no column “colour”"),
        (("--query", "asthma[ti]", "--format", "odt"), "cannot be written as “odt”"),
    ],
)
def test_bad_input(home: Home, arguments: tuple[str, ...], said: str) -> None:
    _, error = run(home, *arguments)
    assert said in str(error)


@pytest.mark.enable_socket
def test_a_model_fills_what_is_empty_with_words_of_the_article(home: Home) -> None:
    reply = {"population": "the adults", "comparator": "adults", "q1": "We randomised 40 adults"}
    with model_server(says_at_once(json.dumps(reply))) as server:
        shown, error = run(
            home, "--query", "asthma[ti]", "--column", "how many?", "--json", "--model", server.url
        )
    assert error is None
    rows = json.loads(shown)["rows"]
    assert len(rows) == len(server.asked) == 3
    for row in rows:
        own = row["cells"]["how many?"]
        assert own["text"] == "We randomised 40 adults"
        assert own["model"].startswith("medgemma at 127.0.0.1")
        assert row["cells"]["comparator"]["text"] == "adults"
        # What the rules have read is theirs.
        assert row["cells"]["population"]["model"] == ""
    (asked, *_) = server.asked
    assert "response_format" in asked


@pytest.mark.enable_socket
def test_a_model_that_is_not_there_is_told_so(home: Home) -> None:
    _, error = run(home, "--query", "asthma[ti]", "--model", "http://127.0.0.1:9/v1")
    assert isinstance(error, ModelError)
