"""Proportions with their 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

_Z = 1.959964  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Rate:
    """A proportion with its 95 % interval."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}]"


def rate(hits: int, count: int) -> Rate:
    """A proportion with its Wilson score interval (Wilson, JASA 1927)."""
    if not count:
        return Rate(float("nan"), float("nan"), float("nan"), 0)
    share = hits / count
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return Rate(share, max(0.0, middle - half), min(1.0, middle + half), count)
