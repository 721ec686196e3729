"""Facets: each count is what its choice shows; orders are stable; advice where nothing is left."""

from pathlib import Path

import numpy as np
import pytest

from corpora.article import Notice, NoticeKind
from corpora.home import Home
from corpora.store import open_corpus
from retrieval.facet_columns import make_columns
from tests.fakes.literature import article, put
from ui.services.corpus_browser import CorpusBrowser
from ui.services.facets import FACETS, SORTS, Choice, counted_values, narrowed, relaxed

_BY_NAME = {facet.name: facet for facet in FACETS}
_ARTICLES = [
    article("1", "A", year=2019, published="2019-05", journal="J One", mesh=("Humans", "Asthma")),
    article("2", "B: a randomised controlled trial", year=2021, published="2021-02-01", journal="J One",
            mesh=("Humans",), publication_types=("Randomized Controlled Trial",)),
    article("3", "C", year=2021, published="2021", journal="J Two", mesh=("Mice", "Asthma")),
    article("4", "D", year=0, published="", journal="", mesh=(), languages=("fre",)),
    article("5", "E", year=2021, published="2021", journal="J One", notices=(Notice(NoticeKind.RETRACTED),)),
]  # fmt: skip
COLUMNS = make_columns(enumerate(_ARTICLES, start=1))
ROWS = np.array([3, 0, 2, 1, 4])  # the order of relevance


def pmids(rows) -> list[str]:
    return [_ARTICLES[row].pmid for row in rows.tolist()]


def chosen(**values: tuple[str, ...]) -> Choice:
    return Choice(values)


def test_values_of_one_side_widen_and_sides_narrow() -> None:
    assert pmids(narrowed(COLUMNS, ROWS, Choice())) == ["4", "1", "3", "2"]
    assert pmids(narrowed(COLUMNS, ROWS, chosen(year=("2019", "2021")))) == ["1", "3", "2"]
    assert pmids(narrowed(COLUMNS, ROWS, chosen(year=("2021",), journal=("J One",)))) == ["2"]
    assert pmids(narrowed(COLUMNS, ROWS, chosen(year=("2019",), people=("Mice",)))) == []


def test_an_unknown_year_fails_any_range() -> None:
    assert pmids(narrowed(COLUMNS, ROWS, Choice(first_year=1900))) == ["1", "3", "2"]
    assert pmids(narrowed(COLUMNS, ROWS, Choice(last_year=2020))) == ["1"]


def test_retracted_articles_are_there_when_asked_for() -> None:
    assert "5" in pmids(narrowed(COLUMNS, ROWS, Choice(include_retracted=True)))


@pytest.mark.parametrize("before", [{}, {"people": ("Humans",)}, {"journal": ("J One",)}])
def test_each_count_is_what_its_choice_shows(before) -> None:
    for facet in FACETS:
        for value, count in counted_values(COLUMNS, ROWS, Choice(before), facet, 10).items():
            asked = Choice({**before, facet.name: (value,)})
            assert len(narrowed(COLUMNS, ROWS, asked)) == count, (facet, value)


def test_counts_are_of_what_was_found_only() -> None:
    assert counted_values(COLUMNS, ROWS[:2], Choice(), _BY_NAME["journal"], 10) == {"J One": 1}


def test_years_come_newest_first_and_designs_strongest_first() -> None:
    assert list(counted_values(COLUMNS, ROWS, Choice(), _BY_NAME["year"], 9)) == ["2021", "2019"]
    designs = counted_values(COLUMNS, ROWS, Choice(), _BY_NAME["design"], 9)
    assert next(iter(designs)) == "Randomised trial"


def test_a_choice_that_is_left_with_nothing_stays_to_be_undone() -> None:
    choice = chosen(journal=("J Two",), year=("2019",), mesh=("Gone",))
    assert counted_values(COLUMNS, ROWS, choice, _BY_NAME["journal"], 9)["J Two"] == 0
    assert counted_values(COLUMNS, ROWS, choice, _BY_NAME["mesh"], 9)["Gone"] == 0


def test_what_to_give_up_where_nothing_is_left() -> None:
    choice = Choice({"year": ("2019",), "people": ("Mice",)}, first_year=2018)
    assert relaxed(COLUMNS, ROWS, choice) == {"Studied in": 1, "Year": 1}


def test_orders_keep_relevance_among_equals() -> None:
    rows = narrowed(COLUMNS, ROWS, Choice())
    assert pmids(SORTS["Most relevant first"](COLUMNS, rows)) == ["4", "1", "3", "2"]
    assert pmids(SORTS["Newest first"](COLUMNS, rows)) == ["2", "3", "1", "4"]
    assert pmids(SORTS["Strongest design first"](COLUMNS, rows)) == ["2", "4", "1", "3"]


class TestCorpusBrowser:
    def test_columns_follow_the_corpus_behind_the_pages(self, tmp_path: Path) -> None:
        home = Home(tmp_path)
        put(home, _ARTICLES)
        browser = CorpusBrowser(home, waited_for=0)
        with open_corpus(home.corpus) as store:
            assert len(browser.everything(store).rows) == 5
        assert home.columns.exists()
        put(home, [article("6", "F")], name="more.jsonl")
        with open_corpus(home.corpus) as store:
            assert len(browser.everything(store).rows) == 5  # as it was, at once
            browser.settle()
            assert len(browser.everything(store).rows) == 6
            assert len(CorpusBrowser(home).everything(store).rows) == 6

    def test_of_a_small_corpus_an_import_is_there_at_the_first_look(self, tmp_path: Path) -> None:
        home = Home(tmp_path)
        put(home, _ARTICLES)
        browser = CorpusBrowser(home)
        with open_corpus(home.corpus) as store:
            browser.everything(store)
        put(home, [article("6", "F")], name="more.jsonl")
        with open_corpus(home.corpus) as store:
            assert len(browser.everything(store).rows) == 6

    def test_of_a_corpus_too_large_to_count_a_part_is_shown_and_said(self, tmp_path: Path) -> None:
        home = Home(tmp_path)
        put(home, _ARTICLES)
        with open_corpus(home.corpus) as store:
            selection = CorpusBrowser(home, most=2).everything(store)
        assert selection.partial
        assert len(selection.rows) == 5
        assert not home.columns.exists()
