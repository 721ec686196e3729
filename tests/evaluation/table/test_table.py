"""How cells are scored, and how annotations are kept without text."""

import gzip
from pathlib import Path

import orjson
import pytest

from agent.table.abstract import Part, TextSpan
from corpora.article import Article, Section
from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import open_corpus
from evaluation.report import Figure
from evaluation.table.annotations import kept, located, read_annotations
from evaluation.table.measure import Share, by_rules, measure
from tests.fakes.literature import put

ARTICLE = Article(
    "101",
    "Navorelimab in adults with asthma: a randomised trial",
    (
        Section(
            "RESULTS",
            "A total of 40 adults were  randomised. Risk fell (RR 0.74, 95% CI 0.58-0.95).",
            "RESULTS",
        ),
        Section("REGISTRATION", "NCT01234567."),
    ),
)
CELLS = {
    "design": ["a randomised trial"],
    "n": ["40 adults", "not in the text"],
    "population": ["adults"],
    "intervention": ["Navorelimab"],
    "effect": [{"value": "RR 0.74", "interval": "95% CI 0.58-0.95", "p": "", "outcome": "Risk"}],
    "registration": ["NCT01234567"],
}


@pytest.fixture
def annotations(tmp_path: Path) -> tuple[Home, Path]:
    home = Home(tmp_path / "home")
    put(home, [ARTICLE])
    path = tmp_path / "cells.jsonl.gz"
    with open_corpus(home.corpus) as store:
        lines = kept(
            store, iter([{"pmid": "101", "cells": CELLS}, {"pmid": "9", "cells": {}}]), "dev"
        )
        path.write_bytes(gzip.compress(b"\n".join(lines)))
    return home, path


def test_no_text_is_kept_and_the_words_come_back(annotations: tuple[Home, Path]) -> None:
    home, path = annotations
    assert b"Navorelimab" not in gzip.decompress(path.read_bytes())
    with open_corpus(home.corpus) as store:
        (read,) = read_annotations(store, "dev", path)
        assert read.cells["design"] == ("a randomised trial",)
        assert read.cells["n"] == ("40 adults",)
        assert read.effects[0]["interval"] == "95% CI 0.58-0.95"
        assert read_annotations(store, "blind", path) == []
        with pytest.raises(BadInput, match="no part"):
            read_annotations(store, "test", path)


def test_cells_are_scored(annotations: tuple[Home, Path]) -> None:
    home, path = annotations
    with open_corpus(home.corpus) as store:
        figures, wrong = measure(read_annotations(store, "dev", path))
    by_name = {each.name: each for each in figures}
    for name in ("design", "n", "effect", "registration", "effect, each result"):
        assert by_name[name].precision.value == by_name[name].recall.value == 1.0, name
    # "adults with asthma" holds "adults", but is mostly other words.
    assert (by_name["population"].precision.right, by_name["population"].recall.count) == (1, 1)
    assert by_name["funding"].precision.count == 0
    assert not [fault for fault in wrong if fault.column == "effect"]


def test_rules_alone_fill_no_learned_column_without_a_rule(
    annotations: tuple[Home, Path],
) -> None:
    home, path = annotations
    with open_corpus(home.corpus) as store:
        figures, _ = measure(read_annotations(store, "dev", path), by_rules)
    by_name = {each.name: each for each in figures}
    assert by_name["n"].precision.value == 1.0
    assert by_name["population"].precision.count == 0
    assert by_name["population"].recall.value == 0.0


def test_a_wrong_number_is_wrong(annotations: tuple[Home, Path]) -> None:
    home, path = annotations
    lines = orjson.loads(gzip.decompress(path.read_bytes()))
    lines["cells"]["effect"] = [{"value": None, "interval": None, "p": None, "outcome": None}]
    lines["cells"]["n"] = []
    path.write_bytes(gzip.compress(orjson.dumps(lines)))
    with open_corpus(home.corpus) as store:
        figures, wrong = measure(read_annotations(store, "dev", path))
    by_name = {each.name: each for each in figures}
    assert by_name["effect"].precision.value == by_name["n"].precision.value == 0.0
    assert {"effect", "n"} <= {fault.column for fault in wrong}


def test_white_space_may_differ() -> None:
    start, end = located(ARTICLE, "were\nrandomised") or (0, 0)
    assert ARTICLE.text[start:end] == "were  randomised"
    assert located(ARTICLE, "") is None


def test_intervals_of_independent_items() -> None:
    low, high = Share(19, 20).interval
    assert (round(low, 3), round(high, 3)) == (0.764, 0.991)
    assert Share(0, 0).figure("recall") == Figure("recall", None, n=0)


def test_intervals_over_articles() -> None:
    """Ten spans of one article say less than ten of ten articles."""
    together = Share.over([(0, 10), *[(10, 10)] * 9])
    apart = Share.over([(0, 1)] * 10 + [(1, 1)] * 90)
    assert together.value == apart.value == 0.9
    assert together.interval[0] < apart.interval[0] < 0.9 < apart.interval[1] <= 1
    # Resampling articles that are all right would show no spread.
    assert Share.over([(2, 2)] * 10).interval == Share(20, 20).interval
    assert Share.over([(2, 2), (0, 0)]).count == 2


def test_a_span_knows_its_parts() -> None:
    assert TextSpan(0, 1, "a", parts=(Part("p", 0, 1, "a"),)).part("p") == "a"
