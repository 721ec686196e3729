"""Queries to ranked articles of one index version: what is near in meaning, what shares words.

Both sides bring candidates; every candidate then gets every score, so that none stands low only
because one side did not list it. The best few say what an answer looks like: their mean vector is
searched for once more, and nearness to it counts beside nearness to the question (pseudo-relevance
feedback after Rocchio, "Relevance feedback in information retrieval", 1971).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from retrieval.dense import Numbers
from retrieval.encoder import Vectors
from retrieval.lexical import PRESENCE, LexicalHit, Term
from retrieval.opened import IndexVersion
from retrieval.passage import Filters

_FEEDBACK_ARTICLES = 3
# Softmax over their scores: how much the first outweighs the third.
_TEMPERATURE = 0.04
_MOST_PASSAGES = 50_000

# Takes store ids, gives back those that pass a filter which too many pass to list them.
Check = Callable[[list[int]], set[int]]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each signal counts. Tuned on two thirds of BioASQ; docs/retrieval.md has the ablation.

    `presence` is a part of the lexical score (see `retrieval.lexical`); `expansion` is the weight
    of a term that only another form of an abbreviation holds, beside 1 for the question's own.
    """

    dense: float = 1.0
    lexical: float = 1.0
    presence: float = PRESENCE
    feedback: float = 0.8
    expansion: float = 0.1


DEFAULT = Weights()


@dataclass(slots=True)
class Candidate:
    """An article on its way through the ranking, by its store id; `passage` is its nearest."""

    article: int
    passage: int = -1
    dense_rank: int | None = None
    dense_score: float = 0.0
    lexical_rank: int | None = None
    lexical_score: float = 0.0
    feedback_score: float | None = None
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Selection:
    """The articles that a query may find, for both sides.

    The lexical side goes by `filters`; the dense one by these `passages`, by a `check`, or, where
    both are None, by nothing.
    """

    filters: Filters
    passages: Numbers | None = None
    check: Check | None = None


def rank(
    version: IndexVersion,
    texts: Sequence[str],
    vectors: Vectors,
    depth: int,
    select: Selection,
    weights: Weights = DEFAULT,
) -> list[list[Candidate]]:
    """Candidates of each query, best first.

    Args:
        vectors: (n, dimension), one a text.
        depth: how many articles each side brings.
    """
    near = _nearest(version, vectors, depth, select)
    drafts = []
    for text, vector, found in zip(texts, vectors, near, strict=True):
        terms = _terms(version, text, weights)
        hits = version.lexical.search(terms, depth, select.filters, weights.presence)
        drafts.append(_Draft(version, terms, vector, weights, found, hits))
    if weights.feedback:
        centres = np.stack([draft.centre() for draft in drafts])
        again = _nearest(version, centres, depth, select)
        for draft, centre, found in zip(drafts, centres, again, strict=True):
            draft.widen([article for article, _, _ in found], centre)
    return [draft.ranked() for draft in drafts]


def _terms(version: IndexVersion, text: str, weights: Weights) -> list[Term]:
    """A query's own terms, and those of other forms of the abbreviations that it holds."""
    own = [Term(term) for term in version.lexical.terms(text)]
    if not weights.expansion:
        return own
    other = version.abbreviations.expansions(text)
    return own + [Term(term, weights.expansion) for term in dict.fromkeys(other)]


