"""The one form of results: text and JSON of the same report."""

import json
from pathlib import Path

import pytest

from agent.intervals import rate
from corpora.home import Home
from evaluation.provenance import provenance
from evaluation.report import Figure, Report
from retrieval.search import Searcher

_REPORT = Report(
    "answers",
    [
        Figure.of("answered", rate(9, 10)),
        Figure("words", 123.456),
        Figure.of("refused", rate(0, 0)),
        Figure("nDCG@10", 0.5, group="BM25"),
        Figure("nDCG@10", 0.61234, group="dense"),
        Figure("gain in nDCG@10", 0.11234, -0.01, 0.2, group="dense"),
        Figure("precision", 1.0, n=3, group="a|b"),
        Figure("recall", None, n=2000, group="a|b"),
        Figure("precision", 0.25, n=8, group="c"),
        Figure("recall", 0.5, n=2, group="c"),
    ],
    {"part": "blind", "model": ""},
    notes=["One question failed."],
    items=[{"claim": "x"}],
)


def test_text_is_markdown_with_intervals_and_says_what_was_not_measured() -> None:
    text = _REPORT.about({"index": {"version": "7", "articles": 20}}).text()
    assert text == "\n".join([
        "# answers",
        "",
        "|          | value        | 95 % interval    | n   |",
        "| -------- | ------------ | ---------------- | --- |",
        "| answered | 0.9000       | [0.5958, 0.9821] | 10  |",
        "| words    | 123.5        |                  |     |",
        "| refused  | not measured |                  |     |",
        "",
        "|       | nDCG@10 | gain in nDCG@10          |",
        "| ----- | ------- | ------------------------ |",
        "| BM25  | 0.5000  |                          |",
        "| dense | 0.6123  | 0.1123 [-0.0100, 0.2000] |",
        "",
        "|      | precision   | recall       |",
        "| ---- | ----------- | ------------ |",
        "| a\\|b | 1.0000 of 3 | not measured |",
        "| c    | 0.2500 of 8 | 0.5000 of 2  |",
        "",
        "- One question failed.",
        "",
        "part: blind; index version: 7; index articles: 20",
    ])  # fmt: skip


def test_json_has_the_figures_of_the_text_unrounded() -> None:
    report = json.loads(json.dumps(_REPORT.to_dict(), allow_nan=False))
    assert (report["suite"], report["of"]) == ("answers", {"part": "blind", "model": ""})
    assert (report["notes"], report["items"]) == (["One question failed."], [{"claim": "x"}])
    answered, words, refused, *_ = report["figures"]
    share = rate(9, 10)
    assert answered == {
        "name": "answered", "value": 0.9, "low": share.low, "high": share.high, "n": 10
    }  # fmt: skip
    assert words == {"name": "words", "value": 123.456}
    assert refused == {"name": "refused", "value": None, "n": 0}
    assert report["figures"][5]["group"] == "dense"
    assert Report("empty", []).to_dict() == {"suite": "empty", "of": {}, "figures": []}


def test_figures_are_found_by_name_and_group() -> None:
    assert _REPORT.find("nDCG@10", "dense").value == 0.61234
    with pytest.raises(KeyError):
        _REPORT.find("nDCG@10")


def test_a_count_of_rows_that_agree_has_its_own_column() -> None:
    figures = [Figure.of("caught", rate(1, n), group=f"kind {n}") for n in (2, 1000)]
    head, _, first, second = Report("x", figures).text().split("\n")[2:6]
    assert head.split() == ["|", "|", "n", "|", "caught", "|"]
    assert first.startswith("| kind 2    | 2     | 0.5000 [")
    assert second.startswith("| kind 1000 | 1,000 | 0.0010 [")


def test_provenance_names_the_index(searcher: Searcher, tmp_path: Path) -> None:
    manifest = searcher.version.manifest
    index = provenance(searcher.home)["index"]
    assert (index["version"], index["articles"]) == (manifest.version, manifest.articles)
    assert "index" not in provenance(Home(tmp_path))
    assert {"medcite", "machine", "date"} <= provenance().keys()
