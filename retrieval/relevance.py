"""Rank records by the decisions made so far: a logistic regression on articles' vectors.

Active learning as in technology-assisted review: records that nobody has decided on count as weak
negatives (Cormack and Grossman, "Autonomy and reliability of continuous active learning for
technology-assisted review", 2015), so that a model is there from the first inclusion on.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from retrieval.encoder import Vectors
from retrieval.engines.dense import Numbers

# Weights of the two sides sum to one each; of the negative side, undecided records have this share.
_UNDECIDED_SHARE = 0.3
# Of the squared weights, against a loss that sums to two.
_PENALTY = 0.01
_ROUNDS = 25
_TOLERANCE = 1e-6

Scores = npt.NDArray[np.float64]


def relevance(vectors: Vectors, labels: Numbers) -> Scores | None:
    """Log-odds of relevance of each record; None while nothing was included.

    Args:
        vectors: (n, dimension), of unit length.
        labels: (n,) 1 for included, 0 for excluded, -1 for what is not decided.
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
    found = np.zeros(features.shape[1])
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-np.clip(features @ found, -30, 30)))
        gradient = features.T @ (weights * (likely - targets)) + penalty * found
        curved = features.T * (weights * likely * (1 - likely))
        step = np.linalg.solve(curved @ features + np.diag(penalty), gradient)
        found = found - step
        if np.abs(step).max() < _TOLERANCE:
            break
    return found


def ranked(vectors: Vectors, labels: Numbers) -> list[int]:
    """Positions of what is not decided, the likeliest first; in their order before an inclusion."""
    open_ = np.flatnonzero(labels < 0)
    scores = relevance(vectors, labels)
    if scores is not None:
        open_ = open_[np.argsort(-scores[open_], kind="stable")]
    return [int(each) for each in open_]