class _Draft:
    """The candidates of one query."""

    def __init__(
        self,
        version: IndexVersion,
        terms: list[Term],
        vector: Vectors,
        weights: Weights,
        near: list[tuple[int, int, float]],
        hits: list[LexicalHit],
    ) -> None:
        self._version, self._terms, self._vector, self._weights = version, terms, vector, weights
        self._found: dict[int, Candidate] = {}
        for place, (article, passage, score) in enumerate(near, start=1):
            self._found[article] = Candidate(article, passage, place, score)
        for place, hit in enumerate(hits, start=1):
            candidate = self._found.setdefault(hit.article, Candidate(hit.article))
            candidate.lexical_rank, candidate.lexical_score = place, hit.score
        self._complete([a for a, c in self._found.items() if c.passage < 0])

    def _complete(self, articles: list[int]) -> None:
        """The nearest passage of articles that the dense side did not list."""
        for article, passage, score in _best(self._version, articles, self._vector):
            candidate = self._found[article]
            candidate.passage, candidate.dense_score = passage, score

    def centre(self) -> Vectors:
        """What the best candidates have in common, as a unit vector."""
        best = sorted(self._found.values(), key=lambda c: (-self._base(c), c.article))
        best = best[:_FEEDBACK_ARTICLES]
        if not best:
            return self._vector
        scores = np.array([self._base(c) for c in best], dtype=np.float32)
        share = np.exp((scores - scores.max()) / _TEMPERATURE)
        passages = np.array([c.passage for c in best], dtype=np.int64)
        centre = (share / share.sum()) @ self._version.dense.vectors(passages)
        return np.asarray(centre / (np.linalg.norm(centre) or 1.0), dtype=np.float32)

    def widen(self, articles: list[int], centre: Vectors) -> None:
        """Take in what lies near the centre, and say how near to it every candidate lies."""
        new = [article for article in articles if article not in self._found]
        self._found.update((article, Candidate(article)) for article in new)
        self._complete(new)
        for article, _, score in _best(self._version, list(self._found), centre):
            self._found[article].feedback_score = score

    def ranked(self) -> list[Candidate]:
        """All candidates with all scores, best first."""
        unknown = [c.article for c in self._found.values() if c.lexical_rank is None]
        scores = self._version.lexical.score(self._terms, unknown, self._weights.presence)
        for article, score in scores.items():
            self._found[article].lexical_score = score
        for each in self._found.values():
            each.score = self._base(each) + self._weights.feedback * (each.feedback_score or 0.0)
        kept = [c for c in self._found.values() if c.passage >= 0]
        return sorted(kept, key=lambda c: (-c.score, c.article))

    def _base(self, candidate: Candidate) -> float:
        weights = self._weights
        return weights.dense * candidate.dense_score + weights.lexical * candidate.lexical_score


def _nearest(
    version: IndexVersion, vectors: Vectors, depth: int, select: Selection
) -> list[list[tuple[int, int, float]]]:
    """For each vector (article, its nearest passage, cosine) of `depth` articles, best first."""
    wanted = 2 * depth
    most = min(version.manifest.passages, _MOST_PASSAGES)
    while True:
        scores, passages = version.dense.search(vectors, wanted, select.passages)
        found = [
            _by_article(version, row, score) for row, score in zip(passages, scores, strict=True)
        ]
        if select.check:
            passing = select.check(list({hit[0] for hits in found for hit in hits}))
            found = [[hit for hit in hits if hit[0] in passing] for hits in found]
        narrowed = select.check is not None or select.passages is not None
        if wanted >= most or not narrowed or all(len(hits) >= depth for hits in found):
            return [hits[:depth] for hits in found]
        wanted *= 4


def _by_article(
    version: IndexVersion, passages: Numbers, scores: Vectors
) -> list[tuple[int, int, float]]:
    """(article, passage, score): the first, and so nearest, passage of each article."""
    kept = passages >= 0
    passages, scores = passages[kept], scores[kept]
    best: dict[int, tuple[int, int, float]] = {}
    for article, passage, score in zip(
        version.table.articles(passages).tolist(), passages.tolist(), scores.tolist(), strict=True
    ):
        best.setdefault(article, (article, passage, score))
    return list(best.values())


def _best(
    version: IndexVersion, articles: Sequence[int], vector: Vectors
) -> list[tuple[int, int, float]]:
    """(article, its nearest passage, cosine) of these articles; those not indexed are left out."""
    passages = version.table.of_articles(np.sort(np.array(articles, dtype=np.int64)))
    if not len(passages):
        return []
    scores = version.dense.vectors(passages) @ vector
    order = np.argsort(-scores, kind="stable")
    return _by_article(version, passages[order], scores[order])
