"""Gradient-boosted trees, evaluated with NumPy alone.

They are trained with scikit-learn or LightGBM and kept as arrays, so that nothing is unpickled and
neither library is needed to answer a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_PARTS = ("feature", "threshold", "left", "right", "value", "roots")


@dataclass(frozen=True, slots=True)
class Trees:
    """An ensemble: a constant and one leaf of each tree.

    Nodes of all trees stand in one table; arrays but `roots` have an entry a node. `feature` is the
    column that a node splits on, below 0 in a leaf. A row goes to node `left` where its value is at
    most `threshold`, or is NaN and `missing_left` is set there, else to `right`. `value` is what a
    leaf adds. `roots` are the nodes at which trees begin.
    """

    feature: npt.NDArray[np.int32]
    threshold: Floats
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: npt.NDArray[np.floating[Any]]
    roots: npt.NDArray[np.int32]
    base: float = 0.0
    missing_left: npt.NDArray[np.bool_] | None = None

    def __call__(self, rows: Floats) -> Floats:
        """(n,) sums for (n, features) rows."""
        at = np.repeat(self.roots[None, :], len(rows), axis=0)
        which = np.arange(len(rows))[:, None]
        while True:
            feature = self.feature[at]
            inner = feature >= 0
            if not inner.any():
                return np.asarray(self.base + self.value[at].sum(axis=1), dtype=np.float64)
            seen = rows[which, np.maximum(feature, 0)]
            goes_left = seen <= self.threshold[at]
            if self.missing_left is not None:
                goes_left |= np.isnan(seen) & self.missing_left[at]
            at = np.where(inner, np.where(goes_left, self.left[at], self.right[at]), at)

    def arrays(self, prefix: str) -> dict[str, npt.NDArray[np.generic]]:
        """Its arrays under `prefix.name`, as they are stored."""
        parts = {name: getattr(self, name) for name in _PARTS}
        parts["base"] = np.array([self.base])
        if self.missing_left is not None:
            parts["missing_left"] = self.missing_left
        return {f"{prefix}.{name}": part for name, part in parts.items()}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> Self:
        """What `arrays` gave.

        Raises:
            KeyError: an array is missing.
        """
        parts = {name: arrays[f"{prefix}.{name}"] for name in _PARTS}
        base = float(np.ravel(arrays[f"{prefix}.base"])[0])
        return cls(**parts, base=base, missing_left=arrays.get(f"{prefix}.missing_left"))
