"""The filter table: exactly the passages of the articles that pass, however a value is stored."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.article import Article
from corpora.errors import Damaged
from corpora.evidence_level import EvidenceLevel
from retrieval import filter_table
from retrieval.engines.dense import Bitmap
from retrieval.filter_table import FILTERS, FilterTable, FilterTableMaker
from retrieval.filters import Filters
from retrieval.passage_table import ArticleRows, PassageTable, PassageTableWriter
from retrieval.search import Searcher
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed

_TYPES = ("Review", "Meta-Analysis", "Journal Article", "Randomized Controlled Trial", "Letter")
_JOURNALS = ("The Lancet", "Lancet", "Straße", "BMJ")
# The numbered ones are rare enough for lists, the others frequent enough for bitmaps.
_HEADINGS = ("Humans", "Animals", "Mice", "Asthma", "Gout", *(f"Rare {n}" for n in range(40)))
_TITLES = (
    "A cohort study", "Effects in mice", "A randomised controlled trial", "Rats in vitro", "Notes",
)  # fmt: skip


def _some(rng: np.random.Generator, values: Sequence[str], most: int) -> tuple[str, ...]:
    return tuple(rng.choice(values, size=int(rng.integers(most + 1))).tolist())


def _articles(count: int) -> list[Article]:
    rng = np.random.default_rng(11)
    return [
        article(
            str(n),
            str(rng.choice(_TITLES)),
            "In adults, roses need water.",
            year=int(rng.choice([0, 1999, 2010, 2020, 2021])),
            publication_types=_some(rng, _TYPES, 2),
            languages=_some(rng, ("eng", "eng", "eng", "fre", "GER"), 2),
            journal=str(rng.choice(["", *_JOURNALS])),
            journal_abbreviation=str(rng.choice(["", *_JOURNALS])),
            mesh=_some(rng, _HEADINGS, 5),
        )
        for n in range(count)
    ]


_FILTERS = st.builds(
    Filters,
    first_year=st.none() | st.sampled_from([1, 2000, 2010]),
    last_year=st.none() | st.sampled_from([2010, 2020, 3000]),
    publication_types=st.lists(st.sampled_from([*_TYPES, "review", "None"]), max_size=2).map(tuple),
    designs=st.lists(st.sampled_from(list(EvidenceLevel)), max_size=3).map(tuple),
    languages=st.lists(st.sampled_from(["eng", "FRE", "ger"]), max_size=2).map(tuple),
    journals=st.lists(st.sampled_from([*_JOURNALS, "STRASSE"]), max_size=2).map(tuple),
    mesh=st.lists(st.sampled_from([*_HEADINGS, "asthma"]), max_size=3).map(tuple),
    people_only=st.booleans(),
    include_retracted=st.just(True),
)


def _saved(folder: Path, articles: Sequence[Article], counts: Sequence[int]) -> FilterTable:
    """The table of articles with so many passages each; their ids have gaps."""
    with PassageTableWriter(folder) as writer:
        for n, count in enumerate(counts):
            writer.add(3 * n + 1, ArticleRows(bytes(16 * count), bytes(16 * count)))
    maker = FilterTableMaker()
    for _ in maker.passing((3 * n + 1, each) for n, each in enumerate(articles)):
        pass
    maker.save(folder / FILTERS, PassageTable(folder, sum(counts)))
    return FilterTable(folder / FILTERS, sum(counts))


def _numbers(passing: Bitmap) -> list[int]:
    """All bits that are set, with those of the padding."""
    return np.flatnonzero(np.unpackbits(passing, bitorder="little")).tolist()


@pytest.mark.parametrize("block", [1, 7, 65_536])
def test_exactly_the_passages_of_articles_that_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(filter_table, "_BLOCK", block)
    articles = _articles(201)
    counts = np.random.default_rng(3).integers(4, size=len(articles)).tolist()
    owners = np.repeat(np.arange(len(articles)), counts).tolist()
    table = _saved(tmp_path, articles, counts)

    @settings(max_examples=200)
    @given(filters=_FILTERS)
    def agree(filters: Filters) -> None:
        accepted = [filters.accept(each) for each in articles]
        wanted = [passage for passage, owner in enumerate(owners) if accepted[owner]]
        assert _numbers(table.passing(filters)) == wanted

    agree()


def test_a_search_is_the_same_as_with_the_word_index_alone(tmp_path: Path) -> None:
    encoder = HashingEncoder(dimension=64)
    searcher = Searcher(indexed(tmp_path, _articles(120), encoder), encoder)
    version = searcher.version
    assert version.filters is not None
    without = replace(version, filters=None)
    alike = []

    @settings(max_examples=60)
    @given(filters=_FILTERS)
    def agree(filters: Filters) -> None:
        if not filters.narrows:
            return
        ours, theirs = (searcher.selection(v, filters).passages for v in (version, without))
        assert ours is not None
        assert theirs is not None
        assert ours.tolist() == theirs.tolist()
        alike.append(int(np.bitwise_count(ours).sum()))

    agree()
    assert 0 < max(alike) < len(version.table)


def test_an_empty_index_has_a_table(tmp_path: Path) -> None:
    table = _saved(tmp_path, [], [])
    assert _numbers(table.passing(Filters(mesh=("Gout",), first_year=2000))) == []


def test_damage_and_another_number_of_passages_are_named(tmp_path: Path) -> None:
    _saved(tmp_path, _articles(5), [1] * 5)
    with pytest.raises(Damaged, match="has 5 passages, not 6"):
        FilterTable(tmp_path / FILTERS, 6)
    whole = (tmp_path / FILTERS).read_bytes()
    (tmp_path / FILTERS).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Damaged, match="cannot be read"):
        FilterTable(tmp_path / FILTERS, 5)
