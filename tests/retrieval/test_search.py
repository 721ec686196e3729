"""Search: ranking, filters, and evidence that is true to the store as it is now."""

from pathlib import Path

import orjson
import pytest

from corpora.article import Deletion, Notice, NoticeKind
from corpora.errors import IndexMismatch, NoIndex
from corpora.evidence_level import EvidenceLevel
from corpora.home import Home
from retrieval.build import build_index
from retrieval.filters import Filters
from retrieval.passage import SearchQuery
from retrieval.search import Searcher
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed, put
from tests.fakes.progress import Recorded

_ENCODER = HashingEncoder(dimension=256)
_RETRACTED = (Notice(NoticeKind.RETRACTED, "900"),)
_ARTICLES = [
    article("1", "Aspirin and stroke", "Aspirin lowered the risk of stroke.", year=2018),
    article("2", "Statins and stroke", "Statins lowered the risk of stroke.", year=2020),
    article("3", "Aspirin in pregnancy", "Aspirin prevented pre-eclampsia.", year=2021),
    article("4", "Aspirin cures all", "Aspirin stroke aspirin stroke.", notices=_RETRACTED),
    article("5", "Gardening", "Roses need water."),
]


def _pmids(searcher: Searcher, text: str, filters: Filters | None = None) -> list[str]:
    query = SearchQuery(text, filters or Filters())
    return [e.article.pmid for e in searcher.search([query], 5)[0]]


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    return Searcher(indexed(tmp_path, _ARTICLES, _ENCODER), _ENCODER)


def test_the_best_article_comes_first_with_its_places_in_both_lists(searcher: Searcher) -> None:
    found = searcher.search([SearchQuery("aspirin stroke risk")], 5)[0]
    assert found[0].article.pmid == "1"
    assert [e.rank for e in found] == list(range(1, len(found) + 1))
    assert found[0].lexical_rank is not None
    assert found[0].dense_rank is not None
    assert found[0].passage.text == "Aspirin lowered the risk of stroke."
    assert (
        found[0].article.text[found[0].passage.start : found[0].passage.end]
        == found[0].passage.text
    )


def test_filters_filter(searcher: Searcher) -> None:
    assert _pmids(searcher, "aspirin stroke", Filters(first_year=2021)) != []
    for filters in (Filters(first_year=2019), Filters(last_year=2018), Filters(languages=("fre",))):
        query = SearchQuery("aspirin stroke risk", filters)
        assert all(filters.accept(e.article) for e in searcher.search([query], 5)[0])
    assert _pmids(searcher, "aspirin", Filters(languages=("fre",))) == []


def test_retracted_articles_are_left_out_unless_asked_for(searcher: Searcher) -> None:
    assert "4" not in _pmids(searcher, "aspirin stroke")
    assert "4" in _pmids(searcher, "aspirin stroke", Filters(include_retracted=True))


def test_a_retraction_after_the_build_counts_at_once(searcher: Searcher) -> None:
    assert "1" in _pmids(searcher, "aspirin stroke")
    now = article("1", "Aspirin and stroke", "Aspirin lowered the risk of stroke.", year=2018,
                  notices=_RETRACTED, revised="2022")  # fmt: skip
    put(searcher.home, [now], "update.jsonl")
    assert "1" not in _pmids(searcher, "aspirin stroke")


def test_a_deleted_article_is_no_evidence(searcher: Searcher) -> None:
    put(searcher.home, [Deletion("1")], "update.jsonl")
    assert "1" not in _pmids(searcher, "aspirin stroke")


def test_a_revised_article_shows_its_present_text(searcher: Searcher) -> None:
    now = article(
        "1", "Aspirin and stroke", "No effect of aspirin on stroke was seen.", revised="2022"
    )
    put(searcher.home, [now], "update.jsonl")
    found = searcher.search([SearchQuery("aspirin stroke risk")], 5)[0]
    (one,) = [e for e in found if e.article.pmid == "1"]
    assert one.passage.text == "No effect of aspirin on stroke was seen."
    assert now.text[one.passage.start : one.passage.end] == one.passage.text


