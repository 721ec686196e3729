"""Classify the scope of a question by its meaning.

Multinomial logistic regression over the question's vector from the encoder and the outcomes of the
rules. Trained by `evaluation.training.scope.train` on invented, typed and real questions; measured
on lists that nothing was trained on (docs/answers.md).
"""

from __future__ import annotations

from collections.abc import Mapping
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
# Below the first, a question is turned away; below the second, it is searched for with a caution:
# turning away a literature question is worse than searching in vain, and missing an emergency is
# worst.
_LEAST, _DOUBTFUL = 0.1, 0.7
_LEAST_OUTSIDE = 0.08
# The lowest probability that counts as an emergency.
_EMERGENCY = 0.25

Probabilities = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Weights:
    encoder: str
    scopes: tuple[Scope, ...]
    matrix: Probabilities
    bias: Probabilities


@dataclass(frozen=True, slots=True)
class Decision:
    """A scope; `sure` is whether to turn the question away, rather than only to caution."""

    scope: Scope
    sure: bool = True


def classified(question: str, meaning: Meaning) -> Decision | None:
    """The scope of a question; None where the weights belong to another encoder."""
    weights = _weights()
    if meaning.encoder != weights.encoder:
        return None
    scores = weights.matrix @ features(question, meaning.vectors[0]) + weights.bias
    return decided(dict(zip(weights.scopes, _softmax(scores).tolist(), strict=True)))


def features(question: str, vector: Vectors) -> Probabilities:
    """The classifier's input."""
    return np.concatenate((vector, MARK * np.array(marks(question), dtype=np.float64)))


def decided(likely: Mapping[Scope, float]) -> Decision:
    """The scope to act on, given the probability of each."""
    literature = likely[Scope.LITERATURE]
    others = {scope: value for scope, value in likely.items() if scope is not Scope.LITERATURE}
    scope = max(others, key=others.__getitem__)
    if likely[Scope.EMERGENCY] >= _EMERGENCY:
        scope = Scope.EMERGENCY
    if scope is Scope.OUTSIDE:
        return Decision(scope if literature < _LEAST_OUTSIDE else Scope.LITERATURE)
    if literature >= _DOUBTFUL:
        return Decision(Scope.LITERATURE)
    return Decision(scope, sure=literature < _LEAST)


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
