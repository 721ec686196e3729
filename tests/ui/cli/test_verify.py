"""`medcite verify`: a text with citations, and a file of pairs."""

import json
from pathlib import Path

import pytest

from corpora.home import Home
from tests.fakes.literature import article, put
from tests.ui.cli.commands import medcite

pytestmark = pytest.mark.encoder

_ABSTRACT = "We enrolled 400 adults. Navorelimab reduced mortality at 28 days (HR 0.56). No infection was seen."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    put(
        Home(folder),
        [article("33301246", "A trial", _ABSTRACT), article("7", "Another", "Cake is sweet.")],
    )
    return folder


def test_a_text_is_checked_sentence_by_sentence(home: Path, tmp_path: Path) -> None:
    text = tmp_path / "answer.md"
    text.write_text(
        "# Navorelimab\n\n"
        "- Navorelimab reduced mortality at 28 days (HR 0.56). [33301246]\n"
        "- Navorelimab reduced mortality at 90 days. [33301246]\n"
        "- We enrolled 400 adults. [7]\n"
        "- Cake is sweet. [999]\n"
        "- Cake is sweet.\n"
    )
    shown = medcite(home, "verify", str(text))
    assert shown.returncode == 0, shown.stderr
    assert "90 days" in shown.stdout
    assert "supported, but by [33301246]" in shown.stdout
    found = json.loads(medcite(home, "verify", str(text), "--json").stdout)
    assert found[0]["label"] == "QUOTED"
    assert found[0]["quotes"][0]["text"] in _ABSTRACT
    assert found[1]["label"] in ("UNSUPPORTED", "CONTRADICTED")
    assert "90" in found[1]["checks"][0]["finding"]
    assert (found[2]["label"], found[2]["repair"]["key"]) == ("UNSUPPORTED", "33301246")
    assert [found[i]["checks"][0]["name"] for i in (3, 4)] == ["citation", "citation"]


def test_pairs_become_verdicts_line_by_line(tmp_path: Path) -> None:
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "verdicts.jsonl"
    lines = [
        {"id": "a", "claim": "We enrolled 400 adults.", "evidence": ["Cake is sweet.", _ABSTRACT]},
        {"id": "b", "claim": "We enrolled 300 adults.", "evidence": _ABSTRACT},
        {"id": "a", "claim": "Infection was seen.", "evidence": _ABSTRACT},
        {"id": "d", "claim": "Cake is sweet.", "evidence": []},
        {"id": "e", "claim": "", "evidence": ""},
    ]
    pairs.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    done = medcite(tmp_path, "verify", "--claims", str(pairs), "--out", str(out))
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [each["id"] for each in found] == ["a", "b", "a", "d", "e"]
    first, second, third, fourth, _ = found
    assert (first["label"], first["score"], first["evidence"]) == ("QUOTED", 1.0, 1)
    assert _ABSTRACT[first["start"] : first["end"]] == first["span"]
    assert second["label"] != "SUPPORTED"
    assert third["label"] not in ("QUOTED", "SUPPORTED")
    assert third["checks"][0]["name"] == "negation"
    assert (fourth["label"], fourth["span"]) == ("UNSUPPORTED", None)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"id": 1}',
        '{"id": 1, "claim": 2, "evidence": "x"}',
        '{"id": 1, "claim": "x", "evidence": [3]}',
        "[]",
    ],
)
def test_a_broken_file_is_one_error_and_leaves_nothing(tmp_path: Path, line: str) -> None:
    pairs, out = tmp_path / "pairs.jsonl", tmp_path / "verdicts.jsonl"
    pairs.write_text('{"id": "a", "claim": "Pain fell.", "evidence": "Pain fell."}\n' + line + "\n")
    done = medcite(tmp_path, "verify", "--claims", str(pairs), "--out", str(out))
    assert done.returncode == 2
    assert "line 2" in done.stderr
    assert list(tmp_path.iterdir()) == [pairs]


def test_what_does_not_go_together_is_said(tmp_path: Path) -> None:
    assert "either a text or --claims" in medcite(tmp_path, "verify").stderr
    lone = medcite(tmp_path, "verify", "--claims", "x.jsonl")
    assert (lone.returncode, "must be given together" in lone.stderr) == (2, True)
