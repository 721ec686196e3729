"""Retrieval on judged questions: the default pipeline, simple baselines, and an ablation by stage.

The data is a folder with `queries.jsonl` ({"id", "question"}), one or more files of articles as
JSON Lines, and `qrels.txt`. A third of the questions, chosen by a hash of their ids, was not used
in tuning the weights of `retrieval.ranking`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import orjson

from corpora.errors import BadInput
from corpora.home import Home
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore
from evaluation.encoders import WrappedEncoder
from evaluation.report import Figure, Report
from evaluation.retrieval.fusion import reciprocal_rank_fusion
from evaluation.retrieval.runs import (
    GAIN,
    MEASURES,
    Difference,
    Run,
    Scores,
    compare,
    mean,
    measure,
    read_qrels,
)
from retrieval.build import build_index
from retrieval.encoder import Encoder, Vectors
from retrieval.passage import Evidence, SearchQuery
from retrieval.progress import BuildProgress
from retrieval.ranking import DEFAULT, Weights
from retrieval.search import Searcher

ARTICLES = ("corpus.jsonl", "distractors.jsonl")
_QUERIES_AT_ONCE = 32
_DEPTH = 100
# Covers both lists of 100 candidates.
_ALL_CANDIDATES = 300

# Each stage adds one component to the previous one.
STAGES: dict[str, Weights] = {
    "scores added": Weights(presence=0.0, feedback=0.0, expansion=0.0),
    "+ presence of all terms": Weights(feedback=0.0, expansion=0.0),
    "+ feedback": Weights(expansion=0.0),
    "+ abbreviations (default)": DEFAULT,
}
BASELINE = "reciprocal rank fusion"


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """One system: its measures on all questions and on the held-out third.

    `gain` and `gain_held_out` are in nDCG@10 over the baseline, None for the baseline itself.
    """

    name: str
    measures: dict[str, float]
    held_out: dict[str, float]
    gain: Difference | None
    gain_held_out: Difference | None


def report(rows: Sequence[BenchmarkRow]) -> Report:
    """Each system on all questions, then each on the held-out third."""
    parts = [(row.name, row.measures, row.gain) for row in rows]
    parts += [(f"{row.name}, held-out third", row.held_out, row.gain_held_out) for row in rows]
    return Report("retrieval", [f for part in parts for f in system(*part)])


def system(name: str, measures: Mapping[str, float], gain: Difference | None) -> list[Figure]:
    """The figures of one system; only the baseline has no gain."""
    figures = [Figure(measure, measures[measure], group=name) for measure in MEASURES]
    return [*figures, Figure.of(GAIN, gain, group=name)] if gain else figures


def held_out(qid: str) -> bool:
    """Whether a question belongs to the third not used for tuning."""
    return int(hashlib.md5(qid.encode(), usedforsecurity=False).hexdigest(), 16) % 3 == 0


def prepare(data: Path, home: Home, encoder: Encoder, progress: BuildProgress) -> None:
    """Import and index the data set's articles, unless that was done before."""
    names = [data / name for name in ARTICLES if (data / name).exists()]
    if not names:
        raise BadInput(f"{data} contains no {ARTICLES[0]}.", "Give the folder of a data set.")
    home.create()
    with ArticleStore(home.corpus) as store:
        import_files(store, find_files(names))
    build_index(home, encoder, progress)


def read_queries(data: Path) -> list[tuple[str, str]]:
    """(id, question) of `queries.jsonl`."""
    path = data / "queries.jsonl"
    try:
        lines = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        return [(str(line["id"]), str(line["question"])) for line in lines]
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", "Check the data set.") from error


def evaluate(data: Path, home: Home, encoder: Encoder) -> list[BenchmarkRow]:
    """All systems on a prepared data set: BM25, dense, their fusion, then stage by stage."""
    queries, qrels = read_queries(data), read_qrels(data / "qrels.txt")
    caching = CachingEncoder(encoder, [text for _, text in queries])
    scored: dict[str, Scores] = {}
    for name, run in _systems(home, caching, queries):
        scored[name] = measure(run, qrels)
    base = scored[BASELINE]["nDCG@10"]
    third = [qid for qid in qrels if held_out(qid)]
    return [
        BenchmarkRow(
            name,
            {m: mean(values) for m, values in scores.items()},
            {m: mean(values, third) for m, values in scores.items()},
            None if name == BASELINE else compare(scores["nDCG@10"], base),
            None if name == BASELINE else compare(scores["nDCG@10"], base, third),
        )
        for name, scores in scored.items()
    ]


def _systems(
    home: Home, encoder: Encoder, queries: Sequence[tuple[str, str]]
) -> Iterator[tuple[str, Run]]:
    plain = replace(DEFAULT, presence=0.0, feedback=0.0, expansion=0.0)
    results = _search(home, encoder, queries, plain, _ALL_CANDIDATES)
    yield "BM25", {qid: _by_rank(ranked, "lexical_rank") for qid, ranked in results.items()}
    yield "dense", {qid: _by_rank(ranked, "dense_rank") for qid, ranked in results.items()}
    yield BASELINE, {qid: _fused(ranked) for qid, ranked in results.items()}
    for name, weights in STAGES.items():
        results = _search(home, encoder, queries, weights, _DEPTH)
        yield (
            name,
            {qid: {e.article.pmid: e.score for e in ranked} for qid, ranked in results.items()},
        )


def _search(
    home: Home, encoder: Encoder, queries: Sequence[tuple[str, str]], weights: Weights, k: int
) -> dict[str, list[Evidence]]:
    searcher = Searcher(home, encoder, weights)
    results: dict[str, list[Evidence]] = {}
    try:
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            part = queries[start : start + _QUERIES_AT_ONCE]
            ranked = searcher.search([SearchQuery(text) for _, text in part], k)
            results |= {qid: evidence for (qid, _), evidence in zip(part, ranked, strict=True)}
    finally:
        searcher.close()
    return results


def _by_rank(ranked: Sequence[Evidence], field: str) -> dict[str, float]:
    places = {e.article.pmid: getattr(e, field) for e in ranked}
    return {pmid: 1.0 / rank for pmid, rank in places.items() if rank and rank <= _DEPTH}


def _fused(ranked: Sequence[Evidence]) -> dict[str, float]:
    """Reciprocal rank fusion of the two lists, a strong simple baseline."""
    lists = [_by_rank(ranked, name) for name in ("dense_rank", "lexical_rank")]
    scores = reciprocal_rank_fusion([sorted(own, key=lambda p: -own[p]) for own in lists])
    return {pmid: scores[pmid] for pmid in sorted(scores, key=lambda p: -scores[p])[:_DEPTH]}


class CachingEncoder(WrappedEncoder):
    """An encoder with cached questions, so that systems differ only in ranking."""

    def __init__(self, encoder: Encoder, texts: Sequence[str]) -> None:
        super().__init__(encoder)
        encoded = [
            encoder.encode_queries(texts[start : start + _QUERIES_AT_ONCE])
            for start in range(0, len(texts), _QUERIES_AT_ONCE)
        ]
        self._vectors = dict(zip(texts, np.concatenate(encoded), strict=True))

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([self._vectors[text] for text in texts])
