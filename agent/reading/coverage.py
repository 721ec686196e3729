"""Whether the best articles speak of what is asked, element by element.

A near miss shares nearly all its words with a question: another disease, drug, end point or
population. The alignment network that the verifier uses for claims (`agent.language.alignment`) is
trained here on questions that differ in one element from those an article answers: does the
article, by its title and best sentences, answer the question, and which of its words does it not
speak of?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agent.language.tokens import joined, shipped_encoder
from agent.reading.features import Read

if TYPE_CHECKING:
    from agent.language.alignment import Aligner

Matrix = npt.NDArray[np.float64]

NETWORKS = "coverage.safetensors"
COLUMNS = ("answers_first", "answers_best", "doubt_first", "doubt_least")
# The best articles, by their best sentence, and the sentences read of each.
_ARTICLES, _SENTENCES = 4, 3


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the best articles stand to a question, the best one first.

    `answers` (articles,) are log-odds that an article answers it, `doubts` (articles, tokens)
    logits that an article does not speak of a token of the question.
    """

    answers: Matrix
    doubts: Matrix

    def features(self) -> Matrix:
        """(columns,) values, in the order of `COLUMNS`."""
        doubt = self.doubts.max(axis=1)
        return np.array([self.answers[0], self.answers.max(), doubt[0], doubt.min()])


def coverage_of(networks: Aligner, question: str, articles: Sequence[Sequence[str]]) -> Coverage:
    """How articles, each given as its title and sentences, stand to a question."""
    texts = [question, *(text for article in articles for text in article)]
    vectors = dict(zip(texts, shipped_encoder().encode(texts), strict=True))
    pairs = [(vectors[question], joined([vectors[text] for text in each])) for each in articles]
    readings = networks.read(pairs)
    relations = np.array([reading.relation for reading in readings])
    return Coverage(
        relations[:, 0] - np.logaddexp.reduce(relations[:, 1:], axis=1),
        np.array([reading.claim for reading in readings]),
    )


def best_texts(articles: Sequence[Read], scores: Matrix) -> list[tuple[str, ...]]:
    """Title and best sentences of the best articles, in the order of their best sentence.

    Args:
        scores: of every sentence of all articles in order.
    """
    texts: list[tuple[float, tuple[str, ...]]] = []
    start = 0
    for article in articles:
        own = scores[start : start + len(article.sentences)]
        start += len(own)
        best = sorted(np.argsort(-own, kind="stable")[:_SENTENCES].tolist())
        sentences = (article.sentences[place].text for place in best)
        title = article.evidence.article.title
        texts.append((float(own.max()), tuple(text for text in (title, *sentences) if text)))
    texts.sort(key=lambda scored: -scored[0])
    return [text for _, text in texts[:_ARTICLES]]


@lru_cache(maxsize=1)
def shipped_networks() -> Aligner:
    """The networks that ship with the reader."""
    from agent.language.alignment import Aligner

    with as_file(files("agent.reading").joinpath("weights", NETWORKS)) as path:
        return Aligner.load(path)
