"""Queries to evidence: dense and lexical search over one index version, fused."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from corpora.article import Article
from corpora.errors import IndexMismatch
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.dense import DenseIndex, Numbers
from retrieval.encoder import Encoder, Vectors
from retrieval.fusion import reciprocal_rank_fusion
from retrieval.lexical import LexicalIndex
from retrieval.passage import Evidence, Filters, Passage, SearchQuery
from retrieval.passage_table import PassageTable, check_of
from retrieval.split import split
from retrieval.version import DENSE, LEXICAL, Manifest, Versions, read_manifest

# Candidates each side brings to the fusion.
_DEPTH = 100
# Where a filter passes more articles than this, candidates are checked one by one instead.
_FILTER_LIMIT = 200_000
_MOST_CANDIDATES = 50_000
# An abstract has no more passages than this; a full text has.
_SHORT_ARTICLE = 5


@dataclass(frozen=True, slots=True)
class IndexVersion:
    """One index version, open for reading. It stays readable when another one is put in use."""

    folder: Path
    manifest: Manifest
    table: PassageTable
    dense: DenseIndex
    lexical: LexicalIndex

    @classmethod
    def open(cls, folder: Path) -> IndexVersion:
        """Open a version.

        Raises:
            Damaged: one of its files is not what the manifest says.
        """
        manifest = read_manifest(folder)
        return cls(
            folder,
            manifest,
            PassageTable(folder, manifest.passages),
            DenseIndex(folder / DENSE, manifest.dense_type, manifest.passages),
            LexicalIndex(folder / LEXICAL),
        )


@dataclass(slots=True)
class _Candidate:
    """An article on its way through fusion."""

    passage: int | None = None
    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None


@dataclass(slots=True)
class Searcher:
    """The index in use, over one data directory; follows CURRENT by itself.

    The index says where to look, the article store what stands there: evidence shows articles as
    they are now, also when they were revised or retracted after the index was built.

    Raises:
        NoIndex, NoCorpus: there is nothing to search.
        IndexMismatch: the index was built with another encoder.
        Damaged: the index cannot be read.
    """

    home: Home
    encoder: Encoder
    store: ArticleStore = field(init=False)
    _version: IndexVersion = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.store = open_corpus(self.home.corpus)
        try:
            self._version = self._open(Versions(self.home.indexes).current())
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
        return version

    @property
    def version(self) -> IndexVersion:
        """The version in use now; opens it when it has changed since the last look."""
        folder = Versions(self.home.indexes).current()
        with self._lock:
            if folder != self._version.folder:
                self._version = self._open(folder)
            return self._version

    def __len__(self) -> int:
        return self.version.manifest.articles

    def terms(self, text: str) -> list[str]:
        """The distinct index terms of a text, in order, stop words left out."""
        return self.version.lexical.terms(text)

    def frequency(self, term: str) -> int:
        """How many articles hold an index term."""
        return self.version.lexical.frequency(term)

    def companions(self, evidence: Evidence) -> list[Evidence]:
        """The other passages of its article, in order; of a long article only those beside it."""
        passages = split(evidence.article, self.encoder.window, self.encoder.count_tokens)
        here = next((i for i, p in enumerate(passages) if p.start == evidence.passage.start), 0)
        if len(passages) > _SHORT_ARTICLE:
            passages = passages[max(0, here - 1) : here + 2]
        return [replace(evidence, passage=p) for p in passages if p.start != evidence.passage.start]

    def search(self, queries: Sequence[SearchQuery], k: int) -> list[list[Evidence]]:
        """For each query at most `k` pieces of evidence, one an article, best first."""
        if not queries:
            return []
        version = self.version
        vectors = self.encoder.encode_queries([query.text for query in queries])
        return [
            self._search(version, query, vectors[i : i + 1], k) for i, query in enumerate(queries)
        ]

    def _search(
        self, version: IndexVersion, query: SearchQuery, vector: Vectors, k: int
    ) -> list[Evidence]:
        depth = max(_DEPTH, k)
        candidates: dict[int, _Candidate] = {}
        dense = self._dense(version, query.filters, vector, depth)
        for rank, (article, passage, score) in enumerate(dense, start=1):
            candidates[article] = _Candidate(passage, dense_rank=rank, dense_score=score)
        lexical = version.lexical.search(query.text, depth, query.filters)
        for rank, hit in enumerate(lexical, start=1):
            candidate = candidates.setdefault(hit.article, _Candidate())
            candidate.lexical_rank, candidate.lexical_score = rank, hit.score
        scores = reciprocal_rank_fusion(
            [[article for article, _, _ in dense], [hit.article for hit in lexical]]
        )
        ranked = sorted(scores, key=lambda article: (-scores[article], article))
        return self._evidence(version, query.filters, vector, ranked, candidates, scores, k)

    def _dense(
        self, version: IndexVersion, filters: Filters, vector: Vectors, depth: int
    ) -> list[tuple[int, int, float]]:
        """(article, its best passage, cosine) of the `depth` nearest articles, best first."""
        allowed = None
        check = False
        if filters.narrows:
            articles = version.lexical.matching(filters, _FILTER_LIMIT)
            check = articles is None
            if articles is not None:
                allowed = version.table.of_articles(articles)
        wanted = 2 * depth
        while True:
            scores, passages = version.dense.search(vector, wanted, allowed)
            found = _best_passages(version.table, passages[0], scores[0])
            if check:
                found = self._checked(filters, found)
            exhausted = wanted >= min(version.manifest.passages, _MOST_CANDIDATES)
            if len(found) >= depth or exhausted or not (check or allowed is None):
                return found[:depth]
            wanted *= 4

    def _checked(
        self, filters: Filters, found: list[tuple[int, int, float]]
    ) -> list[tuple[int, int, float]]:
        articles = self.store.by_id([article for article, _, _ in found])
        loose = replace(filters, include_retracted=True)
        return [hit for hit in found if hit[0] in articles and loose.accept(articles[hit[0]])]

    def _evidence(
        self,
        version: IndexVersion,
        filters: Filters,
        vector: Vectors,
        ranked: list[int],
        candidates: dict[int, _Candidate],
        scores: dict[int, float],
        k: int,
    ) -> list[Evidence]:
        found: list[Evidence] = []
        for start in range(0, len(ranked), k):
            part = ranked[start : start + k]
            articles = self.store.by_id(part)
            for number in part:
                article = articles.get(number)
                if article is None or not filters.accept(article):
                    continue
                candidate = candidates[number]
                passage = self._passage(version, number, article, candidate.passage, vector)
                if passage is not None:
                    found.append(
                        Evidence(
                            passage,
                            article,
                            len(found) + 1,
                            scores[number],
                            candidate.dense_rank,
                            candidate.dense_score,
                            candidate.lexical_rank,
                            candidate.lexical_score,
                        )
                    )
                if len(found) == k:
                    return found
        return found

    def _passage(
        self,
        version: IndexVersion,
        number: int,
        article: Article,
        passage: int | None,
        vector: Vectors,
    ) -> Passage | None:
        """The article's passage nearest to the query, in the article's present text."""
        own = version.table.of_article(number)
        if passage is None:
            if not own:
                return None
            nearest = version.dense.vectors(np.array(own, dtype=np.int64)) @ vector[0]
            passage = own[int(np.argmax(nearest))]
        start, end, check = version.table.span(passage)
        text = article.text[start:end]
        if check_of(text) == check:
            section = _section(article, start)
            return Passage(
                f"{article.pmid}:{passage - own.start}", article.pmid, section, start, end, text
            )
        # The article was revised after the build: take what stands there now.
        now = split(article, self.encoder.window, self.encoder.count_tokens)
        return next((p for p in now if p.end > start), now[-1] if now else None)


def _section(article: Article, start: int) -> str:
    return next((label for s, e, label in article.section_spans() if s <= start < e), "")


def _best_passages(
    table: PassageTable, passages: Numbers, scores: Vectors
) -> list[tuple[int, int, float]]:
    """(article, passage, score): the first, and so best, passage of each article."""
    kept = passages >= 0
    best: dict[int, tuple[int, float]] = {}
    for article, passage, score in zip(
        table.articles(passages[kept]), passages[kept], scores[kept], strict=True
    ):
        best.setdefault(int(article), (int(passage), float(score)))
    return [(article, passage, score) for article, (passage, score) in best.items()]
