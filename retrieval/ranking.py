"""Rank the articles of one index version by dense and lexical similarity to queries.

Both searches contribute candidates; every candidate then gets both scores, so that none ranks low
only because one search did not list it. The best few are used for pseudo-relevance feedback:
similarity to their mean vector is added to similarity to the question (after Rocchio, "Relevance
feedback in information retrieval", 1971).

Several variants of a question are fused by the weighted mean of their scores. Both scores are
linear in the query, so the mean of the vectors and the sum of the weighted terms give that mean
directly: additional variants cost only their encoding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retrieval.encoder import Vectors
from retrieval.engines.dense import Numbers
from retrieval.engines.lexical import PRESENCE, LexicalHit, WeightedTerm
from retrieval.engines.protocol import Engine, Selection
from retrieval.open_version import IndexVersion

_FEEDBACK_ARTICLES = 3
# Temperature of the softmax over the scores of the feedback articles.
_TEMPERATURE = 0.04

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of each signal. Tuned on two thirds of BioASQ; docs/retrieval.md has the ablation.

    `presence` is part of the lexical score (see `retrieval.engines.lexical`); `expansion` is the
    weight of a term from the expansion of an abbreviation, relative to 1 for the question's own.
    """

    dense: float = 1.0
    lexical: float = 1.0
    presence: float = PRESENCE
    feedback: float = 0.8
    expansion: float = 0.1


DEFAULT = Weights()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article by its store id, its passage nearest to the query, and its scores and ranks.

    `passage` is the number of that passage in the index, `place` its position in the article.
    """

    article: int
    passage: int
    place: int
    score: float
    dense_rank: int | None
    dense_score: float
    lexical_rank: int | None
    lexical_score: float
    feedback_score: float | None


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """One question in one or more variants: their mean vector and their combined terms."""

    vector: Vectors
    terms: tuple[WeightedTerm, ...]


def encoded_query(
    version: IndexVersion,
    texts: Sequence[str],
    vectors: Vectors,
    shares: Sequence[float],
    weights: Weights = DEFAULT,
) -> EncodedQuery:
    """Fuse variants of a question into one query.

    Args:
        vectors: (n, dimension), one per text.
        shares: weight of each text.
    """
    part = np.asarray(shares, dtype=np.float32) / sum(shares)
    # The others rephrase the first; the expansions of its abbreviations are added once.
    other = list(dict.fromkeys(version.abbreviations.expansions(texts[0])))
    terms: dict[str, WeightedTerm] = {}
    for number, (text, share) in enumerate(zip(texts, part.tolist(), strict=True)):
        own = version.lexical.terms(text)
        more = other if number == 0 and weights.expansion else []
        for term in version.lexical.weighed(own, more, weights.expansion):
            previous = terms.get(term.text)
            weight = share * term.weight + (previous.weight if previous else 0.0)
            terms[term.text] = WeightedTerm(term.text, term.idf, weight)
    return EncodedQuery(np.asarray(part @ vectors, dtype=np.float32), tuple(terms.values()))


def rank(
    engine: Engine,
    query: EncodedQuery,
    depth: int,
    select: Selection,
    weights: Weights = DEFAULT,
    most: int = 100,
) -> Iterator[Candidate]:
    """The candidates, best first.

    Args:
        depth: number of articles that each search contributes.
        most: number of results needed; others may lack their lexical score.
    """
    near = engine.nearest(query.vector, depth, select)
    hits = engine.lexical(query.terms, depth, select.filters, weights.presence)
    pool = _Pool(engine, query, weights, near, hits)
    if weights.feedback:
        pool.feed_back()
    return pool.ranked(most)


class _Pool:
    """The candidates of one question as columns; an article's passages are contiguous."""

    def __init__(
        self,
        engine: Engine,
        query: EncodedQuery,
        weights: Weights,
        near: Numbers,
        hits: list[LexicalHit],
    ) -> None:
        self._engine, self._query, self._weights = engine, query, weights
        self._near = {article: place for place, article in enumerate(near.tolist(), start=1)}
        self._listed = {hit.article: place for place, hit in enumerate(hits, start=1)}
        self._lexical = {hit.article: hit.score for hit in hits}
        self._feedback: Scores | None = None
        articles = np.union1d(near, np.array(list(self._listed), dtype=np.int64))
        # Articles that are not indexed have no passages and are dropped.
        passages = engine.passages(articles)
        self._passages, self._vectors = passages.numbers, passages.vectors
        self._starts = np.flatnonzero(np.diff(passages.articles, prepend=-1))
        self._articles = passages.articles[self._starts]
        self._cosines = self._vectors @ query.vector
        self._dense = self._best(self._cosines)

    def _best(self, cosines: Vectors) -> Scores:
        """The cosine of each article's nearest passage."""
        if not len(self._starts):
            return np.empty(0)
        return np.maximum.reduceat(cosines, self._starts).astype(np.float64)

    def _base(self) -> Scores:
        scores = self._lexical
        lexical = np.array([scores.get(a, 0.0) for a in self._articles.tolist()])
        return self._weights.dense * self._dense + self._weights.lexical * lexical

    def feed_back(self) -> None:
        """Compute the cosine of every candidate to the weighted mean of the best ones."""
        base = self._base()
        best = np.lexsort((self._articles, -base))[:_FEEDBACK_ARTICLES]
        if not len(best):
            return
        share = np.exp((base[best] - base[best[0]]) / _TEMPERATURE)
        nearest = [self._nearest_of(place) for place in best.tolist()]
        centre = (share / share.sum()) @ self._vectors[nearest]
        unit = np.asarray(centre / (np.linalg.norm(centre) or 1.0), dtype=np.float32)
        self._feedback = self._best(self._vectors @ unit)

    def _nearest_of(self, place: int) -> int:
        """The position of an article's passage nearest to the query."""
        start = int(self._starts[place])
        last = len(self._passages)
        end = int(self._starts[place + 1]) if place + 1 < len(self._starts) else last
        return start + int(np.argmax(self._cosines[start:end]))

    def ranked(self, most: int) -> Iterator[Candidate]:
        """The candidates with their scores, best first."""
        self._lexical |= self._engine.lexical_scores(
            self._query.terms, self._unlisted(most), self._weights.presence
        )
        score = self._scores()
        for place in np.lexsort((self._articles, -score)).tolist():
            yield self._candidate(place, float(score[place]))

    def _unlisted(self, most: int) -> list[int]:
        """Articles not listed by lexical search that can still be among the `most` best.

        Their lexical score is at most that of the last one listed.
        """
        score = self._scores()
        listed = np.array([a in self._lexical for a in self._articles.tolist()], dtype=bool)
        reached = np.sort(score[listed])[-most:]
        least = reached[0] if len(reached) == most else -np.inf
        gain = self._weights.lexical * min(self._lexical.values(), default=0.0)
        return [int(a) for a in self._articles[~listed & (score + gain >= least)]]

    def _scores(self) -> Scores:
        score = self._base()
        if self._feedback is not None:
            score += self._weights.feedback * self._feedback
        return score

    def _candidate(self, place: int, score: float) -> Candidate:
        article = int(self._articles[place])
        nearest = self._nearest_of(place)
        return Candidate(
            article,
            int(self._passages[nearest]),
            nearest - int(self._starts[place]),
            score,
            self._near.get(article),
            float(self._dense[place]),
            self._listed.get(article),
            self._lexical.get(article, 0.0),
            None if self._feedback is None else float(self._feedback[place]),
        )
