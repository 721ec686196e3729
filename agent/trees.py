"""Gradient-boosted trees, evaluated with NumPy alone.

They are trained with scikit-learn or LightGBM and stored as arrays, so that nothing is unpickled
and neither library is needed to answer a question.
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
    """An ensemble, whose output is a constant plus the value of one leaf per tree.

    The nodes of all trees share one table; all arrays except `roots` have one entry per node.
    `feature` is the column that a node splits on, negative in a leaf. A row goes to node `left` if
    its value is at most `threshold`, or is NaN and `missing_left` is set, otherwise to `right`.
    `value` is the contribution of a leaf. `roots` are the root nodes of the trees.
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
        """Outputs (n,) for rows (n, features)."""
        nodes = np.repeat(self.roots[None, :], len(rows), axis=0)
        row_numbers = np.arange(len(rows))[:, None]
        while True:
            feature = self.feature[nodes]
            inner = feature >= 0
            if not inner.any():
                return np.asarray(self.base + self.value[nodes].sum(axis=1), dtype=np.float64)
            values = rows[row_numbers, np.maximum(feature, 0)]
            goes_left = values <= self.threshold[nodes]
            if self.missing_left is not None:
                goes_left |= np.isnan(values) & self.missing_left[nodes]
            nodes = np.where(inner, np.where(goes_left, self.left[nodes], self.right[nodes]), nodes)

    def arrays(self, prefix: str) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays under the names `prefix.name`, for storage."""
        parts = {name: getattr(self, name) for name in _PARTS}
        parts["base"] = np.array([self.base])
        if self.missing_left is not None:
            parts["missing_left"] = self.missing_left
        return {f"{prefix}.{name}": part for name, part in parts.items()}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> Self:
        """Restore an ensemble from the result of `arrays`.

        Raises:
            KeyError: an array is missing.
        """
        parts = {name: arrays[f"{prefix}.{name}"] for name in _PARTS}
        base = float(np.ravel(arrays[f"{prefix}.base"])[0])
        return cls(**parts, base=base, missing_left=arrays.get(f"{prefix}.missing_left"))
