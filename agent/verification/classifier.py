"""The judge: how likely sentences are to support or to refute a claim.

The alignment network reads claim and sentences; boosted trees combine its outputs with counted
features (`features.py`) into calibrated probabilities. The large judge has trees that also use the
outputs of a large network (`cross_encoder.py`); the environment variable `MEDCITE_JUDGE` selects
it.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from agent.language.alignment import Aligner, shipped_aligner
from agent.language.tokens import TokenEncoder, joined, shipped_encoder, weights_folder
from agent.language.words import words
from agent.trees import Trees
from agent.verification.cross_encoder import BASE_FILE, BASE_NAME, COLUMNS, CrossEncoder
from agent.verification.extract import ClaimWithSentences
from agent.verification.features import Case, features, word_logits
from corpora.errors import EncoderError
from corpora.home import Home

# Words of the claim with a logit above this are reported as not supported.
_DOUBTED = 0.0
_DECIDING = 0.0
_MOST_NAMED = 3
# Claims per batch: enough to fill the network's batches; more would only cost memory.
_TOGETHER = 64

_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The lowest probabilities at which a claim gets a label; chosen on held-out data.

    `carried`: of being carried, for SUPPORTED. `partly`: of being carried, for PARTIALLY_SUPPORTED.
    `refuted`: of being refuted, for CONTRADICTED.
    """

    carried: float
    refuted: float
    partly: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """The judge's opinion on a claim and its sentences.

    `carried` and `refuted` are probabilities. `doubted` are phrases of the claim that the sentences
    do not support, the most doubtful first; `deciding` are the phrases of the sentences that
    decide.
    """

    carried: float
    refuted: float
    doubted: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()


class Judge(Protocol):
    """Judges claims by sentences."""

    def opinions(self, pairs: Sequence[ClaimWithSentences]) -> list[Opinion]:
        """One opinion for each claim with its sentences, in order."""
        ...

    @property
    def thresholds(self) -> Thresholds: ...


