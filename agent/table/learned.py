"""The cells that are learned: networks propose spans, trees judge them, thresholds decide.

What a column's rule reads is a hint to its trees, never a cell. A candidate's probability of being
right is that of `evaluation.table.measure` calling it so; a column's threshold is the probability
from which nearly all shown spans were right on articles that neither networks nor trees had learned
from (weights/README.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from agent.language.ensembles import networks_of, tensors_of
from agent.table.abstract import Abstract, TextSpan
from agent.table.candidates import Matrix, SpanCandidate, candidates, features, span_of
from agent.table.columns import column
from agent.table.tagger import TAGGED, Tagger, new_network
from agent.table.words import Words, words_of
from agent.trees import Trees
from corpora.errors import EncoderError

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = "tagger.safetensors"
# Spans that a cell shows at most.
_MOST = {"outcome": 4, "intervention": 2, "comparator": 2}
# Of overlapping candidates that are about as likely to be right, the one with the best boundaries
# is shown.
_ABOUT = 0.04


@dataclass(frozen=True, slots=True)
class SpanJudge:
    """The trees of a column, which give the log-odds that a candidate is right, and its threshold.

    `least` is the lowest probability that is shown; above 1 the column stays empty.
    """

    trees: Trees
    least: float

    def probabilities(self, rows: Matrix) -> Matrix:
        """(candidates,) probabilities from (candidates, features)."""
        return np.asarray(1 / (1 + np.exp(-self.trees(rows))))


def chosen(
    words: Words, of: Sequence[SpanCandidate], probabilities: Matrix, least: float, most: int
) -> list[SpanCandidate]:
    """The candidates that a cell shows, the most probable first: none that overlap or repeat."""
    texts = [text.casefold() for text in words.texts]
    shown: list[SpanCandidate] = []
    for i in np.argsort(-probabilities, kind="stable").tolist():
        if probabilities[i] < least or len(shown) == most:
            break
        if any(_alike(texts, of[i], other) for other in shown):
            continue
        rivals = [
            each
            for each, probability in zip(of, probabilities, strict=True)
            if probability >= max(least, probabilities[i] - _ABOUT)
            and each.overlaps(of[i])
            and not any(_alike(texts, each, other) for other in shown)
        ]
        shown.append(max(rivals, key=lambda each: each.score))
    return shown


def _alike(texts: Sequence[str], one: SpanCandidate, other: SpanCandidate) -> bool:
    """Whether two candidates overlap, or one has all the words of the other."""
    if one.overlaps(other):
        return True
    words = set(texts[one.first : one.last + 1]), set(texts[other.first : other.last + 1])
    return words[0] <= words[1] or words[1] <= words[0]


@dataclass(frozen=True, slots=True)
class LearnedCells:
    """The trained parameters: networks, and a judge for each column of `TAGGED`."""

    tagger: Tagger
    judges: Mapping[str, SpanJudge]

    def read(self, abstracts: Sequence[Abstract]) -> list[dict[str, tuple[TextSpan, ...]]]:
        """For each abstract the spans of every column of `TAGGED`, empty where none is sure."""
        articles = list(words_of(abstracts))
        logits = self.tagger.tag(articles)
        cells: list[dict[str, tuple[TextSpan, ...]]] = [{} for _ in articles]
        for number, name in enumerate(TAGGED):
            of = [
                candidates(words, own, number) for words, own in zip(articles, logits, strict=True)
            ]
            hints = [column(name).find(abstract) for abstract in abstracts]
            rows = [features(*each) for each in zip(articles, logits, of, hints, strict=True)]
            judge, ends = self.judges[name], np.cumsum([len(each) for each in of])
            # All articles at once: trees are fast on many rows.
            judged = np.split(judge.probabilities(np.concatenate(rows)), ends[:-1]) if rows else []
            for cell, words, each, probabilities in zip(cells, articles, of, judged, strict=True):
                shown = chosen(words, each, probabilities, judge.least, most_of(name))
                cell[name] = tuple(span_of(words, one) for one in shown)
        return cells

    def save(self, path: Path) -> None:
        """Write a file that `load` reads."""
        from safetensors.numpy import save_file

        arrays: dict[str, npt.NDArray[Any]] = {
            f"tagger.{name}": value.numpy()
            for name, value in tensors_of(self.tagger.networks).items()
        }
        for name, judge in self.judges.items():
            arrays |= judge.trees.arrays(f"judge.{name}")
        thresholds = orjson.dumps({name: judge.least for name, judge in self.judges.items()})
        save_file(arrays, path, metadata={"thresholds": thresholds.decode()})

    @classmethod
    def load(cls, path: Path) -> LearnedCells:
        """Read a file that `save` wrote.

        Raises:
            EncoderError: the file is missing or does not contain such parameters.
        """
        import torch
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
                thresholds = orjson.loads(file.metadata()["thresholds"])
            tensors = {
                name.removeprefix("tagger."): torch.from_numpy(array)
                for name, array in arrays.items()
                if name.startswith("tagger.")
            }
            tagger = Tagger(networks_of(tensors, new_network))
            judges = {
                name: SpanJudge(Trees.of_arrays(arrays, f"judge.{name}"), thresholds[name])
                for name in TAGGED
            }
        except (OSError, SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise EncoderError(
                f"The weights of the evidence table in {path} cannot be loaded: {error}",
                "Install Medcite again; the weights are part of it.",
            ) from error
        return cls(tagger, judges)


def most_of(column: str) -> int:
    """The number of spans that a cell of a column shows at most."""
    return _MOST.get(column, 1)


@lru_cache(maxsize=1)
def shipped_cells() -> LearnedCells:
    """The parameters that ship with the evidence table."""
    with as_file(files("agent.table").joinpath("weights", WEIGHTS)) as path:
        return LearnedCells.load(path)
