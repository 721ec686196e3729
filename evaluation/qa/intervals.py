"""95 % intervals of shares and of paired differences, and McNemar's test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the 2.5th and 97.5th percentile of its bootstrap draws."""

    value: float
    low: float
    high: float


def bootstrap(values: Sequence[float], seed: int = 0) -> Interval:
    """The mean of `values` with its bootstrap interval; NaN if there are none.

    A bootstrap mean depends only on how often each value is drawn, so the draws are multinomial
    over the distinct values. Source: Efron, 1979.
    """
    if not values:
        return Interval(float("nan"), float("nan"), float("nan"))
    distinct, counts = np.unique(np.asarray(values, np.float64), return_counts=True)
    size = len(values)
    drawn = np.random.default_rng(seed).multinomial(size, counts / size, DRAWS)
    low, high = np.percentile(drawn @ distinct / size, [2.5, 97.5])
    return Interval(float(counts @ distinct / size), float(low), float(high))


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p for the numbers of items that only one of two runs has right.

    Source: McNemar, 1947; exact binomial version, needed for small counts.
    """
    n, least = only_first + only_second, min(only_first, only_second)
    tail = sum(comb(n, k) for k in range(least + 1))
    return float(min(1.0, 2 * tail / (1 << n)))
