"""Whether a question can only be understood after an earlier one, by its meaning.

Logistic regression on the vector of the question and its number of words. Trained by
`evaluation.training.followups.train` on written follow-ups and on questions that stand alone; how
good it is: docs/answers.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import orjson

from retrieval.encoder import Meaning, Vectors

WEIGHTS = "dependence.json"
# The scale of a unit vector relative to the logarithm of the number of words.
_SCALE = 4.0
# Log-odds from which a question counts as a follow-up. Adding words to a question that stands alone
# is worse than asking a follow-up as it was typed.
_SURE = 2.0

Features = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Weights:
    encoder: str
    weights: Features
    bias: float


def depends(question: str, meaning: Meaning) -> bool:
    """Whether the question is surely a follow-up; False where the weights fit another encoder."""
    weights = _weights()
    if meaning.encoder != weights.encoder:
        return False
    (row,) = features([question], meaning.vectors[:1])
    return float(row @ weights.weights) + weights.bias > _SURE


def features(questions: list[str], vectors: Vectors) -> Features:
    """(n, dimension + 1): the model's input."""
    words = np.log1p([[len(question.split())] for question in questions])
    return np.concatenate([_SCALE * np.asarray(vectors, np.float64), words], axis=1)


@lru_cache(maxsize=1)
def _weights() -> _Weights:
    stored = orjson.loads(files("agent.planning.followup").joinpath(WEIGHTS).read_bytes())
    return _Weights(stored["encoder"], np.array(stored["weights"]), stored["bias"])
