"""Compare engines on a judged data set with the same questions, vectors and scoring."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corpora.home import Home
from evaluation.report import Figure, Report
from evaluation.retrieval.benchmark import CachingEncoder, read_queries, system
from evaluation.retrieval.runs import Difference, compare, mean, measure, read_qrels
from retrieval.encoder import Encoder
from retrieval.passage import SearchQuery
from retrieval.publishing import MilvusEngines
from retrieval.search import Engines, Searcher

_DEPTH = 100
_FIRST = 10


@dataclass(frozen=True, slots=True)
class EngineRow:
    """The results of one engine.

    `same_ten` is the share of questions whose ten best articles equal the local engine's, in order;
    `gain` the difference in nDCG@10 to it. Milliseconds are of the median question, without
    encoding.
    """

    name: str
    measures: dict[str, float]
    same_ten: float
    gain: Difference | None
    median_ms: float


def report(rows: Sequence[EngineRow]) -> Report:
    """A row of figures for each engine."""
    figures: list[Figure] = []
    for row in rows:
        figures += system(row.name, row.measures, row.gain)
        figures.append(Figure("same ten", row.same_ten, group=row.name))
        figures.append(Figure("median ms", row.median_ms, group=row.name))
    return Report("engines", figures)


def compare_engines(
    data: Path, home: Home, encoder: Encoder, uri: str, most: int | None = None
) -> list[EngineRow]:
    """Compare the local engine with a Milvus server to which the index of `home` was published.

    Args:
        most: use only this many questions, the first ones.
    """
    queries = read_queries(data)[:most]
    judged = read_qrels(data / "qrels.txt")
    qrels = {qid: judged[qid] for qid, _ in queries if qid in judged}
    caching = CachingEncoder(encoder, [text for _, text in queries])
    milvus = MilvusEngines(uri)
    rows: list[EngineRow] = []
    base: dict[str, list[str]] = {}
    base_scores: dict[str, float] = {}
    try:
        for name, engines in (("local (FAISS and tantivy)", None), ("Milvus", milvus)):
            ranked, seconds = _ranked(home, caching, queries, engines)
            run = {qid: {pmid: -float(n) for n, pmid in enumerate(p)} for qid, p in ranked.items()}
            scores = measure(run, qrels)
            own = scores["nDCG@10"]
            base, base_scores = base or ranked, base_scores or own
            same = [ranked[qid][:_FIRST] == base[qid][:_FIRST] for qid in ranked]
            rows.append(
                EngineRow(
                    name,
                    {m: mean(values) for m, values in scores.items()},
                    float(np.mean(same)),
                    compare(own, base_scores) if engines else None,
                    round(float(np.median(seconds)) * 1000, 1),
                )
            )
    finally:
        milvus.close()
    return rows


def _ranked(
    home: Home, encoder: Encoder, queries: Sequence[tuple[str, str]], engines: Engines | None
) -> tuple[dict[str, list[str]], list[float]]:
    searcher = Searcher(home, encoder, engines=engines)
    seconds: list[float] = []

    def rankings() -> Iterator[tuple[str, list[str]]]:
        for qid, text in queries:
            started = time.perf_counter()
            (results,) = searcher.search([SearchQuery(text)], _DEPTH)
            seconds.append(time.perf_counter() - started)
            yield qid, [evidence.article.pmid for evidence in results]

    try:
        return dict(rankings()), seconds
    finally:
        searcher.close()
