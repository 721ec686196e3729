"""A classifier of questions by their meaning: for the literature, or in which way not.

Multinomial logistic regression over the vector that the encoder gives the question and what the
rules say of its words. Trained by `evaluation.training.scope.train` on made-up questions and on real ones
that were asked of the literature; measured on a list that was written before (docs/answers.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import orjson

from agent.plan import Scope
from agent.triage.rules import marks
from retrieval.encoder import Meaning, Vectors

WEIGHTS = "weights.json"
# What a mark counts beside a unit vector; part of the weights.
MARK = 0.5
# A question is turned away where literature is less likely than this: a literature question turned
# away is worse than another one searched for in vain.
_LEAST = 0.3
_LEAST_OUTSIDE = 0.08
# And taken for an emergency from here on: one that is missed is worst of all.
_EMERGENCY = 0.3

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Weights:
    encoder: str
    scopes: tuple[Scope, ...]
    matrix: Probabilities
    bias: Probabilities


def classified(question: str, meaning: Meaning) -> Scope | None:
    """The scope of a question; None where the weights are of another encoder."""
    weights = _weights()
    if meaning.encoder != weights.encoder:
        return None
    scores = weights.matrix @ features(question, meaning.vectors[0]) + weights.bias
    return decided(dict(zip(weights.scopes, _softmax(scores).tolist(), strict=True)))


def features(question: str, vector: Vectors) -> Probabilities:
    """What the classifier reads."""
    return np.concatenate((vector, MARK * np.array(marks(question), dtype=np.float64)))


def decided(likely: dict[Scope, float]) -> Scope:
    """The scope that is acted on, by the probability of each."""
    literature = likely[Scope.LITERATURE]
    if literature >= _LEAST:
        return Scope.LITERATURE
    if likely[Scope.EMERGENCY] >= _EMERGENCY:
        return Scope.EMERGENCY
    scope = max(likely, key=likely.__getitem__)
    if scope is Scope.OUTSIDE and literature >= _LEAST_OUTSIDE:
        return Scope.LITERATURE
    return scope


def _softmax(scores: Probabilities) -> Probabilities:
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum())


@lru_cache(maxsize=1)
def _weights() -> _Weights:
    said = orjson.loads(files("agent.triage").joinpath(WEIGHTS).read_bytes())
    return _Weights(
        said["encoder"],
        tuple(Scope(name) for name in said["scopes"]),
        np.array(said["matrix"]),
        np.array(said["bias"]),
    )
