"""Whether the best article addresses each element of a question.

A near miss is a question that differs from what an article answers in one element, such as the
disease, drug, end point or population, so that nearly all its words occur in the article. The
alignment network that the verifier uses for claims (`agent.language.alignment`) is trained on such
questions: from an article's title and best sentences it predicts whether the article answers, and
which words of the question it does not address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agent.language.concepts import shipped_concepts
from agent.language.tokens import joined, shipped_encoder
from agent.reading.features import Read

if TYPE_CHECKING:
    from agent.language.alignment import Aligner

Matrix = npt.NDArray[np.float64]

NETWORKS = "coverage.safetensors"
# The sentences read of an article.
_SENTENCES = 3


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well an article covers a question.

    `answers` are the log-odds that it answers; `doubts` (tokens,) are logits that it does not
    address a token of the question.
    """

    answers: float
    doubts: Matrix

    def features(self) -> Matrix:
        """The inputs of the calibration: `answers` and the highest doubt."""
        return np.array([self.answers, self.doubts.max()])


def coverage_of(networks: Aligner, question: str, article: Sequence[str]) -> Coverage:
    """The coverage of a question by an article, given as its title and sentences.

    The question is reworded in the article's terms, so the encoder need not know synonyms.
    """
    question = shipped_concepts().in_words_of(question, " ".join(article)).text
    asked, *texts = shipped_encoder().encode([question, *article])
    (reading,) = networks.read([(asked, joined(texts))])
    relation = reading.relation
    return Coverage(float(relation[0] - np.logaddexp.reduce(relation[1:])), reading.claim)


def best_article(articles: Sequence[Read], scores: Matrix) -> tuple[str, ...]:
    """The title and the best sentences, in their order, of the article with the best sentence.

    Args:
        scores: of every sentence of all articles in order.
    """
    place = int(np.argmax(scores))
    for article in articles:
        count = len(article.sentences)
        if place < count:
            break
        place, scores = place - count, scores[count:]
    best = sorted(np.argsort(-scores[:count], kind="stable")[:_SENTENCES].tolist())
    texts = (article.evidence.article.title, *(article.sentences[i].text for i in best))
    return tuple(text for text in texts if text)
