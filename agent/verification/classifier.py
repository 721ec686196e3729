"""The judge: how likely it is that sentences carry a claim, or say the contrary.

The alignment network reads claim and sentences; boosted trees weigh what it says together with what
can be counted (`features.py`), and give calibrated probabilities. The large judge has trees that
also weigh what a large network says (`cross_encoder.py`); the environment's `MEDCITE_JUDGE` asks
for it.
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
from agent.verification.features import Case, features, word_logits
from corpora.errors import EncoderError
from corpora.home import Home

# A word of the claim whose logit is above this is named as not carried.
_DOUBTED = 0.0
_DECIDING = 0.0
_MOST_NAMED = 3
# Claims judged together: enough for full batches; the vectors of more would only take up memory.
_TOGETHER = 64

Asked = tuple[str, tuple[str, ...]]
_LOADING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From what probability on a claim has a label; chosen on held-out data.

    `carried` for SUPPORTED and `refuted` for CONTRADICTED, `partly` on being carried for
    PARTIALLY_SUPPORTED.
    """

    carried: float
    refuted: float
    partly: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the judge says of a claim and the sentences it was given.

    `carried` and `refuted` are probabilities. `doubted` are words of the claim that the sentences
    do not carry, the most doubtful first; `deciding` those of the sentences that decide.
    """

    carried: float
    refuted: float
    doubted: tuple[str, ...] = ()
    deciding: tuple[str, ...] = ()


class Judge(Protocol):
    """Anything that judges claims by sentences."""

    def opinions(self, asked: Sequence[Asked]) -> list[Opinion]:
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
        """Read a file of trees.

        Raises:
            EncoderError: it is missing or not such a file.
        """
        try:
            with np.load(path, allow_pickle=False) as held:
                names = tuple(str(name) for name in held["names"])
                return cls(names, *(Trees.of_arrays(held, each) for each in ("carried", "refuted")))
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(
                f"The verifier's trees in {path} cannot be loaded: {error}",
                "Install Medcite again; they are part of it.",
            ) from error


class TrainedJudge:
    """The networks and the trees. What ships is `ShippedJudge`.

    Args:
        large: a further network, whose logits the trees know as `cross_encoder.COLUMNS`.
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

    def opinions(self, asked: Sequence[Asked]) -> list[Opinion]:
        return [
            opinion
            for start in range(0, len(asked), _TOGETHER)
            for opinion in self._opinions(asked[start : start + _TOGETHER])
        ]

    def _opinions(self, asked: Sequence[Asked]) -> list[Opinion]:
        cases = read_cases(self._encoder, self._aligner, asked)
        rows = matrix(cases, self._trees.names)
        if self._large:
            rows[:, [self._trees.names.index(name) for name in COLUMNS]] = self._large.logits(asked)
        carried = probability(self._trees.carried(rows))
        refuted = probability(self._trees.refuted(rows))
        return [
            Opinion(float(c), float(r), doubted(case), deciding(case))
            for c, r, case in zip(carried, refuted, cases, strict=True)
        ]


class ShippedJudge:
    """Loads its weights when it is first asked; one instance may serve several threads.

    Raises:
        EncoderError: the weights are missing or cannot be loaded.
    """

    @property
    def thresholds(self) -> Thresholds:
        return _shipped().thresholds

    def opinions(self, asked: Sequence[Asked]) -> list[Opinion]:
        return _shipped().opinions(asked)


def _shipped() -> TrainedJudge:
    # Two threads must not load it at once: it takes seconds and hundreds of megabytes.
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
    """The file that the large judge rests on, or None where the small one was asked for.

    `MEDCITE_JUDGE` is "small" (the default), "large" (all-mpnet-base-v2 as `medcite models pull
    judge` gets it) or a folder that holds it.
    """
    named = os.environ.get("MEDCITE_JUDGE", "small").strip()
    if named.casefold() in ("", "small"):
        return None
    if named.casefold() == "large":
        return Home.locate().models / BASE_NAME / BASE_FILE
    return Path(named).expanduser() / BASE_FILE


def read_thresholds(path: Path) -> Thresholds:
    """The thresholds in a JSON file."""
    return Thresholds(**json.loads(path.read_text(encoding="utf-8")))


def read_cases(encoder: TokenEncoder, aligner: Aligner, asked: Sequence[Asked]) -> list[Case]:
    """Each claim with its sentences as the network reads them."""
    texts = [text for claim, sentences in asked for text in (claim, *sentences)]
    vectors = iter(encoder.encode(texts))
    tokens = [(next(vectors), joined([next(vectors) for _ in s])) for _, s in asked]
    return [
        Case(claim, sentences, pair, reading)
        for (claim, sentences), pair, reading in zip(
            asked, tokens, aligner.read(tokens), strict=True
        )
    ]


def matrix(cases: Sequence[Case], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """(cases, names) features; NaN for one that a case does not have."""
    found = [features(case) for case in cases]
    return np.array([[each.get(name, np.nan) for name in names] for each in found])


def probability(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log-odds as probabilities."""
    return np.asarray(1 / (1 + np.exp(-logits)))


def doubted(case: Case) -> tuple[str, ...]:
    """The phrases of the claim that the sentences do not carry, the most doubtful first."""
    return _phrases(
        case.claim, word_logits(case.tokens[0], case.reading.claim, words(case.claim)), _DOUBTED
    )


def deciding(case: Case) -> tuple[str, ...]:
    """The phrases of the sentences that decide, the most deciding first."""
    logits = word_logits(case.tokens[1], case.reading.evidence, words(case.evidence))
    return _phrases(case.evidence, logits, _DECIDING)


def _phrases(text: str, logits: npt.NDArray[np.float64], least: float) -> tuple[str, ...]:
    """Runs of neighbouring words above a logit, verbatim; the highest word alone where none is."""
    held = words(text)
    runs: list[list[int]] = []
    for i, logit in enumerate(logits):
        if logit <= least:
            continue
        if runs and i - runs[-1][-1] <= 2 and held[i].clause == held[runs[-1][-1]].clause:
            runs[-1].append(i)
        else:
            runs.append([i])
    if not runs and len(logits):
        runs = [[int(logits.argmax())]]
    runs.sort(key=lambda run: -max(logits[i] for i in run))
    return tuple(text[held[run[0]].start : held[run[-1]].end] for run in runs[:_MOST_NAMED])
