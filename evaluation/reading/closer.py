"""Train the reader's closer look: alignment networks, and trees over what they say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import lightgbm
import numpy as np
import numpy.typing as npt
import torch

from agent.language.alignment import Aligner, Relation
from agent.language.tokens import TokenVectors, joined, shipped_encoder
from agent.reading.closer import ORDERED, closer_rows, looked_at
from evaluation.reading.pools import Pool
from evaluation.training.verification.align import Example, Recipe, train

Matrix = npt.NDArray[np.float64]
Vectors = Mapping[str, TokenVectors]

_RELATIONS = {
    3: Relation.SUPPORTS,
    2: Relation.PARTLY,
    1: Relation.NEUTRAL,
    0: Relation.NEUTRAL,
    -1: Relation.REFUTES,
}
# Graded sentences that the first trees miss are learned from as well.
_MISSED = 6
# The share of pools without their answers, and of unjudged sentences, that one pass learns from.
_OF_TAKEN_OUT, _OF_UNJUDGED = 0.4, 0.5
_TAKEN_OUT_WEIGHT, _UNJUDGED_WEIGHT = 0.15, 0.2
_OF_REWORDED = 0.65
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The sentences of a pool that are looked at again.

    `rows` and `scores` are of all sentences, by trees that have not seen the pool; `places` are of
    those looked at, in training also of graded ones that the trees missed. `natural` is a pool as
    it was found; without its answering articles nothing in it answers.
    """

    pool: Pool
    rows: Matrix
    scores: Matrix
    places: npt.NDArray[np.int64]
    natural: bool

    @classmethod
    def of(
        cls, pool: Pool, rows: Matrix, scores: Matrix, *, natural: bool, learn: bool
    ) -> Shortlist:
        places = looked_at(scores)
        if learn and natural:
            graded = np.flatnonzero((pool.grades >= 2) | (pool.grades < 0))
            missed = np.setdiff1d(graded, places)[:_MISSED]
            places = np.concatenate([places, missed])
        return cls(pool, rows, scores, places.astype(np.int64), natural)

    def widened(self) -> Shortlist:
        """The list with all sentences that are to be ordered."""
        places = looked_at(self.scores, ORDERED)
        more = np.setdiff1d(self.places, places)
        return replace(self, places=np.concatenate([places, more]).astype(np.int64))

    @property
    def texts(self) -> list[tuple[str, str]]:
        """(title, sentence) of those looked at."""
        pool = self.pool.articles
        every = [(r.evidence.article.title, s.text) for r in pool for s in r.sentences]
        return [every[place] for place in self.places]

    @property
    def grades(self) -> npt.NDArray[np.int64]:
        grades = self.pool.grades[self.places]
        return grades if self.natural else np.minimum(grades, 0)


def token_vectors(lists: Sequence[Shortlist]) -> dict[str, TokenVectors]:
    """The vectors of every question, title and sentence looked at."""
    texts = {text for each in lists for pair in each.texts for text in pair if text}
    texts |= {each.pool.question.question for each in lists}
    return encoded(texts)


def encoded(texts: Iterable[str]) -> dict[str, TokenVectors]:
    """The vectors of texts, computed by length so that little is padded."""
    ordered = sorted(texts, key=len)
    encoder = shipped_encoder()
    known: dict[str, TokenVectors] = {}
    for start in range(0, len(ordered), _AT_ONCE):
        some = ordered[start : start + _AT_ONCE]
        known.update(zip(some, encoder.encode(some), strict=True))
    return known


def examples(lists: Sequence[Shortlist], random: np.random.Generator) -> list[Example]:
    """What one pass learns from; sentences of one question are set against each other."""
    found = []
    for each in lists:
        question = each.pool.question
        if not each.natural and random.random() > _OF_TAKEN_OUT:
            continue
        judged = each.pool.judged[each.places]
        for texts, grade, known in zip(each.texts, each.grades, judged, strict=True):
            if each.natural and not known and random.random() > _OF_UNJUDGED:
                continue
            pair = question.id if each.natural else ""
            sentences = tuple(text for text in texts if text)
            relation = _RELATIONS[int(grade)]
            found.append(
                Example(
                    question.question, sentences, relation, None, None, pair, question.cluster, ""
                )
            )
    return found


def fit_network(
    lists: Sequence[Shortlist], vectors: Vectors, seed: int, start: torch.nn.Module | None = None
) -> torch.nn.Module:
    """An alignment network of questions and sentences.

    From the weights of `start` it learns for one pass only, on one wording of each question.
    """
    random = np.random.default_rng(seed)
    recipe = Recipe(
        epochs=1 if start else 4, rate=6e-4 if start else 1e-3, batch=48, claim_words=0,
        evidence_words=0, order=0.5, seed=seed, smoothing=0.02,
    )  # fmt: skip
    chosen = one_wording(lists, random) if start else lists
    return train([examples(chosen, random) for _ in range(recipe.epochs)], vectors, recipe, start)


def one_wording(lists: Sequence[Shortlist], random: np.random.Generator) -> list[Shortlist]:
    """Of each question the wording as written or, in two of three cases, the other one."""
    other: dict[str, bool] = {}
    return [
        each
        for each in lists
        if not each.natural
        or other.setdefault(each.pool.question.id, random.random() < _OF_REWORDED)
        == each.pool.question.is_reworded
    ]


def relations(aligner: Aligner, each: Shortlist, vectors: Vectors) -> Matrix:
    """(looked at, 4) logits."""
    asked = vectors[each.pool.question.question]
    pairs = [(asked, joined([vectors[text] for text in pair if text])) for pair in each.texts]
    return np.array([reading.relation for reading in aligner.read(pairs)])


def fit_closer_trees(
    lists: Sequence[tuple[Shortlist, Matrix]],
    worth: Mapping[int, float],
    parameters: dict[str, object],
    seeds: int,
    rounds: int = 200,
) -> list[lightgbm.Booster]:
    """Trees that score the sentences looked at; `lists` come with the network's logits."""
    rows = np.vstack([closer_rows(s.rows, s.scores, s.places, logits) for s, logits in lists])
    wanted = np.concatenate([[worth[int(grade)] for grade in s.grades] for s, _ in lists])
    weight = np.concatenate(
        [
            np.where(s.pool.judged[s.places], 1.0, _UNJUDGED_WEIGHT)
            if s.natural
            else np.full(len(s.places), _TAKEN_OUT_WEIGHT)
            for s, _ in lists
        ]
    )
    return [
        lightgbm.train(
            {**parameters, "seed": seed}, lightgbm.Dataset(rows, wanted, weight=weight), rounds
        )
        for seed in range(seeds)
    ]
