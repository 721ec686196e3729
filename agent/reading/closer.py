"""A closer look at the best sentences: question and sentence, word against word.

The alignment network that the verifier uses for claims (`agent.language.alignment`) is trained
here on graded questions: how does this sentence, with its title, relate to the question? Trees then
score the sentence anew, from what the first trees saw, what they said, and what the network says.
There are two sets of them. Those that learned from all questions give the expected grade, which
also says how likely it is that anything answers; those that learned only from questions with an
answer give the order in which to quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from agent.language.concepts import shipped_concepts
from agent.language.tokens import joined, shipped_encoder
from agent.trees import Trees

if TYPE_CHECKING:
    from agent.language.alignment import Aligner

Matrix = npt.NDArray[np.float64]
Places = npt.NDArray[np.signedinteger[Any]]

NETWORKS = "closer.safetensors"
# So many sentences are looked at again: to say how good they are, and to order them.
_LOOKED_AT = 8
ORDERED = 12
# What the network's classes are worth, in its order: answers, misleads, neither, in part.
_WORTH = np.array([1.0, -0.35, 0.0, 0.6])
# Sentences that are not looked at come after those that are.
_STEP_DOWN = 0.05

_COLUMNS = (
    "score", "score_below", "score_rank", "answers_it", "misleads", "neither", "in_part", "worth",
    "worth_below", "worth_rank",
)  # fmt: skip


def looked_at(scores: Matrix, most: int = _LOOKED_AT) -> Places:
    """The places of the sentences worth a closer look, the best first."""
    return np.argsort(-scores)[:most]


def worth(relations: Matrix) -> Matrix:
    """(n,) expected grades from (n, 4) logits of the network."""
    return np.asarray(_softmax(relations) @ _WORTH)


def closer_columns(columns: Sequence[str]) -> tuple[str, ...]:
    """Names of what `closer_rows` gives."""
    return (*columns, *_COLUMNS)


def closer_rows(rows: Matrix, scores: Matrix, places: Places, relations: Matrix) -> Matrix:
    """(places, features) of the sentences looked at.

    Args:
        rows: (sentences, features) that the first trees saw.
        scores: of all sentences, by the first trees.
        places: of those looked at.
        relations: (places, 4) logits of the network.
    """
    expected = worth(relations)
    ranks = np.argsort(np.argsort(-scores))
    columns: list[npt.NDArray[Any]] = [
        rows[places],
        scores[places],
        scores[places] - scores.max(),
        ranks[places],
        _softmax(relations),
        expected,
        expected - expected.max(),
        np.argsort(np.argsort(-expected)),
    ]
    return np.asarray(np.column_stack(columns), dtype=np.float64)


def replaced(scores: Matrix, places: Places, better: Matrix) -> Matrix:
    """All scores, with the better ones of those looked at on top."""
    combined: Matrix = np.minimum(scores, better.min()) - _STEP_DOWN
    combined[places] = better
    return combined


def relations_of(
    aligner: Aligner, question: str, sentences: Sequence[tuple[str, str]]
) -> npt.NDArray[np.float64]:
    """(n, 4) logits of (title, sentence) pairs against the question in their words."""
    concepts = shipped_concepts()
    worded = [concepts.in_words_of(question, " ".join(pair)).text for pair in sentences]
    texts = list(dict.fromkeys([*worded, *(text for pair in sentences for text in pair if text)]))
    known = dict(zip(texts, shipped_encoder().encode(texts), strict=True))
    pairs = [
        (known[asked], joined([known[text] for text in pair if text]))
        for asked, pair in zip(worded, sentences, strict=True)
    ]
    return np.array([each.relation for each in aligner.read(pairs)])


@dataclass(frozen=True, slots=True)
class Looked:
    """What a closer look gives: (sentences,) expected grades anew and scores to order by, and
    `worth`, the network's expected grades of the eight best, if it was asked.
    """

    scores: Matrix
    order: Matrix
    worth: Matrix | None


@dataclass(frozen=True, slots=True)
class Closer:
    """The trees that score anew, with the names of their columns."""

    columns: tuple[str, ...]
    trees: Trees
    order: Trees

    def look(
        self,
        networks: Aligner,
        question: str,
        sentences: Sequence[tuple[str, str]],
        rows: Matrix,
        scores: Matrix,
    ) -> Looked:
        """Score the best sentences anew.

        Args:
            sentences: (title, sentence) of all.
            rows: their features, as the first trees saw them.
            scores: by the first trees.
        """
        places = looked_at(scores, ORDERED)
        relations = relations_of(networks, question, [sentences[place] for place in places])
        best, best_relations = places[:_LOOKED_AT], relations[:_LOOKED_AT]
        again, order = (
            replaced(scores, some, np.asarray(trees(closer_rows(rows, scores, some, told))))
            for trees, some, told in (
                (self.trees, best, best_relations),
                (self.order, places, relations),
            )
        )
        return Looked(again, order, worth(best_relations))


@lru_cache(maxsize=2)
def shipped_networks(name: str = NETWORKS) -> Aligner:
    """Alignment networks that ship with the reader, by the name of their file."""
    from agent.language.alignment import Aligner

    with as_file(files("agent.reading").joinpath("weights", name)) as path:
        return Aligner.load(path)


def _softmax(logits: Matrix) -> Matrix:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
