"""Figures of each system, with 95 % bootstrap intervals over clusters of questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from evaluation.peers.sample import relevance
from evaluation.reading.questions import GradedQuestion
from evaluation.retrieval.runs import measure

_DRAWS = 10_000
_MEASURES = ("nDCG@10", "recall@10")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RetrievalRow:
    """A system's retrieval. `gain` is in nDCG@10 over the first system, None for that one.

    Times are processor times; milliseconds are of the median question, with its encoding.
    """

    name: str
    ndcg: Estimate
    recall: Estimate
    gain: Estimate | None
    index_seconds: float
    query_ms: float
    peak_mib: float


def rows(
    results: Mapping[str, Mapping[str, Any]], questions: Sequence[GradedQuestion]
) -> list[RetrievalRow]:
    """A row for each system, by the results of `evaluation.peers.measure`."""
    qrels = relevance(questions)
    clusters = {each.id: each.cluster for each in questions}
    lines: list[RetrievalRow] = []
    first: dict[str, float] = {}
    for name, result in results.items():
        run = {
            qid: {pmid: 1 / place for place, pmid in enumerate(ranked, start=1)}
            for qid, ranked in result["rankings"].items()
            if qid in qrels
        }
        ndcg, recall = (measure(run, qrels)[metric] for metric in _MEASURES)
        gains = {qid: value - first[qid] for qid, value in ndcg.items()} if first else None
        first = first or ndcg
        lines.append(
            RetrievalRow(
                name,
                estimate(ndcg, clusters),
                estimate(recall, clusters),
                estimate(gains, clusters) if gains else None,
                result["index_seconds"],
                float(np.median(result["query_seconds"])) * 1000,
                result["peak_mib"],
            )
        )
    return lines


def estimate(values: Mapping[str, float], clusters: Mapping[str, str], seed: int = 0) -> Estimate:
    """The mean over questions; its interval resamples clusters, whose questions share articles."""
    sums: dict[str, list[float]] = {}
    for qid, value in values.items():
        sums.setdefault(clusters[qid], []).append(value)
    totals = np.array([sum(own) for own in sums.values()])
    counts = np.array([len(own) for own in sums.values()])
    drawn = np.random.default_rng(seed).integers(len(totals), size=(_DRAWS, len(totals)))
    means = totals[drawn].sum(1) / counts[drawn].sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(totals.sum() / counts.sum()), float(low), float(high))


def ratios(values: Iterable[float]) -> list[float]:
    """Each value as a multiple of the first."""
    first, *rest = values
    return [1.0, *(value / first for value in rest)]
