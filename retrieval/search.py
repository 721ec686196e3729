"""Search one data directory: rank with the index in use, return articles as they are now."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np

from corpora.article import Article
from corpora.errors import Damaged, IndexMismatch
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.chunking import split
from retrieval.encoder import Encoder, Meaning, Vectors
from retrieval.engines.dense import bitmap
from retrieval.engines.protocol import Engine, Selection
from retrieval.filters import Filters
from retrieval.open_version import IndexVersion
from retrieval.passage import Evidence, Passage, SearchQuery
from retrieval.passage_table import check_of
from retrieval.ranking import DEFAULT, Candidate, Weights, encoded_query, rank
from retrieval.rerank import Reranker, rerank
from retrieval.version import Versions

# Opens a remote engine for an index version.
Engines = Callable[[IndexVersion], Engine]
# Articles that dense and lexical search each contribute to the ranking.
_DEPTH = 100


@dataclass(slots=True)
class Searcher:
    """Searches the index in use of one data directory; follows CURRENT automatically.

    $MEDCITE_MILVUS gives a Milvus server that ranks instead of this machine; see
    `retrieval.publishing`.

    The index ranks, but the text comes from the article store: evidence shows articles as they are
    now, even if they were revised or retracted after the index was built.

    Raises:
        NoIndex, NoCorpus: there is nothing to search.
        IndexMismatch: the index was built with another encoder.
        Damaged: the index cannot be read.
    """

    home: Home
    encoder: Encoder
    weights: Weights = DEFAULT
    reranker: Reranker | None = None
    engines: Engines | None = None
    store: ArticleStore = field(init=False)
    _versions: Versions = field(init=False)
    _engine: Engine = field(init=False)
    _version: IndexVersion = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.engines is None and (uri := os.environ.get("MEDCITE_MILVUS")):
            from retrieval.publishing import MilvusEngines

            self.engines = MilvusEngines(uri, os.environ.get("MEDCITE_MILVUS_TOKEN", ""))
        self.store = open_corpus(self.home.corpus)
        self._versions = Versions(self.home.indexes)
        try:
            self._take(self._versions.current())
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        self.store.close()

    def _open(self, folder: Path) -> IndexVersion:
        version = IndexVersion.open(folder)
        built, loaded = version.manifest.encoder, self.encoder.identity
        if built.fingerprint != loaded.fingerprint:
            raise IndexMismatch(
                f"The index was built with the encoder {built.name}, not {loaded.name}.",
                f"Search with --encoder {built.name}, or rebuild:"
                f" medcite index build --encoder {loaded.name}.",
            )
        if version.manifest.store != self.store.identity:
            raise IndexMismatch(
                "The index was built from a different corpus.",
                "Rebuild: medcite index build.",
            )
        return version

    def _take(self, folder: Path) -> None:
        """Switch to a version once its engine is open."""
        version = self._open(folder)
        self._engine = self.engines(version) if self.engines else version.engine
        self._version = version

    def engine(self, version: IndexVersion) -> Engine:
        """The engine for a version: from `engines` if set, else the local one."""
        return self._engine if version is self._version else version.engine

    @property
    def version(self) -> IndexVersion:
        """The version in use now, opened if it has changed since the last call."""
        opened, versions = self._version, self._versions
        if versions.names(opened.folder):
            return opened
        folder = versions.current()
        with self._lock:
            while folder != self._version.folder:
                try:
                    self._take(folder)
                except Damaged:
                    # It may have been superseded and pruned while it was being opened.
                    folder, tried = versions.current(), folder
                    if folder == tried:
                        raise
            return self._version

    # The following methods are called hundreds of times per question. They use the version last
    # searched, without checking for a newer one.

    def __len__(self) -> int:
        return self._version.manifest.articles

    def terms(self, text: str) -> list[str]:
        """The distinct index terms of a text, in order, without stop words."""
        return self._version.lexical.terms(text)

    def frequency(self, term: str) -> int:
        """The number of articles that contain an index term."""
        return self._version.lexical.frequency(term)

    def near(self, term: str) -> str:
        """The most frequent index term at edit distance one, "" if there is none."""
        return self._version.lexical.near(term)

    def heading_frequency(self, heading: str) -> int:
        """The number of articles with a MeSH heading."""
        return self._version.lexical.heading_frequency(heading)

    @property
    def fingerprint(self) -> str:
        """The encoder's fingerprint; see `EncoderIdentity`."""
        return self.encoder.identity.fingerprint

    def meaning(self, texts: Sequence[str]) -> Meaning:
        """The texts' vectors, encoded in one batch."""
        return Meaning(self.fingerprint, self.encoder.encode_queries(texts))

    def _vectors(self, queries: Sequence[SearchQuery]) -> Vectors:
        """The queries' vectors; those that have none are encoded, in one batch."""
        new = [query.text for query in queries if query.vector is None]
        encoded = iter(self.encoder.encode_queries(new) if new else ())
        vectors = [next(encoded) if query.vector is None else query.vector for query in queries]
        return np.asarray(vectors, np.float32)

    def _split(self, article: Article, version: IndexVersion) -> list[Passage]:
        encoder = self.encoder
        return split(article, encoder.window, encoder.count_tokens, version.manifest.unit)

    def search(self, queries: Sequence[SearchQuery], k: int) -> list[list[Evidence]]:
        """For each query at most `k` pieces of evidence, one per article, best first.

        Queries without a vector are encoded in one batch.
        """
        if not queries:
            return []
        version = self.version
        vectors = self._vectors(queries)
        return [
            self._ranked(version, [query], vectors[i : i + 1], k) for i, query in enumerate(queries)
        ]

    def gather(self, queries: Sequence[SearchQuery], k: int) -> list[Evidence]:
        """One fused list for a question, given first, and its variants; all have the same filters.

        Those without a vector are encoded in one batch. An article's score is the weighted mean of
        its scores for the queries; a reranker uses the first one.
        """
        return self._ranked(self.version, queries, self._vectors(queries), k) if queries else []

    def _ranked(
        self, version: IndexVersion, queries: Sequence[SearchQuery], vectors: Vectors, k: int
    ) -> list[Evidence]:
        (filters,) = {query.filters for query in queries}
        texts, shares = [query.text for query in queries], [query.weight for query in queries]
        query = encoded_query(version, texts, vectors, shares, self.weights)
        select = self.selection(version, filters)
        ranked = rank(self.engine(version), query, max(_DEPTH, k), select, self.weights, most=k)
        return self.evidence(version, queries[0], ranked, k)

    def evidence(
        self, version: IndexVersion, query: SearchQuery, ranked: Iterable[Candidate], k: int
    ) -> list[Evidence]:
        """The best `k` candidates that are still in the store and pass the filters.

        They are in the reranker's order if there is one.
        """
        evidence = self._evidence(version, query.filters, iter(ranked), k) if k else []
        return rerank(query.text, evidence, self.reranker) if self.reranker else evidence

    def selection(self, version: IndexVersion, filters: Filters) -> Selection:
        """The part of the index that passes the filters; retraction is checked afterwards."""
        if not filters.narrows or self.engine(version).selects:
            return Selection(filters)
        if version.filters is not None:
            return Selection(filters, version.filters.passing(filters))
        # A version that was built before there were filter tables.
        passages = version.table.of_articles(version.lexical.matching(filters))
        return Selection(filters, bitmap(passages, len(version.table)))

    def _evidence(
        self, version: IndexVersion, filters: Filters, ranked: Iterator[Candidate], k: int
    ) -> list[Evidence]:
        """The first `k` candidates that are still in the store and pass the filters."""
        evidence: list[Evidence] = []
        while part := list(islice(ranked, k)):
            articles = self.store.by_id([candidate.article for candidate in part])
            for candidate in part:
                article = articles.get(candidate.article)
                if article is None or not filters.accept(article):
                    continue
                passage = self._passage(version, article, candidate)
                if passage is not None:
                    evidence.append(_as_evidence(passage, article, len(evidence) + 1, candidate))
                if len(evidence) == k:
                    return evidence
        return evidence

    def _passage(
        self, version: IndexVersion, article: Article, candidate: Candidate
    ) -> Passage | None:
        """The article's passage nearest to the query, in the article's current text."""
        start, end, check = version.table.span(candidate.passage)
        text = article.text[start:end]
        if check_of(text) == check:
            section = _section(article, start)
            name = f"{article.pmid}:{candidate.place}"
            return Passage(name, article.pmid, section, start, end, text)
        # The article was revised after the build: use the passage now at that position.
        now = self._split(article, version)
        return next((p for p in now if p.end > start), now[-1] if now else None)


def _as_evidence(passage: Passage, article: Article, place: int, candidate: Candidate) -> Evidence:
    return Evidence(
        passage,
        article,
        place,
        candidate.score,
        candidate.dense_rank,
        candidate.dense_score,
        candidate.lexical_rank,
        candidate.lexical_score,
        candidate.feedback_score,
    )


def _section(article: Article, start: int) -> str:
    return next((label for s, e, label in article.section_spans() if s <= start < e), "")
