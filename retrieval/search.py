"""Queries to evidence over one data directory: the index in use, the articles as they are now."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import numpy as np

from corpora.article import Article
from corpora.errors import Damaged, IndexMismatch
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.chunking import split
from retrieval.encoder import Encoder, Meaning, Vectors
from retrieval.engines.protocol import Engine, Selection
from retrieval.open_version import IndexVersion
from retrieval.passage import Evidence, Filters, Passage, SearchQuery
from retrieval.passage_table import check_of
from retrieval.ranking import DEFAULT, Candidate, Weights, asked, rank
from retrieval.rerank import Reranker, rerank
from retrieval.version import Versions

# Opens what ranks over an index version, where that is not this machine.
Engines = Callable[[IndexVersion], Engine]
# Articles that each side brings to the ranking.
_DEPTH = 100
# Where a filter passes more articles than this, candidates are checked one by one instead.
_FILTER_LIMIT = 200_000
# An abstract has no more passages than this; a full text has.
_SHORT_ARTICLE = 5


@dataclass(slots=True)
class Searcher:
    """The index in use, over one data directory; follows CURRENT by itself.

    $MEDCITE_MILVUS names a Milvus server that ranks instead of this machine; see
    `retrieval.publishing`.

    The index says where to look, the article store what stands there: evidence shows articles as
    they are now, also when they were revised or retracted after the index was built.

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
    # The last texts that were encoded together, with their vectors; replaced as a whole.
    _last: tuple[tuple[str, ...], Vectors] = field(
        init=False, default_factory=lambda: ((), np.empty((0, 0), np.float32))
    )

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
                "The index was built from another corpus than the one that is here now.",
                "Rebuild: medcite index build.",
            )
        return version

    def _take(self, folder: Path) -> None:
        """Go over to a version, once its engine is open."""
        version = self._open(folder)
        self._engine = self.engines(version) if self.engines else version.engine
        self._version = version

    def engine(self, version: IndexVersion) -> Engine:
        """What ranks over a version: that of `engines`, else the one on this machine."""
        return self._engine if version is self._version else version.engine

    @property
    def version(self) -> IndexVersion:
        """The version in use now; opens it when it has changed since the last look."""
        known, versions = self._version, self._versions
        if versions.names(known.folder):
            return known
        folder = versions.current()
        with self._lock:
            while folder != self._version.folder:
                try:
                    self._take(folder)
                except Damaged:
                    # It may have been replaced and pruned while it was being opened.
                    folder, tried = versions.current(), folder
                    if folder == tried:
                        raise
            return self._version

    # What follows is asked hundreds of times for a question: of the version last searched in,
    # without a look whether there is a newer one.

    def __len__(self) -> int:
        return self._version.manifest.articles

    def terms(self, text: str) -> list[str]:
        """The distinct index terms of a text, in order, stop words left out."""
        return self._version.lexical.terms(text)

    def frequency(self, term: str) -> int:
        """How many articles hold an index term."""
        return self._version.lexical.frequency(term)

    def near(self, term: str) -> str:
        """The index term one slip away that most articles hold, "" where there is none."""
        return self._version.lexical.near(term)

    def heading_frequency(self, heading: str) -> int:
        """How many articles carry a MeSH heading."""
        return self._version.lexical.heading_frequency(heading)

    @property
    def fingerprint(self) -> str:
        """Of the encoder; see `EncoderIdentity`."""
        return self.encoder.identity.fingerprint

    def meaning(self, texts: Sequence[str]) -> Meaning:
        """The texts' vectors, made in one batch; `gather` of the same texts takes them over."""
        return Meaning(self.fingerprint, self._encoded(texts))

    def _encoded(self, texts: Sequence[str]) -> Vectors:
        """The texts' vectors; those of the last batch are remembered."""
        known, vectors = self._last
        if known != tuple(texts):
            vectors = self.encoder.encode_queries(texts)
            self._last = (tuple(texts), vectors)
        return vectors

    def companions(self, evidence: Evidence) -> list[Evidence]:
        """The other passages of its article, in order; of a long article only those beside it."""
        passages = self._split(evidence.article, self._version)
        here = next((i for i, p in enumerate(passages) if p.start == evidence.passage.start), 0)
        if len(passages) > _SHORT_ARTICLE:
            passages = passages[max(0, here - 1) : here + 2]
        return [replace(evidence, passage=p) for p in passages if p.start != evidence.passage.start]

    def _split(self, article: Article, version: IndexVersion) -> list[Passage]:
        encoder = self.encoder
        return split(article, encoder.window, encoder.count_tokens, version.manifest.unit)

    def search(self, queries: Sequence[SearchQuery], k: int) -> list[list[Evidence]]:
        """For each query at most `k` pieces of evidence, one an article, best first.

        All are encoded in one batch.
        """
        if not queries:
            return []
        version = self.version
        vectors = self.encoder.encode_queries([query.text for query in queries])
        return [
            self._found(version, [query], vectors[i : i + 1], k) for i, query in enumerate(queries)
        ]

    def gather(self, queries: Sequence[SearchQuery], k: int) -> list[Evidence]:
        """One list for queries that ask the same under the same filters, the question first.

        All are encoded in one batch. An article's score is the weighted mean of what it has for
        each query; a reranker goes by the first.
        """
        if not queries:
            return []
        vectors = self._encoded([query.text for query in queries])
        return self._found(self.version, queries, vectors, k)

    def _found(
        self, version: IndexVersion, queries: Sequence[SearchQuery], vectors: Vectors, k: int
    ) -> list[Evidence]:
        (filters,) = {query.filters for query in queries}
        texts, shares = [query.text for query in queries], [query.weight for query in queries]
        one = asked(version, texts, vectors, shares, self.weights)
        select = self.selection(version, filters)
        ranked = rank(self.engine(version), one, max(_DEPTH, k), select, self.weights, most=k)
        return self.evidence(version, queries[0], ranked, k)

    def evidence(
        self, version: IndexVersion, query: SearchQuery, ranked: Iterable[Candidate], k: int
    ) -> list[Evidence]:
        """The best `k` candidates of a ranking that the store still holds and the filters accept.

        They are in the reranker's order where there is one.
        """
        found = self._evidence(version, query.filters, iter(ranked), k) if k else []
        return rerank(query.text, found, self.reranker) if self.reranker else found

    def selection(self, version: IndexVersion, filters: Filters) -> Selection:
        """What of the index passes the filters; retraction is looked at afterwards."""
        if not filters.narrows or self.engine(version).selects:
            return Selection(filters)
        articles = version.lexical.matching(filters, _FILTER_LIMIT)
        if articles is not None:
            return Selection(filters, version.table.of_articles(articles))
        loose = replace(filters, include_retracted=True)

        def passing(ids: list[int]) -> set[int]:
            known = self.store.by_id(ids)
            return {i for i, article in known.items() if loose.accept(article)}

        return Selection(filters, check=passing)

    def _evidence(
        self, version: IndexVersion, filters: Filters, ranked: Iterator[Candidate], k: int
    ) -> list[Evidence]:
        """The first `k` candidates that the store still holds and the filters accept."""
        found: list[Evidence] = []
        while part := list(islice(ranked, k)):
            known = self.store.by_id([candidate.article for candidate in part])
            for candidate in part:
                article = known.get(candidate.article)
                if article is None or not filters.accept(article):
                    continue
                passage = self._passage(version, article, candidate)
                if passage is not None:
                    found.append(_as_evidence(passage, article, len(found) + 1, candidate))
                if len(found) == k:
                    return found
        return found

    def _passage(
        self, version: IndexVersion, article: Article, candidate: Candidate
    ) -> Passage | None:
        """The article's passage nearest to the query, in the article's present text."""
        start, end, check = version.table.span(candidate.passage)
        text = article.text[start:end]
        if check_of(text) == check:
            section = _section(article, start)
            name = f"{article.pmid}:{candidate.place}"
            return Passage(name, article.pmid, section, start, end, text)
        # The article was revised after the build: take what stands there now.
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
