"""What a ranking asks of an engine, wherever it runs.

An engine brings the candidates of a question from both sides, and gives every candidate every
score: the vectors of its passages, and the lexical score of an article that the lexical side did
not list.
How scores are added is `retrieval.ranking`'s alone, so that engines rank alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from retrieval.encoder import Vectors
from retrieval.engines.dense import Numbers
from retrieval.engines.lexical import LexicalHit, Term
from retrieval.passage import Filters

# Takes store ids, gives back those that pass a filter which too many pass to list them.
Check = Callable[[list[int]], set[int]]


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles that a query may find, for both sides.

    All engines go by `filters`. The local one's dense side goes by these `passages`, by a `check`,
    or, where both are None, by nothing.
    """

    filters: Filters
    passages: Numbers | None = None
    check: Check | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PassageVectors:
    """All passages of some articles, an article's together, by ascending number.

    `articles` are the store ids of the passages' articles, `vectors` (n, dimension).
    """

    numbers: Numbers
    articles: Numbers
    vectors: Vectors


class Engine(Protocol):
    """The candidates of a question in one index version, and their scores."""

    @property
    def selects(self) -> bool:
        """Whether it goes by filters alone, so that nobody need list what passes them."""
        ...

    def nearest(self, vector: Vectors, depth: int, select: Selection) -> Numbers:
        """Store ids of the `depth` articles with the passages nearest to a vector, best first."""
        ...

    def lexical(
        self, terms: Sequence[Term], depth: int, filters: Filters, presence: float
    ) -> list[LexicalHit]:
        """The `depth` articles that share most with these terms, best first."""
        ...

    def lexical_scores(
        self, terms: Sequence[Term], articles: Sequence[int], presence: float
    ) -> dict[int, float]:
        """The lexical scores of these articles; those that hold no term are left out."""
        ...

    def passages(self, articles: Numbers) -> PassageVectors:
        """The passages of articles given by ascending store id; those not indexed have none."""
        ...
