"""The engine on this machine: FAISS and tantivy over the files of an index version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from retrieval.encoder import Vectors
from retrieval.engines.dense import DenseIndex, Numbers
from retrieval.engines.lexical import LexicalHit, LexicalIndex, WeightedTerm
from retrieval.engines.protocol import PassageVectors, Selection
from retrieval.filters import Filters

_MOST_PASSAGES = 50_000


class Owners(Protocol):
    """Maps passages to articles and back: `retrieval.passage_table`."""

    def articles(self, passages: Numbers) -> Numbers: ...

    def of_articles(self, articles: Numbers) -> Numbers: ...


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """An `Engine` over open indexes."""

    dense: DenseIndex
    words: LexicalIndex
    owners: Owners
    selects = False

    def nearest(self, vector: Vectors, depth: int, select: Selection) -> Numbers:
        limit = 2 * depth
        most = min(len(self.dense), _MOST_PASSAGES)
        while True:
            _, passages = self.dense.search(vector[None], limit, select.passages)
            owners = self.owners.articles(passages[0][passages[0] >= 0])
            _, first = np.unique(owners, return_index=True)
            articles = owners[np.sort(first)]
            if limit >= most or select.passages is None or len(articles) >= depth:
                return articles[:depth]
            limit *= 4

    def lexical(
        self, terms: Sequence[WeightedTerm], depth: int, filters: Filters, presence: float
    ) -> list[LexicalHit]:
        return self.words.search(terms, depth, filters, presence)

    def lexical_scores(
        self, terms: Sequence[WeightedTerm], articles: Sequence[int], presence: float
    ) -> dict[int, float]:
        return self.words.score(terms, articles, presence)

    def passages(self, articles: Numbers) -> PassageVectors:
        numbers = self.owners.of_articles(articles)
        return PassageVectors(numbers, self.owners.articles(numbers), self.dense.vectors(numbers))
