"""Gradient-boosted decision trees, read from a file and evaluated with NumPy.

The file is an .npz without pickled objects, written by `evaluation.verification.training.boost`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpora.errors import EncoderError

Floats = npt.NDArray[np.float64]
_PARTS = ("feature", "threshold", "left", "right", "missing_left", "value")


@dataclass(frozen=True, slots=True)
class Trees:
    """An ensemble for one output: the sum of one leaf of each tree, and a constant.

    All nodes stand in one table. `feature` is below 0 in a leaf, whose `value` counts; else a row
    goes to `left` where its feature is at most `threshold`, or is NaN and `missing_left` is set.
    """

    names: tuple[str, ...]
    base: float
    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    threshold: Floats
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    missing_left: npt.NDArray[np.bool_]
    value: Floats

    def logits(self, rows: Floats) -> Floats:
        """The log-odds of each row; columns are in the order of `names`."""
        at = np.repeat(self.roots[None, :], len(rows), axis=0)
        which = np.arange(len(rows))[:, None]
        while True:
            feature = self.feature[at]
            inner = feature >= 0
            if not inner.any():
                return np.asarray(self.base + self.value[at].sum(axis=1))
            seen = rows[which, np.maximum(feature, 0)]
            goes_left = np.where(np.isnan(seen), self.missing_left[at], seen <= self.threshold[at])
            following = np.where(goes_left, self.left[at], self.right[at])
            at = np.where(inner, following, at)


def read_trees(path: Path) -> dict[str, Trees]:
    """The ensembles of a file by the name of what they give.

    Raises:
        EncoderError: it is missing or not such a file.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            names = tuple(str(name) for name in held["names"])
            return {
                str(output): Trees(
                    names,
                    float(held[f"{output}.base"]),
                    held[f"{output}.roots"],
                    *(held[f"{output}.{part}"] for part in _PARTS),
                )
                for output in held["outputs"]
            }
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(
            f"The verifier's trees in {path} cannot be loaded: {error}",
            "Install Medcite again; they are part of it.",
        ) from error


def write_trees(path: Path, ensembles: dict[str, Trees]) -> None:
    """Write a file that `read_trees` reads."""
    first = next(iter(ensembles.values()))
    parts = {
        f"{output}.{part}": getattr(trees, part)
        for output, trees in ensembles.items()
        for part in ("base", "roots", *_PARTS)
    }
    np.savez_compressed(
        path, names=np.array(first.names), outputs=np.array(list(ensembles)), **parts
    )
