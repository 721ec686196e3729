"""Human-labelled pairs of claim and evidence: HealthVer.

Source: Sarrouti et al., Findings of EMNLP 2021.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path

from corpora.errors import BadInput


class Relation(IntEnum):
    """The relation of evidence to a claim."""

    SUPPORTS = 0
    REFUTES = 1
    NEUTRAL = 2


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A claim with its evidence. A `group` must not be split between training and test."""

    claim: str
    evidence: str
    relation: Relation
    group: str


_HEALTHVER = {
    "Supports": Relation.SUPPORTS,
    "Refutes": Relation.REFUTES,
    "Neutral": Relation.NEUTRAL,
}


def read_healthver(path: Path) -> list[LabelledPair]:
    """HealthVer's CSV; pairs are grouped by claim.

    Raises:
        BadInput: the file cannot be read or has another format.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [
                LabelledPair(
                    row["claim"], row["evidence"], _HEALTHVER[row["label"]], row["claim"].strip()
                )
                for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, KeyError, csv.Error) as error:
        raise BadInput(
            f"{path} is not a HealthVer file ({error!r}).",
            "Give the CSV with columns claim, evidence and label.",
        ) from error


def apart(pairs: Sequence[LabelledPair]) -> list[LabelledPair]:
    """Regroup pairs so that different groups share neither claim nor evidence."""
    parent: dict[str, str] = {}

    def root(text: str) -> str:
        while parent.setdefault(text, text) != text:
            text = parent[text]
        return text

    for pair in pairs:
        parent[root(f"claim {pair.group}")] = root(f"evidence {pair.evidence}")
    return [replace(pair, group=root(f"claim {pair.group}")) for pair in pairs]
