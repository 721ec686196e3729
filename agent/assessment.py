"""Whether the evidence can answer the question at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent.planning.local import key_words
from retrieval.passage import Evidence, Retriever

# An article counts when it holds this share of what the question names, rare words weighing more.
# It is the whole article that counts: a finding on the drug alone, or on the disease alone, from
# papers that never speak of both is how a wrong answer comes about.
LEAST_COVERAGE = 0.6
# The nearest passage must have at least this cosine to the question.
LEAST_COSINE = 0.35


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the evidence is good for.

    `relevant` are the PMIDs of articles that cover enough of the question, best first; `coverage`
    is the best article's; `missing` are terms of the question that none of the evidence holds.
    """

    relevant: tuple[str, ...]
    reason: str
    coverage: float
    missing: tuple[str, ...] = ()

    @property
    def enough(self) -> bool:
        return bool(self.relevant)


def assess(question: str, evidence: Sequence[Evidence], retriever: Retriever) -> Assessment:
    """Which of the articles found can answer the question."""
    if not evidence:
        return Assessment((), "no article was found", 0.0)
    total = len(retriever)
    asked = retriever.terms(" ".join(key_words(question)))
    weights = {term: math.log(1 + total / (1 + retriever.frequency(term))) for term in asked}
    everything = sum(weights.values())
    if not everything:
        return Assessment((), "the question names nothing that can be searched for", 0.0)
    coverage: dict[str, float] = {}
    seen: set[str] = set()
    for each in evidence:
        article = each.article
        if article.pmid not in coverage:
            terms = set(retriever.terms(" ".join((article.text, *article.keywords, *article.mesh))))
            coverage[article.pmid] = sum(weights[t] for t in asked if t in terms) / everything
            seen |= terms
    best = max(coverage.values())
    missing = tuple(term for term in asked if term not in seen)
    relevant = tuple(pmid for pmid, share in coverage.items() if share >= LEAST_COVERAGE)
    if not relevant:
        named = f"; nothing was found on “{', '.join(missing)}”" if missing else ""
        return Assessment((), f"no article speaks of all that is asked{named}", best, missing)
    if max((each.dense_score or 0.0 for each in evidence), default=0.0) < LEAST_COSINE:
        return Assessment((), "no passage is close to the question", best, missing)
    return Assessment(relevant, "", best, missing)
