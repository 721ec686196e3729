"""What a search text matches, passages as indexed, similar articles, the map."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from corpora.home import Home
from retrieval.browse import (
    matches,
    mean_vectors,
    nearest_passages,
    passages_as_indexed,
    similar,
)
from retrieval.filters import Filters
from retrieval.passage import SearchQuery
from retrieval.projection import draw
from retrieval.result_set import semantic
from retrieval.search import Searcher
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed, put

SUBJECTS = ("asthma inhaled steroid", "sepsis fluid bolus", "stroke clot removal")


def _articles(count: int = 150):
    for i in range(count):
        about = SUBJECTS[i % 3]
        yield article(
            str(1000 + i), f"{about.title()} number {i}", f"We studied {about} in people {i}.",
            mesh=("Humans", about.split()[0].title()),
        )  # fmt: skip


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory):
    encoder = HashingEncoder(dimension=256, window=256)
    home = indexed(tmp_path_factory.mktemp("browse") / "home", _articles(), encoder)
    opened = Searcher(home, encoder)
    yield opened
    opened.close()


def _pmids(searcher: Searcher, ids) -> list[str]:
    known = searcher.store.by_id([int(i) for i in ids])
    return [known[int(i)].pmid for i in ids]


def test_all_that_hold_every_word_are_there_and_no_article_twice(searcher: Searcher) -> None:
    found = matches(searcher, "steroids in asthma")
    assert set(_pmids(searcher, found.ids)) == {str(1000 + i) for i in range(0, 150, 3)}
    assert len(found.ids) == 50
    # What is near in meaning is a group of its own.
    assert not set(found.ids.tolist()) & set(found.near.tolist())
    assert len(found.near) > 0


def test_words_that_no_article_holds_together_leave_the_nearest(searcher: Searcher) -> None:
    found = matches(searcher, "asthma zorblimab")
    assert len(found.ids) == 0
    assert len(found.near) == 100


def test_a_text_without_words_matches_by_meaning_alone(searcher: Searcher) -> None:
    assert len(matches(searcher, "the of and").ids) == 0


class Counting(HashingEncoder):
    """Counts the batches of queries."""

    batches = 0

    def encode_queries(self, texts):
        self.batches += 1
        return super().encode_queries(texts)


@pytest.mark.parametrize("filters", [Filters(), Filters(mesh=("Sepsis",))])
@pytest.mark.parametrize("k", [5, 120])
def test_a_result_set_has_the_evidence_of_a_search_and_encodes_once(
    searcher: Searcher, filters: Filters, k: int
) -> None:
    encoder = Counting(dimension=256, window=256)
    with closing(Searcher(searcher.home, encoder)) as counted:
        found = semantic(counted, counted.store, "fluid bolus sepsis", filters, k)
    assert encoder.batches == 1
    assert list(found.evidence) == searcher.search([SearchQuery(found.text, filters)], k)[0]


def test_the_nearest_passage_and_the_passages_as_indexed(searcher: Searcher) -> None:
    found = matches(searcher, "fluid bolus sepsis")
    articles = searcher.store.by_id(found.ids[:5].tolist())
    nearest = nearest_passages(searcher.version, articles, found.vector)
    assert nearest.keys() == articles.keys()
    for number, passage in nearest.items():
        assert articles[number].text[passage.start : passage.end] == passage.text
        assert passage in passages_as_indexed(searcher.version, number, articles[number])


def test_similar_articles_speak_of_the_same_and_leave_out_itself(searcher: Searcher) -> None:
    number, _ = searcher.store.find("1001") or (0, None)
    near = similar(searcher.version, number, 8)
    assert len(near) == 8
    assert number not in dict(near)
    assert {(int(p) - 1000) % 3 for p in _pmids(searcher, [i for i, _ in near])} == {1}
    assert [score for _, score in near] == sorted((s for _, s in near), reverse=True)
    assert similar(searcher.version, 99_999, 8) == []


def test_means_are_unit_vectors_or_nothing(searcher: Searcher) -> None:
    means = mean_vectors(searcher.version, [1, 99_999])
    assert np.linalg.norm(means, axis=1).tolist() == pytest.approx([1, 0], abs=1e-5)


def test_a_passage_that_was_revised_is_not_shown_as_indexed(tmp_path: Path) -> None:
    encoder = HashingEncoder()
    first = article("1", "One", "It was so.", revised="2021-01-01")
    home = indexed(tmp_path / "home", [first], encoder)
    put(home, [article("1", "One", "It was not so.", revised="2022-01-01")], name="b.jsonl")
    opened = Searcher(Home(home.root), encoder)
    number, now = opened.store.find("1") or (0, None)
    assert now is not None
    assert passages_as_indexed(opened.version, number, now) == []
    opened.close()


def test_a_map_groups_by_subject_and_names_the_groups(searcher: Searcher) -> None:
    articles = dict(searcher.store.articles())
    vectors = mean_vectors(searcher.version, list(articles))
    atlas = draw(vectors, list(articles.values()))
    again = draw(vectors, list(articles.values()))
    assert atlas.places.tolist() == again.places.tolist()
    assert atlas.names == again.names
    assert len(set(atlas.names)) == len(atlas.names) > 2
    assert 0 < atlas.explained <= 1
    for group, name in enumerate(atlas.names):
        own = zip(articles.values(), atlas.groups.tolist(), strict=True)
        assert len({a.mesh[1] for a, its in own if its == group}) == 1, name
    assert {"Asthma", "Sepsis", "Stroke"} <= {name.split(", ")[0] for name in atlas.names}


def test_a_map_of_the_same_article_over_and_over() -> None:
    same = [article(str(i), "Same") for i in range(30)]
    atlas = draw(np.ones((30, 8), dtype=np.float32), same)
    assert atlas.explained == 0
    assert len(atlas.names) == 1