def test_a_new_version_is_followed_without_reopening(searcher: Searcher) -> None:
    put(searcher.home, [article("6", "Zinc", "Zinc shortened colds.")], "update.jsonl")
    assert "6" not in _pmids(searcher, "zinc colds")
    build_index(searcher.home, _ENCODER, Recorded())
    assert _pmids(searcher, "zinc colds")[0] == "6"


def test_another_encoder_is_refused(tmp_path: Path) -> None:
    home = indexed(tmp_path, _ARTICLES, _ENCODER)
    with pytest.raises(IndexMismatch, match="built with the encoder hashing, not other"):
        Searcher(home, HashingEncoder(dimension=256, name="other"))


def test_no_index_says_how_to_build_one(tmp_path: Path) -> None:
    put(Home(tmp_path), _ARTICLES)
    with pytest.raises(NoIndex, match="medcite index build"):
        Searcher(Home(tmp_path), _ENCODER)


def test_a_retraction_counts_though_only_the_notice_says_so(searcher: Searcher) -> None:
    """The article's own record, and the index, know nothing of it yet."""
    assert "1" in _pmids(searcher, "aspirin stroke")
    notice = Notice(NoticeKind.RETRACTED, "1", issued_by=True)
    put(searcher.home, [article("901", "Retraction of: Aspirin", notices=(notice,))], "n.jsonl")
    assert "1" not in _pmids(searcher, "aspirin stroke")
    query = SearchQuery("aspirin stroke", Filters(include_retracted=True))
    (found,) = [e for e in searcher.search([query], 5)[0] if e.article.pmid == "1"]
    assert found.article.retracted
    assert [n.pmid for n in found.article.notices] == ["901"]


def test_queries_that_ask_the_same_make_one_list_by_the_weighted_mean(searcher: Searcher) -> None:
    texts = [("aspirin stroke", 1.0), ("statins stroke", 0.5)]
    apart = [
        {e.article.pmid: e for e in found}
        for found in searcher.search([SearchQuery(text) for text, _ in texts], 5)
    ]
    queries = [SearchQuery(text, weight=weight) for text, weight in texts]
    together = searcher.gather(queries, 5)
    assert [e.rank for e in together] == list(range(1, len(together) + 1))
    assert searcher.gather([], 5) == []
    for found in together:
        parts = [own[found.article.pmid] for own in apart]
        for name in ("dense_score", "lexical_score"):
            mean = sum(getattr(e, name) * w for e, (_, w) in zip(parts, texts, strict=True)) / 1.5
            assert getattr(found, name) == pytest.approx(mean, abs=1e-4)


def test_queries_of_different_filters_are_not_one_question(searcher: Searcher) -> None:
    with pytest.raises(ValueError, match="unpack"):
        searcher.gather(
            [SearchQuery("aspirin"), SearchQuery("aspirin", Filters(first_year=2020))], 5
        )


def test_fewer_wanted_are_the_first_of_more(tmp_path: Path) -> None:
    words = ["zinc", "colds", "fever", "cough", "sleep"]
    articles = [
        article(
            str(n), f"{words[n % 5]} {n}", f"{words[n % 3]} and {words[n % 4]} in group {n % 7}."
        )
        for n in range(1, 400)
    ]
    searcher = Searcher(indexed(tmp_path, articles, _ENCODER), _ENCODER)
    for text in ("zinc for colds in group 3", "cough or fever", "sleep"):
        all_found = searcher.search([SearchQuery(text)], 200)[0]
        some = searcher.search([SearchQuery(text)], 7)[0]
        assert [(e.article.pmid, e.score) for e in some] == [
            (e.article.pmid, pytest.approx(e.score)) for e in all_found[:7]
        ]


def test_filters_come_back_from_their_json() -> None:
    filters = Filters(2001, 2020, ("Review",), (EvidenceLevel.TRIAL,), ("eng",), people_only=True)
    whole = orjson.loads(orjson.dumps(filters.to_dict()))
    assert set(whole) == set(Filters.__slots__)
    short = orjson.loads(orjson.dumps(filters.to_dict(only_set=True)))
    assert short["designs"] == ["TRIAL"]
    assert "mesh" not in short
    assert Filters.from_dict(whole) == Filters.from_dict(short) == filters
    assert Filters.from_dict({}) == Filters()
