"""Faceted filtering of a set of articles: filters, counts per value, sort orders.

Everything here works on `retrieval.facet_columns` and reads no article. A set of articles is an
array of rows in the order of relevance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from corpora.evidence_level import EvidenceLevel
from retrieval.engines.dense import Numbers
from retrieval.facet_columns import Columns, Mask

_STRENGTH = {level.label: level for level in EvidenceLevel}


@dataclass(frozen=True, slots=True)
class Facet:
    """A property to filter by; `name` is that of its column."""

    name: str
    label: str


FACETS = (
    Facet("design", "Study design"),
    Facet("mesh", "MeSH heading"),
    Facet("people", "Studied in"),
    Facet("journal", "Journal"),
    Facet("year", "Year"),
    Facet("language", "Language"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The filters chosen.

    `values` are alternatives within each facet, by its name; all facets must match. Years are
    inclusive, and an article of unknown year matches no bound.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first_year: int | None = None
    last_year: int | None = None
    include_retracted: bool = False

    @property
    def conditions(self) -> dict[str, Callable[[Columns], Mask]]:
        """The conditions that are set, by the label shown to the user."""
        conditions: dict[str, Callable[[Columns], Mask]] = {
            facet.label: self._having(facet) for facet in FACETS if self.values.get(facet.name)
        }
        if self.first_year is not None or self.last_year is not None:
            conditions["Years"] = self._in_years
        if not self.include_retracted:
            conditions["No retracted articles"] = lambda columns: ~columns.retracted
        return conditions

    def _having(self, facet: Facet) -> Callable[[Columns], Mask]:
        return lambda columns: columns.sides[facet.name].having(self.values[facet.name])

    def _in_years(self, columns: Columns) -> Mask:
        years = columns.years
        first, last = self.first_year or 1, self.last_year or 9999
        return np.asarray((years >= first) & (years <= last))

    def accepts(self, columns: Columns, without: str = "") -> Mask:
        """Return a mask of articles that meet every condition except the one labelled `without`."""
        accepted = np.ones(len(columns), dtype=bool)
        for label, condition in self.conditions.items():
            if label != without:
                accepted &= condition(columns)
        return accepted


def narrowed(columns: Columns, rows: Numbers, choice: Choice, without: str = "") -> Numbers:
    """Return the rows that meet every condition except the one labelled `without`."""
    return np.asarray(rows[choice.accepts(columns, without)[rows]], dtype=np.int64)


def counted_values(
    columns: Columns, rows: Numbers, choice: Choice, facet: Facet, most: int
) -> dict[str, int]:
    """Return the most common values of a facet, with the number of articles each would show.

    Filters of the other facets apply, those of this one do not; a chosen value is always included,
    with 0 if no article has it. Years come newest first, designs strongest first.
    """
    among = np.zeros(len(columns), dtype=bool)
    among[narrowed(columns, rows, choice, facet.label)] = True
    side = columns.sides[facet.name]
    counts = side.counts(among)
    present = np.flatnonzero(counts)
    if facet.name == "year":
        best = sorted(present.tolist(), key=lambda code: side.names[code], reverse=True)[:most]
    elif facet.name == "design":
        best = sorted(present.tolist(), key=lambda code: _STRENGTH[side.names[code]])[:most]
    else:
        best = present[np.argsort(-counts[present], kind="stable")][:most].tolist()
    values = {side.names[code]: int(counts[code]) for code in best}
    for name in choice.values.get(facet.name, ()):
        if name not in values:
            values[name] = int(counts[side.names.index(name)]) if name in side.names else 0
    return values


def relaxed(columns: Columns, rows: Numbers, choice: Choice) -> dict[str, int]:
    """Return how many articles dropping each single condition would give, largest first.

    Conditions whose removal gives no article are omitted. Used to suggest which filter to drop when
    nothing is found.
    """
    freed = {label: len(narrowed(columns, rows, choice, label)) for label in choice.conditions}
    return dict(sorted(((w, n) for w, n in freed.items() if n), key=lambda pair: -pair[1]))


def _newest(columns: Columns, rows: Numbers) -> Numbers:
    return rows[np.argsort(-columns.published[rows], kind="stable")]


def _strongest(columns: Columns, rows: Numbers) -> Numbers:
    return rows[np.argsort(columns.levels[rows], kind="stable")]


# Stable sorts keep the order of relevance among equals.
SORTS: dict[str, Callable[[Columns, Numbers], Numbers]] = {
    "Most relevant first": lambda _, rows: rows,
    "Newest first": _newest,
    "Strongest design first": _strongest,
}
