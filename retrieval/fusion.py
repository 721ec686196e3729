"""Several rankings into one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TypeVar

from retrieval.passage import Evidence

Item = TypeVar("Item", bound=Hashable)

# The constant of the paper; it keeps one list's first place from outweighing agreement.
RRF_K = 60


def reciprocal_rank_fusion(rankings: Sequence[Sequence[Item]], k: int = RRF_K) -> dict[Item, float]:
    """Score of every item: the sum over the rankings that hold it of 1 / (k + rank), rank from 1.

    Source: Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and
    individual rank learning methods", SIGIR 2009.
    """
    scores: dict[Item, float] = defaultdict(float)
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] += 1.0 / (k + rank)
    return dict(scores)


def fuse(rankings: Sequence[Sequence[Evidence]], weights: Sequence[float]) -> list[Evidence]:
    """The evidence of several queries as one ranking of articles.

    An article's score is the weighted mean of its scores; a query that did not find it gives it the
    lowest score that it gave to any. Each article keeps the passage that ranked it highest.
    """
    total = sum(weight for ranking, weight in zip(rankings, weights, strict=True) if ranking)
    floors = [min((each.score for each in ranking), default=0.0) for ranking in rankings]
    lowest = sum(weight * floor for floor, weight in zip(floors, weights, strict=True))
    scores: dict[str, float] = defaultdict(lambda: lowest)
    best: dict[str, Evidence] = {}
    for ranking, weight, floor in zip(rankings, weights, floors, strict=True):
        for each in ranking:
            pmid = each.article.pmid
            scores[pmid] += weight * (each.score - floor)
            if pmid not in best or each.rank < best[pmid].rank:
                best[pmid] = each
    ordered = sorted(best, key=lambda pmid: (-scores[pmid], pmid))
    return [
        replace(best[pmid], rank=rank, score=scores[pmid] / total)
        for rank, pmid in enumerate(ordered, start=1)
    ]
