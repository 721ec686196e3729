"""Classify the scope of a question by its meaning.

Multinomial logistic regression over the question's vector from the encoder and the outcomes of the
rules. Trained by `evaluation.training.scope.train` on invented questions and on real questions to
the literature; measured on a list that was written before training (docs/answers.md).
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
# The scale of a rule's outcome relative to the unit vector; the weights depend on it.
MARK = 0.5
# A question is turned away only if literature is less likely than this: turning away a literature
# question is worse than searching in vain.
_LEAST = 0.3
_LEAST_OUTSIDE = 0.08
# The lowest probability that counts as an emergency: missing one is the worst error.
_EMERGENCY = 0.3

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Weights:
    encoder: str
    scopes: tuple[Scope, ...]
    matrix: Probabilities
    bias: Probabilities


def classified(question: str, meaning: Meaning) -> Scope | None:
    """The scope of a question; None where the weights belong to another encoder."""
    weights = _weights()
    if meaning.encoder != weights.encoder:
        return None
    scores = weights.matrix @ features(question, meaning.vectors[0]) + weights.bias
    return decided(dict(zip(weights.scopes, _softmax(scores).tolist(), strict=True)))


def features(question: str, vector: Vectors) -> Probabilities:
    """The classifier's input."""
    return np.concatenate((vector, MARK * np.array(marks(question), dtype=np.float64)))


def decided(likely: dict[Scope, float]) -> Scope:
    """The scope to act on, given the probability of each."""
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
    stored = orjson.loads(files("agent.triage").joinpath(WEIGHTS).read_bytes())
    return _Weights(
        stored["encoder"],
        tuple(Scope(name) for name in stored["scopes"]),
        np.array(stored["matrix"]),
        np.array(stored["bias"]),
    )
