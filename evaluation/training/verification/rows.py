"""The features of all examples, and the trees and thresholds fitted to them.

As a command: an ablation of feature groups, left out and alone, as the area under the curve on the
tuning articles, from the rows in the work folder of `fit`:

    python -m evaluation.training.verification.rows WORK/rows.npz
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from agent.trees import Trees
from agent.verification.classifier import JudgeTrees, Thresholds, probability
from evaluation.training.verification.boost import boosted
from evaluation.verification.blind import area_under_curve

# Rates allowed on the tuning articles: wrong claims that are green; right claims that are red, or
# flagged as not supported. Half of the target rates, since other claims differ from these.
FALSE_GREEN, FALSE_RED, RIGHT_LOST = 0.01, 0.02, 0.05

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """(examples, features) for training the trees, and of the tuning articles.

    Columns are in the order of `names`; `groups` are their feature groups. `written` marks rows
    from written claims.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    learnt: Floats
    right: Booleans
    refuted: Booleans
    written: Booleans
    tuning: Floats
    tuning_right: Booleans

    def save(self, path: Path) -> None:
        """Write a file that `load` reads."""
        arrays = {column.name: np.array(getattr(self, column.name)) for column in fields(self)}
        np.savez_compressed(path, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file written by `save`."""
        with np.load(path, allow_pickle=False) as archive:
            parts = {column.name: archive[column.name] for column in fields(cls)}
        names, groups = (tuple(map(str, parts.pop(name))) for name in ("names", "groups"))
        return cls(names, groups, **parts)

    def fitted(self) -> tuple[JudgeTrees, Thresholds]:
        """Trees, and the least strict thresholds within the rates above.

        Trees for being carried learn only from written claims: with human labels, mostly of claims
        far from any sentence, discrimination on the tuning articles was worse.
        """
        # Each written claim occurs in two views.
        weights = np.where(self.written, 0.5, 1.0)
        trees = JudgeTrees(
            self.names,
            self._carried(range(len(self.names))),
            boosted(self.learnt, self.refuted, weights),
        )
        carried = probability(trees.carried(self.tuning))
        refuted = probability(trees.refuted(self.tuning))
        return trees, Thresholds(
            carried=round(float(np.quantile(carried[~self.tuning_right], 1 - FALSE_GREEN)), 4),
            refuted=round(float(np.quantile(refuted[self.tuning_right], 1 - FALSE_RED)), 4),
            partly=round(float(np.quantile(carried[self.tuning_right], RIGHT_LOST)), 4),
        )

    def area(self, groups: Collection[str]) -> float:
        """The area under the curve on the tuning articles of trees over these feature groups."""
        columns = [i for i, group in enumerate(self.groups) if group in groups]
        scores = self._carried(columns)(self.tuning[:, columns])
        return area_under_curve(self.tuning_right, scores)

    def _carried(self, columns: Sequence[int]) -> Trees:
        return boosted(self.learnt[self.written][:, columns], self.right[self.written])


def main() -> None:
    """Print the ablation table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=Path)
    rows = Rows.load(parser.parse_args().rows)
    groups = list(dict.fromkeys(rows.groups))
    lines = ["| features | | left out | alone |", "|---|---|---|---|"]
    lines.append(f"| all | {len(rows.names)} | | {rows.area(groups):.3f} |")
    for group in groups:
        without, alone = rows.area(set(groups) - {group}), rows.area([group])
        lines.append(f"| {group} | {rows.groups.count(group)} | {without:.3f} | {alone:.3f} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
