"""Statistics for the benchmarks: rates with intervals, and per-class figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from agent.intervals import Rate


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Precision, recall and F1 of one class, and its number of items."""

    precision: float
    recall: float
    f1: float
    count: int


def per_class(
    expected: Sequence[str], predicted: Sequence[str], classes: Sequence[str]
) -> dict[str, ClassFigures]:
    """Figures for each class; a class that is never predicted has a precision of 0."""
    pairs = Counter(zip(expected, predicted, strict=True))
    figures = {}
    for name in classes:
        right = pairs[name, name]
        chosen = sum(count for (_, p), count in pairs.items() if p == name)
        actual = sum(count for (e, _), count in pairs.items() if e == name)
        precision = right / chosen if chosen else 0.0
        recall = right / actual if actual else 0.0
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        figures[name] = ClassFigures(precision, recall, f1, actual)
    return figures


def macro_f1(expected: Sequence[str], predicted: Sequence[str], classes: Sequence[str]) -> float:
    """Mean of the classes' F1."""
    return float(
        np.mean([figures.f1 for figures in per_class(expected, predicted, classes).values()])
    )


def accuracy(expected: Sequence[str], predicted: Sequence[str]) -> float:
    """The share of predictions that are right."""
    return sum(e == p for e, p in zip(expected, predicted, strict=True)) / len(expected)


def bootstrap(
    measure: Callable[[Sequence[str], Sequence[str]], float],
    expected: Sequence[str],
    predicted: Sequence[str],
    groups: Sequence[str],
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Rate:
    """A measure with its 95 % percentile interval over resampled groups."""
    members: dict[str, list[int]] = {}
    for i, group in enumerate(groups):
        members.setdefault(group, []).append(i)
    names = list(members)
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(draws):
        chosen = [i for n in rng.integers(len(names), size=len(names)) for i in members[names[n]]]
        values.append(measure([expected[i] for i in chosen], [predicted[i] for i in chosen]))
    low, high = np.percentile(values, [2.5, 97.5])
    return Rate(measure(expected, predicted), float(low), float(high), len(expected))
