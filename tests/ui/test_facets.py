"""Facets of a search result, its order, and the pages of it."""

from dataclasses import replace

from corpora.article import Article
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article
from ui.facets import FACETS, SORTS, counted_values, narrowed

_DESIGN, _YEAR, _JOURNAL, _MESH = FACETS


def _found(*articles: Article) -> list[Evidence]:
    return [
        Evidence(Passage(f"{a.pmid}:0", a.pmid, "", 0, 1, a.text[:1]), a, rank, 1.0 / rank)
        for rank, a in enumerate(articles, start=1)
    ]


def _one(pmid: str, title: str, **fields: object) -> Article:
    return replace(article(pmid, title), **fields)  # type: ignore[arg-type]


_FOUND = _found(
    _one("1", "A", year=2019, published="2019-05", journal="J One", mesh=("Humans", "Asthma")),
    _one("2", "B: a randomised controlled trial", year=2021, published="2021-02-01", journal="J One",
         mesh=("Humans",), publication_types=("Randomized Controlled Trial",)),
    _one("3", "C", year=2021, published="2021", journal="J Two", mesh=("Mice",)),
    _one("4", "D", year=0, published="", journal="", mesh=()),
)  # fmt: skip


def _pmids(found: list[Evidence]) -> list[str]:
    return [each.article.pmid for each in found]


def test_counts_of_a_side_go_by_what_is_chosen_on_the_others() -> None:
    assert counted_values(_FOUND, _JOURNAL, {}) == {"J One": 2, "J Two": 1}
    assert counted_values(_FOUND, _YEAR, {}) == {"2021": 2, "2019": 1}
    chosen = {"journal": ["J One"]}
    assert counted_values(_FOUND, _JOURNAL, chosen) == {"J One": 2, "J Two": 1}
    assert counted_values(_FOUND, _MESH, chosen) == {"Humans": 2, "Asthma": 1}
    assert list(counted_values(_FOUND, _YEAR, chosen)) == ["2021", "2019"]


def test_each_count_is_what_its_choice_shows() -> None:
    for facet in FACETS:
        for value, count in counted_values(_FOUND, facet, {"mesh": ["Humans"]}).items():
            chosen = {"mesh": ["Humans"], facet.name: [value]}
            assert len(narrowed(_FOUND, chosen)) == count


def test_values_of_one_side_widen_and_sides_narrow() -> None:
    assert _pmids(narrowed(_FOUND, {"year": ["2019", "2021"]})) == ["1", "2", "3"]
    assert _pmids(narrowed(_FOUND, {"year": ["2021"], "journal": ["J One"]})) == ["2"]
    assert narrowed(_FOUND, {"year": ["2019"], "mesh": ["Mice"]}) == []


def test_a_choice_that_is_left_with_nothing_stays_to_be_undone() -> None:
    chosen = {"journal": ["J Two"], "mesh": ["Asthma"]}
    assert counted_values(_FOUND, _JOURNAL, chosen) == {"J One": 1, "J Two": 0}


def test_orders() -> None:
    assert _pmids(SORTS["Relevance"](_FOUND)) == ["1", "2", "3", "4"]
    assert _pmids(SORTS["Newest first"](_FOUND)) == ["2", "3", "1", "4"]
    assert _pmids(SORTS["Strongest design first"](_FOUND))[0] == "2"
