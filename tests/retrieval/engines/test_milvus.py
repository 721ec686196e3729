"""Milvus, through Milvus Lite and the same client: ranks as the local engine, under the same filters."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from corpora.article import Article
from corpora.errors import BadInput, EngineError, IndexMismatch, NoIndex
from corpora.evidence_level import EvidenceLevel
from corpora.home import Home
from retrieval.build import build_index
from retrieval.engines.protocol import Selection
from retrieval.filters import Filters
from retrieval.passage import SearchQuery
from retrieval.publishing import MilvusEngines, publish
from retrieval.ranking import DEFAULT, encoded_query
from retrieval.search import Searcher
from retrieval.version import Versions
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed, put
from tests.fakes.progress import Recorded

pytest.importorskip("pymilvus")
# Milvus Lite serves on loopback.
pytestmark = [pytest.mark.enable_socket, pytest.mark.filterwarnings("ignore")]

_WORDS = "aspirin statin stroke mortality bleeding trial cohort sepsis asthma fever".split()
_TYPES = ("Randomized Controlled Trial", "Review", "Case Reports", "Journal Article")


def _article(n: int) -> Article:
    rng = np.random.default_rng(n)
    words = " ".join(rng.choice(_WORDS, 12))
    return article(
        str(n),
        f"Study {n} of {rng.choice(_WORDS)} and {rng.choice(_WORDS)}",
        f"We looked at {words}. It was {rng.choice(_WORDS)}.",
        year=2000 + n % 20,
        publication_types=(_TYPES[n % 4],),
        languages=("eng" if n % 3 else "ger",),
        journal=f'Journal "{n % 5}"',
        mesh=("Humans",) if n % 2 else ("Animals",),
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return indexed(tmp_path_factory.mktemp("home"), map(_article, range(1, 121)), HashingEncoder())


@pytest.fixture(scope="module")
def server(home: Home, tmp_path_factory: pytest.TempPathFactory) -> str:
    uri = str(tmp_path_factory.mktemp("milvus") / "m.db")
    progress = Recorded()
    # Exact, so that nothing is left out by chance.
    done = publish(home, uri, progress, index_type="FLAT")
    assert (done.articles, progress.stages["publish"]) == (120, (120, 120))
    return uri


@pytest.fixture(scope="module")
def engines(server: str) -> Iterator[MilvusEngines]:
    opened = MilvusEngines(server)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "filters",
    [
        Filters(),
        Filters(first_year=2005, last_year=2009),
        Filters(last_year=2003),
        Filters(publication_types=("review", "Case Reports")),
        Filters(designs=(EvidenceLevel.RANDOMISED_TRIAL,)),
        Filters(languages=("ger",), mesh=("humans",)),
        Filters(journals=('journal "3"',)),
        Filters(people_only=True),
    ],
    ids=str,
)
def test_ranks_as_the_local_engine_does(
    home: Home, engines: MilvusEngines, filters: Filters
) -> None:
    local, remote = (
        Searcher(home, HashingEncoder()),
        Searcher(home, HashingEncoder(), engines=engines),
    )
    for text in ("aspirin after stroke", "mortality of sepsis", "unheard"):
        ours, theirs = (s.search([SearchQuery(text, filters)], 30)[0] for s in (local, remote))
        assert {e.article.pmid for e in theirs} == {e.article.pmid for e in ours}
        by_pmid = {e.article.pmid: e for e in ours}
        for found in theirs:
            own = by_pmid[found.article.pmid]
            assert found.dense_score == pytest.approx(own.dense_score, abs=1e-3)
            # tantivy keeps lengths above 40 in steps.
            assert found.lexical_score == pytest.approx(own.lexical_score, abs=0.02)
            assert found.passage == own.passage


def test_every_candidate_gets_every_score(home: Home, engines: MilvusEngines) -> None:
    searcher = Searcher(home, HashingEncoder(), engines=engines)
    engine, version = searcher.engine(searcher.version), searcher.version
    vector = searcher.encoder.encode_queries(["asthma fever"])
    query = encoded_query(version, ["asthma fever"], vector, [1.0])
    some = version.engine.nearest(vector[0], 40, Selection(Filters()))
    local = version.engine.lexical_scores(query.terms, some.tolist(), DEFAULT.presence)
    remote = engine.lexical_scores(query.terms, some.tolist(), DEFAULT.presence)
    assert remote == pytest.approx(local, abs=0.02)
    assert engine.lexical_scores(query.terms, [], DEFAULT.presence) == {}
    ours, theirs = (e.passages(np.sort(some)) for e in (version.engine, engine))
    assert theirs.numbers.tolist() == ours.numbers.tolist()
    assert theirs.articles.tolist() == ours.articles.tolist()
    np.testing.assert_allclose(theirs.vectors, ours.vectors, atol=1e-3)
    with pytest.raises(BadInput, match="presence"):
        engine.lexical(query.terms, 10, Filters(), 0.0)


def test_versions_are_swapped_by_an_alias_and_the_oldest_dropped(tmp_path: Path) -> None:
    home = indexed(tmp_path / "home", map(_article, range(1, 21)), HashingEncoder())
    uri = str(tmp_path / "m.db")
    first = publish(home, uri, Recorded(), keep=1)
    put(home, [_article(500)], "more.jsonl")
    with pytest.raises(IndexMismatch, match="has changed"):
        publish(home, uri, Recorded())
    build_index(home, HashingEncoder(), Recorded())
    opened = MilvusEngines(uri)
    with pytest.raises(NoIndex, match="has not been published"):
        Searcher(home, HashingEncoder(), engines=opened)
    opened.close()
    second = publish(home, uri, Recorded(), keep=1)
    assert second.dropped == (first.version.replace("-", "_"),)
    opened = MilvusEngines(uri)
    current = opened._client.describe_alias("medcite_current")["collection_name"]
    assert second.version.replace("-", "_") in current
    searcher = Searcher(home, HashingEncoder(), engines=opened)
    assert searcher.search([SearchQuery("Study 500")], 1)[0][0].article.pmid == "500"
    # A version that lost its collections is said to be missing, before a search needs it.
    opened._client.drop_collection(current)
    with pytest.raises(NoIndex, match="publish"):
        Searcher(home, HashingEncoder(), engines=opened)
    opened.close()
    assert len(Versions(home.indexes).all()) == 2


def test_the_environment_names_the_server(
    home: Home, server: str, engines: MilvusEngines, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.close()
    monkeypatch.setenv("MEDCITE_MILVUS", server)
    searcher = Searcher(home, HashingEncoder())
    assert searcher.engine(searcher.version).selects
    monkeypatch.setenv("MEDCITE_MILVUS", "http://127.0.0.1:9")
    with pytest.raises(EngineError, match="does not answer"):
        Searcher(home, HashingEncoder())
