"""Rank records by the decisions made so far: a logistic regression on articles' vectors.

Active learning as in technology-assisted review: undecided records count as weak negatives (Cormack
and Grossman, "Autonomy and reliability of continuous active learning for technology-assisted
review", 2015), so that there is a model from the first inclusion on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from retrieval.encoder import Vectors
from retrieval.engines.dense import Numbers

# The weights of each class sum to one; undecided records have this share of the negative class.
_UNDECIDED_SHARE = 0.3
# Penalty on the squared coefficients, relative to a loss with a total weight of two.
_PENALTY = 0.01
_ROUNDS = 25
_TOLERANCE = 1e-6

Scores = npt.NDArray[np.float64]


def relevance(vectors: Vectors, labels: Numbers) -> Scores | None:
    """Log-odds of relevance of each record; None while no record is included.

    Args:
        vectors: (n, dimension), of unit length.
        labels: (n,) 1 for included, 0 for excluded, -1 for undecided.
    """
    included, excluded, undecided = labels == 1, labels == 0, labels < 0
    if not included.any() or included.all():
        return None
    share = 1.0 if not excluded.any() else _UNDECIDED_SHARE
    share = share if undecided.any() else 0.0
    weights = np.zeros(len(labels))
    weights[included] = 1 / included.sum()
    if share:
        weights[undecided] = share / undecided.sum()
    if share < 1:
        weights[excluded] = (1 - share) / excluded.sum()
    centred = vectors - vectors.mean(axis=0)
    scale = float(np.linalg.norm(centred, axis=1).mean()) or 1.0
    features = np.hstack([centred / scale, np.ones((len(labels), 1))]).astype(np.float64)
    return np.asarray(features @ _fit(features, included.astype(np.float64), weights))


def _fit(features: Scores, targets: Scores, weights: Scores) -> Scores:
    """The coefficients, by Newton's method; the last one, the intercept, is not penalised."""
    penalty = np.full(features.shape[1], _PENALTY)
    penalty[-1] = 1e-9
    coefficients = np.zeros(features.shape[1])
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-np.clip(features @ coefficients, -30, 30)))
        gradient = features.T @ (weights * (likely - targets)) + penalty * coefficients
        curved = features.T * (weights * likely * (1 - likely))
        step = np.linalg.solve(curved @ features + np.diag(penalty), gradient)
        coefficients = coefficients - step
        if np.abs(step).max() < _TOLERANCE:
            break
    return coefficients


def ranked(vectors: Vectors, labels: Numbers) -> list[int]:
    """Positions of undecided records, likeliest first; unsorted before the first inclusion."""
    undecided = np.flatnonzero(labels < 0)
    scores = relevance(vectors, labels)
    if scores is not None:
        undecided = undecided[np.argsort(-scores[undecided], kind="stable")]
    return [int(position) for position in undecided]
