"""`medcite evaluate qa`, `compare` and `leaderboard`, with the real weights of SmolLM2-135M."""

import json
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from corpora.errors import BadInput
from ui.cli.main import app

_QUESTION = {
    "question": "Which vitamin prevents scurvy?",
    "options": {"A": "Vitamin A", "B": "Vitamin B12", "C": "Vitamin C", "D": "Vitamin D"},
    "answer_idx": "C",
    "meta_info": "step1",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "phrases_no_exclude_test.jsonl"
    path.write_bytes(orjson.dumps(_QUESTION) + b"\n" + orjson.dumps(_QUESTION) + b"\n")
    return path


def _qa(data: Path, *options: str) -> dict[str, object]:
    told = ["evaluate", "qa", "medqa", "--data", str(data), *options, "--json"]
    result = CliRunner().invoke(app, told)
    if result.exception:
        raise result.exception
    figures: dict[str, object] = json.loads(result.stdout)
    return figures


@pytest.mark.model
@pytest.mark.enable_socket
def test_an_examination_from_the_data_to_the_leaderboard(data: Path, tmp_path: Path) -> None:
    model = ("--model", "smollm2@2k", "--style", "constrained")
    one = _qa(data, *model, "--out", str(tmp_path / "examinations" / "one"))
    # In the data directory, where no folder is named.
    two = _qa(data, *model, "--home", str(tmp_path), "--samples", "2", "--seed", "3")
    assert two["out"] == str(tmp_path / "examinations" / "medqa-closed-constrained-2xsmollm2@2k-3")
    counts = one["counts"]
    assert isinstance(counts, dict)
    assert (counts["judged"], counts["unparsed"], one["chance"]) == (2, 0, 0.25)
    assert two["samples"] == 2
    fixed = one["fixed"]
    assert isinstance(fixed, dict)
    assert [len(digest) for digest in (*fixed["weights"].values(), *fixed["data"].values())] == [
        64,
        64,
    ]
    records = [
        orjson.loads(line)
        for line in (tmp_path / "examinations" / "one" / "items.jsonl").read_bytes().splitlines()
    ]
    assert all(record["choice"] in "ABCD" for record in records)
    assert "(C) Vitamin C" in records[0]["prompt"][1]["text"]
    page = (tmp_path / "examinations" / "one" / "report.md").read_text()
    assert "constrained choice (JSON schema)" in page

    runs = str(tmp_path / "examinations")
    compared = CliRunner().invoke(app, ["evaluate", "compare", f"{runs}/one", str(two["out"])])
    assert "McNemar" in compared.stdout
    assert "differs: samples: 1 | 2" in compared.stdout
    for name in ("page.html", "page.md", "plot.svg"):
        out = tmp_path / name
        done = CliRunner().invoke(app, ["evaluate", "leaderboard", runs, "--out", str(out)])
        assert done.exit_code == 0
        assert "SmolLM2" in out.read_text()
    assert "89.8" not in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--model", "none"), "needs a language model"),
        (("--model", "smollm2", "--mode", "given"), "gives no text to answer from"),
        (("--model", "smollm2", "--mode", "open"), "--mode open is not a valid value"),
        (("--model", "smollm2", "--thinking", "hard"), "--thinking hard is not possible"),
    ],
)
def test_what_does_not_go_together_is_said(
    data: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        _qa(data, "--out", str(tmp_path / "run"), *options)
    assert not (tmp_path / "run").exists()


def test_a_leaderboard_of_nothing_is_refused(tmp_path: Path) -> None:
    out = str(tmp_path / "page.html")
    result = CliRunner().invoke(app, ["evaluate", "leaderboard", str(tmp_path), "--out", out])
    assert isinstance(result.exception, BadInput)