@dataclass(frozen=True, slots=True)
class JudgeTrees:
    """Trees for the log-odds of being carried and of being refuted; `names` are their features."""

    names: tuple[str, ...]
    carried: Trees
    refuted: Trees

    def save(self, path: Path) -> None:
        """Write a file that `load` reads, an .npz without pickled objects."""
        arrays = self.carried.arrays("carried") | self.refuted.arrays("refuted")
        np.savez_compressed(path, names=np.array(self.names), **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> JudgeTrees:
        """Read a file that `save` wrote.

        Raises:
            EncoderError: the file is missing or has another format.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                names = tuple(str(name) for name in arrays["names"])
                return cls(
                    names, *(Trees.of_arrays(arrays, target) for target in ("carried", "refuted"))
                )
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(
                f"The verifier's trees in {path} cannot be loaded: {error}",
                "Install Medcite again; they are part of it.",
            ) from error


class TrainedJudge:
    """The networks and the trees; `ShippedJudge` wraps those that ship.

    Args:
        large: the large network, whose logits are the trees' features `cross_encoder.COLUMNS`.
    """

    def __init__(
        self,
        encoder: TokenEncoder,
        aligner: Aligner,
        trees: JudgeTrees,
        thresholds: Thresholds,
        large: CrossEncoder | None = None,
    ) -> None:
        self._encoder, self._aligner, self._trees = encoder, aligner, trees
        self.thresholds = thresholds
        self._large = large

    def opinions(self, pairs: Sequence[ClaimWithSentences]) -> list[Opinion]:
        return [
            opinion
            for start in range(0, len(pairs), _TOGETHER)
            for opinion in self._opinions(pairs[start : start + _TOGETHER])
        ]

    def _opinions(self, pairs: Sequence[ClaimWithSentences]) -> list[Opinion]:
        cases = read_cases(self._encoder, self._aligner, pairs)
        rows = matrix(cases, self._trees.names)
        if self._large:
            rows[:, [self._trees.names.index(name) for name in COLUMNS]] = self._large.logits(pairs)
        carried = probability(self._trees.carried(rows))
        refuted = probability(self._trees.refuted(rows))
        return [
            Opinion(float(c), float(r), doubted(case), deciding(case))
            for c, r, case in zip(carried, refuted, cases, strict=True)
        ]


class ShippedJudge:
    """The judge with the shipped weights, loaded on first use; thread-safe.

    Raises:
        EncoderError: the weights are missing or cannot be loaded.
    """

    @property
    def thresholds(self) -> Thresholds:
        return _shipped().thresholds

    def opinions(self, pairs: Sequence[ClaimWithSentences]) -> list[Opinion]:
        return _shipped().opinions(pairs)


def _shipped() -> TrainedJudge:
    # Loading takes seconds and hundreds of megabytes, so two threads must not do it at once.
    with _LOADING:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> TrainedJudge:
    base = large_base()
    folder = weights_folder() / "large" if base else weights_folder()
    return TrainedJudge(
        shipped_encoder(),
        shipped_aligner(),
        JudgeTrees.load(folder / "trees.npz"),
        read_thresholds(folder / "thresholds.json"),
        CrossEncoder.load(base, folder / "adapter.safetensors") if base else None,
    )


def large_base() -> Path | None:
    """The base weights of the large judge, or None where the small judge is selected.

    `MEDCITE_JUDGE` is "small" (the default), "large" (all-mpnet-base-v2 as downloaded by `medcite
    models pull judge`) or a folder that contains all-mpnet-base-v2.
    """
    named = os.environ.get("MEDCITE_JUDGE", "small").strip()
    if named.casefold() in ("", "small"):
        return None
    if named.casefold() == "large":
        return Home.locate().models / BASE_NAME / BASE_FILE
    return Path(named).expanduser() / BASE_FILE


def read_thresholds(path: Path) -> Thresholds:
    """Read thresholds from a JSON file."""
    return Thresholds(**json.loads(path.read_text(encoding="utf-8")))


def read_cases(
    encoder: TokenEncoder, aligner: Aligner, pairs: Sequence[ClaimWithSentences]
) -> list[Case]:
    """Run the network over each claim and its sentences."""
    texts = [text for claim, sentences in pairs for text in (claim, *sentences)]
    vectors = iter(encoder.encode(texts))
    tokens = [(next(vectors), joined([next(vectors) for _ in s])) for _, s in pairs]
    return [
        Case(claim, sentences, case_tokens, reading)
        for (claim, sentences), case_tokens, reading in zip(
            pairs, tokens, aligner.read(tokens), strict=True
        )
    ]


def matrix(cases: Sequence[Case], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """The features as a matrix (cases, names); NaN where a case lacks one."""
    rows = [features(case) for case in cases]
    return np.array([[row.get(name, np.nan) for name in names] for row in rows])


def probability(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Convert log-odds to probabilities."""
    return np.asarray(1 / (1 + np.exp(-logits)))


def doubted(case: Case) -> tuple[str, ...]:
    """The phrases of the claim that the sentences do not support, the most doubtful first."""
    return _phrases(
        case.claim, word_logits(case.tokens[0], case.reading.claim, words(case.claim)), _DOUBTED
    )


def deciding(case: Case) -> tuple[str, ...]:
    """The phrases of the sentences that decide, the most decisive first."""
    logits = word_logits(case.tokens[1], case.reading.evidence, words(case.evidence))
    return _phrases(case.evidence, logits, _DECIDING)


def _phrases(text: str, logits: npt.NDArray[np.float64], threshold: float) -> tuple[str, ...]:
    """Runs of adjacent words whose logit exceeds a threshold, verbatim; the word with the highest
    logit if none does.
    """
    text_words = words(text)
    runs: list[list[int]] = []
    for i, logit in enumerate(logits):
        if logit <= threshold:
            continue
        if (
            runs
            and i - runs[-1][-1] <= 2
            and text_words[i].clause == text_words[runs[-1][-1]].clause
        ):
            runs[-1].append(i)
        else:
            runs.append([i])
    if not runs and len(logits):
        runs = [[int(logits.argmax())]]
    runs.sort(key=lambda run: -max(logits[i] for i in run))
    return tuple(
        text[text_words[run[0]].start : text_words[run[-1]].end] for run in runs[:_MOST_NAMED]
    )
