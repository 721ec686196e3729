"""Linear heads on the encoder's vectors: roles of sentences, kinds of questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

from retrieval.encoder import Vectors

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """Multinomial logistic regression: (classes, dimension) weights and (classes,) bias."""

    weights: Matrix
    bias: Matrix

    def __call__(self, vectors: Vectors) -> Matrix:
        """(n, classes) probabilities."""
        logits = vectors @ self.weights.T + self.bias
        raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=-1, keepdims=True))


@dataclass(frozen=True, slots=True)
class Heads:
    """`role` gives BACKGROUND, OBJECTIVE, METHODS, RESULTS, CONCLUSIONS of a sentence; `question`
    the kind of a question; `sentence` the kind of question a sentence answers; `answer` (two
    classes) whether a sentence answers anything; `interaction` (two classes, on the product of the
    two vectors) whether it answers this one.
    """

    role: Head
    question: Head
    sentence: Head
    answer: Head
    interaction: Head

    def named(self) -> Iterator[tuple[str, Head]]:
        """Each head with its name."""
        return ((name, getattr(self, name)) for name in self.names())

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return tuple(each.name for each in fields(cls))

    @classmethod
    def of(cls, heads: Mapping[str, Head]) -> Self:
        """Heads by name."""
        return cls(**heads)

    def roles(self, vectors: Vectors) -> Matrix:
        return self.role(vectors)

    def question_kinds(self, vector: Vectors) -> Matrix:
        return np.asarray(self.question(vector[None, :])[0])

    def sentence_kinds(self, vectors: Vectors) -> Matrix:
        return self.sentence(vectors)

    def answers(self, vectors: Vectors) -> Matrix:
        return self.answer(vectors)[:, 1]

    def pair(self, question: Vectors, vectors: Vectors) -> Matrix:
        return self.interaction(vectors * question)[:, 1]
