"""Measures of rankings against judgements, and significance of differences between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import P, R, Success, nDCG

from corpora.errors import BadInput

# qid → article → score (or, for judgements, relevance).
Run = Mapping[str, Mapping[str, float]]
Qrels = Mapping[str, Mapping[str, int]]
# Measure → qid → value.
Scores = dict[str, dict[str, float]]

MEASURES = ("nDCG@10", "recall@10", "recall@100", "hit@5")
GAIN = "gain in nDCG@10"
_RESAMPLES = 10_000


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Judgements in TREC format, `qid 0 article relevance`.

    Raises:
        BadInput: a line is malformed, or the file cannot be read.
    """
    read: dict[str, dict[str, int]] = {}
    for number, fields in _lines(path, 4):
        try:
            read.setdefault(fields[0], {})[fields[2]] = int(fields[3])
        except ValueError as error:
            raise BadInput(
                f"{path}, line {number} is not a judgement.", "Write: qid 0 pmid 1."
            ) from error
    return read


def read_run(path: Path) -> dict[str, dict[str, float]]:
    """A TREC run, `qid Q0 article rank score tag`.

    Raises:
        BadInput: a line is malformed, or the file cannot be read.
    """
    read: dict[str, dict[str, float]] = {}
    for number, fields in _lines(path, 6):
        try:
            read.setdefault(fields[0], {})[fields[2]] = float(fields[4])
        except ValueError as error:
            raise BadInput(
                f"{path}, line {number} is not a run line.", "Write: qid Q0 pmid rank score tag."
            ) from error
    return read


def _lines(path: Path, width: int) -> list[tuple[int, list[str]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", "Check the path.") from error
    rows = [(number, line.split()) for number, line in enumerate(lines, 1) if line.strip()]
    for number, fields in rows:
        if len(fields) != width:
            raise BadInput(
                f"{path}, line {number} does not have {width} fields.", "Check the format."
            )
    return rows


def measure(run: Run, qrels: Qrels) -> Scores:
    """nDCG@10, recall@10 (of at most 10), recall@100 and hit@5 of each judged query.

    A query missing from the run counts as 0.
    """
    names = {"nDCG@10": nDCG @ 10, "recall@100": R @ 100, "hit@5": Success @ 5, "P@10": P @ 10}
    scores: Scores = {name: dict.fromkeys(qrels, 0.0) for name in names}
    by_measure = {measure: name for name, measure in names.items()}
    for metric in ir_measures.iter_calc(list(names.values()), qrels, run):
        scores[by_measure[metric.measure]][metric.query_id] = float(metric.value)
    precision = scores.pop("P@10")
    relevant = {qid: sum(r > 0 for r in judged.values()) for qid, judged in qrels.items()}
    scores["recall@10"] = {
        qid: 10 * share / min(10, relevant[qid]) if relevant[qid] else 0.0
        for qid, share in precision.items()
    }
    return scores


def mean(values: Mapping[str, float], among: Sequence[str] | None = None) -> float:
    """The mean over all queries or the given ones."""
    kept = list(values.values()) if among is None else [values[qid] for qid in among]
    return float(np.mean(kept)) if kept else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean difference between two runs, with its 95% interval."""

    value: float
    low: float
    high: float

    @property
    def significant(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


def compare(
    better: Mapping[str, float],
    than: Mapping[str, float],
    among: Sequence[str] | None = None,
    seed: int = 0,
) -> Difference:
    """The paired bootstrap over queries.

    Source: Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006.
    """
    kept = sorted(than) if among is None else sorted(among)
    gained = np.array([better[qid] - than[qid] for qid in kept])
    drawn = np.random.default_rng(seed).integers(0, len(gained), (_RESAMPLES, len(gained)))
    means = gained[drawn].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Difference(float(gained.mean()), float(low), float(high))
