"""Gradient-boosted regression trees, evaluated with numpy alone.

They are trained with scikit-learn (`evaluation.reading.train`) and stored as arrays, so that
nothing is unpickled and scikit-learn is not needed to answer a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trees:
    """An ensemble. All arrays but `roots` have an entry a node.

    `feature` is the column that a node splits on, -1 in a leaf; rows with a value of at most
    `threshold` go to node `left`, others to `right`; `value` is what a leaf adds. `roots` are the
    nodes at which trees begin, and `base` is the prediction before any tree.
    """

    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: npt.NDArray[np.float32]
    roots: npt.NDArray[np.int32]
    base: npt.NDArray[np.float64]

    def __call__(self, rows: Matrix) -> Matrix:
        """(n,) predictions for (n, features) rows."""
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots))).copy()
        which = np.arange(len(rows))[:, None]
        while True:
            feature = self.feature[at]
            open_ = feature >= 0
            if not open_.any():
                return np.asarray(self.base[0] + self.value[at].sum(axis=1), dtype=np.float64)
            below = rows[which, np.maximum(feature, 0)] <= self.threshold[at]
            at = np.where(open_, np.where(below, self.left[at], self.right[at]), at)

    def arrays(self, prefix: str) -> dict[str, npt.NDArray[np.generic]]:
        """Its arrays under `prefix.name`, as they are stored."""
        return {f"{prefix}.{each.name}": getattr(self, each.name) for each in fields(self)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[np.generic]], prefix: str) -> Self:
        """What `arrays` gave."""
        return cls(**{each.name: arrays[f"{prefix}.{each.name}"] for each in fields(cls)})  # type: ignore[arg-type]
