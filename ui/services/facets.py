"""What a reader chose to see of a set of articles: counts beside each choice, order, advice.

Everything here works on `retrieval.columns` and reads no article. A set of articles is an array of
rows in the order of relevance.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from corpora.evidence_level import EvidenceLevel
from retrieval.columns import Columns, Mask
from retrieval.engines.dense import Numbers

_STRENGTH = {level.label: level for level in EvidenceLevel}


@dataclass(frozen=True, slots=True)
class Facet:
    """A side of an article to choose by. `name` is that of its column."""

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
    """What an article must be to be shown.

    `values` are alternatives within each facet, by its name; all facets must hold. Years are
    inclusive, and an article of unknown year fails either.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    first_year: int | None = None
    last_year: int | None = None
    include_retracted: bool = False

    @property
    def conditions(self) -> dict[str, Callable[[Columns], Mask]]:
        """Each condition that is set, under the words a reader knows it by."""
        found: dict[str, Callable[[Columns], Mask]] = {
            facet.label: self._having(facet) for facet in FACETS if self.values.get(facet.name)
        }
        if self.first_year is not None or self.last_year is not None:
            found["Years"] = self._in_years
        if not self.include_retracted:
            found["No retracted articles"] = lambda columns: ~columns.retracted
        return found

    def _having(self, facet: Facet) -> Callable[[Columns], Mask]:
        return lambda columns: columns.sides[facet.name].having(self.values[facet.name])

    def _in_years(self, columns: Columns) -> Mask:
        years = columns.years
        first, last = self.first_year or 1, self.last_year or 9999
        return np.asarray((years >= first) & (years <= last))

    def accepts(self, columns: Columns, without: str = "") -> Mask:
        """The articles that meet every condition but the one that is known as `without`."""
        accepted = np.ones(len(columns), dtype=bool)
        for words, condition in self.conditions.items():
            if words != without:
                accepted &= condition(columns)
        return accepted


def narrowed(columns: Columns, rows: Numbers, choice: Choice, without: str = "") -> Numbers:
    """The rows that meet every condition but the one that is known as `without`."""
    return np.asarray(rows[choice.accepts(columns, without)[rows]], dtype=np.int64)


def counted_values(
    columns: Columns, rows: Numbers, choice: Choice, facet: Facet, most: int
) -> dict[str, int]:
    """The commonest values of a facet with how many articles each would show.

    What is chosen on the other sides counts, what is chosen on this one does not; a value that is
    chosen is always there, with 0 where nothing has it any more. Years come newest first, designs
    strongest first.
    """
    among = np.zeros(len(columns), dtype=bool)
    among[narrowed(columns, rows, choice, facet.label)] = True
    side = columns.sides[facet.name]
    counts = side.counts(among)
    held = np.flatnonzero(counts)
    if facet.name == "year":
        best = sorted(held.tolist(), key=lambda code: side.names[code], reverse=True)[:most]
    elif facet.name == "design":
        best = sorted(held.tolist(), key=lambda code: _STRENGTH[side.names[code]])[:most]
    else:
        best = held[np.argsort(-counts[held], kind="stable")][:most].tolist()
    values = {side.names[code]: int(counts[code]) for code in best}
    for name in choice.values.get(facet.name, ()):
        if name not in values:
            values[name] = int(counts[side.names.index(name)]) if name in side.names else 0
    return values


def relaxed(columns: Columns, rows: Numbers, choice: Choice) -> dict[str, int]:
    """How many articles there would be without each condition alone; those that free none left out.

    What to give up where nothing is found: the one that frees most comes first.
    """
    freed = {words: len(narrowed(columns, rows, choice, words)) for words in choice.conditions}
    return dict(sorted(((w, n) for w, n in freed.items() if n), key=lambda pair: -pair[1]))


def _newest(columns: Columns, rows: Numbers) -> Numbers:
    return rows[np.argsort(-columns.published[rows], kind="stable")]


def _strongest(columns: Columns, rows: Numbers) -> Numbers:
    return rows[np.argsort(columns.levels[rows], kind="stable")]


# The order of relevance remains among equals.
SORTS: dict[str, Callable[[Columns, Numbers], Numbers]] = {
    "Most relevant first": lambda _, rows: rows,
    "Newest first": _newest,
    "Strongest design first": _strongest,
}
