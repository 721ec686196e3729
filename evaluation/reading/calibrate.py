"""Set what turns a pool into a probability that it answers, and the two thresholds.

    python -m evaluation.reading.calibrate --home HOME [--cache vectors.npz] [--out FOLDER]

HOME holds the demo literature and its index. Graded questions and near questions of the tuning
part, each kind with half of the weight, are fitted by a logistic regression; the weights that ship
keep their trees and networks. The threshold of possible ones is set on graded questions in both
wordings, since users don't know the words of the article that answers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression

from agent.reading.reader import WEIGHTS, ReaderWeights, shipped_weights
from corpora.home import Home
from evaluation.reading.near import read_near
from evaluation.reading.pools import CachedEncoder, Pool, Progress, pools
from evaluation.reading.questions import Part, in_other_words, read_questions
from retrieval.encoder import Encoder, load_encoder
from retrieval.search import Searcher

Matrix = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Of graded questions with an answer, in both wordings, so many may be called nearest; of those
# called likely, near questions among them with half of the weight, so many must have one.
_MISSED, _SURE = 0.16, 0.85


@dataclass(frozen=True, slots=True)
class Tuning:
    """Pools of the tuning part with whether they answer; `weight` makes both kinds count alike.

    `reworded` are graded questions that have an answer, searched for in other words.
    """

    pools: tuple[Pool, ...]
    answerable: Flags
    graded: Flags
    reworded: tuple[Pool, ...]

    @property
    def weight(self) -> Matrix:
        share = self.graded.mean()
        return np.asarray(np.where(self.graded, 0.5 / share, 0.5 / (1 - share)))


def tuning(searcher: Searcher, encoder: Encoder, progress: Progress) -> Tuning:
    """Graded questions, and near ones of which a second reader was sure."""
    graded = [question for question in read_questions() if question.part is Part.TUNE]
    near = {q.id: q for q in read_near() if q.part is Part.TUNE and q.verdict in ("yes", "no")}
    asked = [*graded, *(question.as_graded() for question in near.values())]
    others = [in_other_words(question) for question in graded if question.answerable]
    found = tuple(pools(searcher, encoder, asked, progress))
    names = [pool.question.id for pool in found]
    return Tuning(
        found,
        np.array(
            [
                near[name].verdict == "yes" if name in near else pool.question.answerable
                for name, pool in zip(names, found, strict=True)
            ]
        ),
        np.array([name not in near for name in names]),
        tuple(pools(searcher, encoder, others, progress)),
    )


def evidence(weights: ReaderWeights, found: Sequence[Pool]) -> Matrix:
    """(pools, columns): what the probability is weighed from."""
    rows = []
    for pool in found:
        question = pool.question.question
        scored = weights.scored(question, pool.asked, pool.articles)
        rows.append(weights.judged(question, pool.asked, pool.articles, scored).evidence)
    return np.array(rows)


def calibrated(weights: ReaderWeights, tune: Tuning) -> ReaderWeights:
    """The weights with probabilities and thresholds that hold on the tuning part."""
    rows = evidence(weights, tune.pools)
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    fitted = LogisticRegression().fit(
        (rows - centre) / scale, tune.answerable, sample_weight=tune.weight
    )
    slopes = fitted.coef_[0] / scale
    bias = float(fitted.intercept_[0] - slopes @ centre)
    weights = replace(weights, calibration=(*slopes.tolist(), bias))
    probability = np.array([weights.probability(row) for row in rows])
    reworded = np.array([weights.probability(row) for row in evidence(weights, tune.reworded)])
    return replace(weights, thresholds=thresholds(probability, reworded, tune))


def thresholds(probability: Matrix, reworded: Matrix, tune: Tuning) -> tuple[float, float]:
    """(possible, likely): by the share of answers missed, and by how sure likely ones are.

    Args:
        probability: of the pools of `tune`.
        reworded: of its reworded ones.
    """
    answered = np.concatenate([probability[tune.graded & tune.answerable], reworded])
    possible = float(np.quantile(answered, _MISSED))
    for likely in np.sort(probability[probability > possible]):
        above = probability >= likely
        if np.average(tune.answerable[above], weights=tune.weight[above]) >= _SURE:
            return possible, float(likely)
    return possible, 1.0


def save(weights: dict[str, ReaderWeights], path: Path) -> None:
    """Write a file that `agent.reading.reader.shipped_weights` reads."""
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    metadata: dict[str, str] = {}
    for name, each in weights.items():
        tensors, described = each.tensors(name)
        arrays |= tensors
        metadata |= described
    save_file(arrays, path, metadata=metadata)


def options(description: str | None) -> argparse.ArgumentParser:
    """The options of every command that writes weights of the reader."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("agent/reading/weights"))
    return parser


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--cache", type=Path)
    chosen = parser.parse_args()
    encoder = CachedEncoder(load_encoder(), chosen.cache)
    tune = tuning(Searcher(Home.locate(chosen.home), encoder), encoder, say)
    encoder.save()
    weights = {name: calibrated(each, tune) for name, each in shipped_weights().items()}
    save(weights, chosen.out / WEIGHTS)
    for name, each in weights.items():
        sys.stderr.write(f"{name}: {each.calibration}, thresholds {each.thresholds}\n")


def say(done: int, total: int) -> None:
    """Progress, every hundred questions."""
    if done % 100 == 0:
        sys.stderr.write(f"{done} of {total} questions\n")


if __name__ == "__main__":
    main()
