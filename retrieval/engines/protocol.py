"""The interface between ranking and engines, wherever they run.

An engine retrieves the dense and lexical candidates of a question and supplies all scores of every
candidate: the vectors of its passages, and the lexical score of an article that lexical search did
not list. Only `retrieval.ranking` combines scores, so that all engines rank alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from retrieval.encoder import Vectors
from retrieval.engines.dense import Bitmap, Numbers
from retrieval.engines.lexical import LexicalHit, WeightedTerm
from retrieval.filters import Filters


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles that dense and lexical search may return.

    All engines apply `filters`. The dense search of the local one is restricted to `passages`,
    unless None.
    """

    filters: Filters
    passages: Bitmap | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PassageVectors:
    """All passages of some articles, grouped by article, by ascending number.

    `articles` are the store ids of the passages' articles, `vectors` (n, dimension).
    """

    numbers: Numbers
    articles: Numbers
    vectors: Vectors


class Engine(Protocol):
    """The candidates of a question in one index version, and their scores."""

    @property
    def selects(self) -> bool:
        """Whether it applies filters itself, so that passing articles need not be listed."""
        ...

    def nearest(self, vector: Vectors, depth: int, select: Selection) -> Numbers:
        """Store ids of the `depth` articles with the passages nearest to a vector, best first."""
        ...

    def lexical(
        self, terms: Sequence[WeightedTerm], depth: int, filters: Filters, presence: float
    ) -> list[LexicalHit]:
        """The `depth` articles with the highest lexical scores, best first."""
        ...

    def lexical_scores(
        self, terms: Sequence[WeightedTerm], articles: Sequence[int], presence: float
    ) -> dict[int, float]:
        """The lexical scores of these articles, omitting those without any of the terms."""
        ...

    def passages(self, articles: Numbers) -> PassageVectors:
        """The passages of articles given by ascending store id; unindexed articles have none."""
        ...
