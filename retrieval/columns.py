"""What can be counted and sorted by, of all articles of a corpus: facets read no article.

In memory an article takes some 100 bytes, most of them for its MeSH headings. Columns are made by
one pass over the store (some 0.15 ms an article, most of it to tell the study design) and kept in
a file, which is good for as long as the store's snapshot is the same.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpora.article import Article
from corpora.evidence_level import EvidenceLevel
from corpora.files import replacing
from retrieval.engines.dense import Numbers

Mask = npt.NDArray[np.bool_]
_VERSION = 1
# MeSH's check tags say who was studied, not what.
CHECK_TAGS = frozenset(
    {
        "Humans", "Animals", "Male", "Female", "Pregnancy", "Infant, Newborn", "Infant",
        "Child, Preschool", "Child", "Adolescent", "Young Adult", "Adult", "Middle Aged", "Aged",
        "Aged, 80 and over", "Mice", "Rats", "Rabbits", "Cats", "Dogs", "Cattle", "Guinea Pigs",
    }
)  # fmt: skip
SIDES = ("design", "year", "journal", "mesh", "people", "language")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of all articles: article `i` has the values `codes[starts[i]:starts[i + 1]]`.

    A code is a place in `names`.
    """

    starts: Numbers
    codes: npt.NDArray[np.int32]
    names: tuple[str, ...]

    def counts(self, among: Mask) -> Numbers:
        """How many of these articles have each of `names`."""
        held = np.repeat(among, np.diff(self.starts))
        return np.bincount(self.codes[held], minlength=len(self.names))

    def having_any(self, rows: Numbers) -> int:
        """How many of these articles have any value."""
        return int(np.count_nonzero(self.starts[rows + 1] > self.starts[rows]))

    def having(self, wanted: Iterable[str]) -> Mask:
        """The articles that have any of these values."""
        asked = set(wanted)
        codes = [code for code, name in enumerate(self.names) if name in asked]
        hits = np.flatnonzero(np.isin(self.codes, codes))
        found = np.zeros(len(self.starts) - 1, dtype=bool)
        found[np.searchsorted(self.starts, hits, side="right") - 1] = True
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Rows are articles by ascending store id.

    `published` is a date as a number, 20210300 for March 2021, 0 where it is unknown; `levels` are
    EvidenceLevels.
    """

    snapshot: str
    ids: Numbers
    published: npt.NDArray[np.int32]
    years: npt.NDArray[np.int32]
    levels: npt.NDArray[np.int8]
    retracted: Mask
    sides: Mapping[str, Side]

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, ids: Numbers) -> Numbers:
        """The rows of these articles, in their order; those that are not here are left out."""
        if not len(self.ids):
            return np.empty(0, dtype=np.int64)
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.asarray(places[self.ids[places] == ids], dtype=np.int64)

    def save(self, path: Path) -> None:
        """Write them, whole or not at all.

        Raises:
            StorageError: they cannot be written.
        """
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "head": np.array([str(_VERSION), self.snapshot]),
            "ids": self.ids, "published": self.published, "years": self.years,
            "levels": self.levels, "retracted": self.retracted,
        }  # fmt: skip
        for name, side in self.sides.items():
            arrays |= {f"{name}.starts": side.starts, f"{name}.codes": side.codes}
            arrays[f"{name}.names"] = np.frombuffer("\n".join(side.names).encode(), dtype=np.uint8)
        with replacing(path) as part, part.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)


def read_columns(path: Path, snapshot: str) -> Columns | None:
    """The columns that were kept of this snapshot; None where there are none that can be read."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            if kept["head"].tolist() != [str(_VERSION), snapshot]:
                return None
            sides = {}
            for name in SIDES:
                names = kept[f"{name}.names"].tobytes().decode()
                parts = tuple(names.split("\n")) if names else ()
                sides[name] = Side(kept[f"{name}.starts"], kept[f"{name}.codes"], parts)
            plain = {n: kept[n] for n in ("ids", "published", "years", "levels", "retracted")}
            return Columns(snapshot, sides=sides, **plain)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def make_columns(articles: Iterable[tuple[int, Article]], snapshot: str = "") -> Columns:
    """Columns of articles that come with their ids, in ascending order."""
    makers = {name: _Maker() for name in SIDES}
    plain: list[tuple[int, int, int, int, bool]] = []
    for number, article in articles:
        level = article.evidence_level
        date = _as_number(article.published) or article.year * 10_000
        plain.append((number, date, article.year, level, article.retracted))
        for name, values in _values(article, level).items():
            makers[name].add(values)
    ids, dates, years, levels, retracted = zip(*plain, strict=True) if plain else ((),) * 5
    return Columns(
        snapshot,
        np.array(ids, dtype=np.int64),
        np.array(dates, dtype=np.int32),
        np.array(years, dtype=np.int32),
        np.array(levels, dtype=np.int8),
        np.array(retracted, dtype=bool),
        {name: maker.side() for name, maker in makers.items()},
    )


def _values(article: Article, level: EvidenceLevel) -> dict[str, Sequence[str]]:
    journal = article.journal_abbreviation or article.journal
    return {
        "design": (level.label,),
        "year": (str(article.year),) if article.year else (),
        "journal": (journal,) if journal else (),
        "mesh": [heading for heading in article.mesh if heading not in CHECK_TAGS],
        "people": [heading for heading in article.mesh if heading in CHECK_TAGS],
        "language": article.languages,
    }


def _as_number(iso: str) -> int:
    return int(iso.replace("-", "").ljust(8, "0")) if iso else 0


class _Maker:
    """A side in the making."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._codes: list[int] = []
        self._starts = [0]

    def add(self, values: Iterable[str]) -> None:
        for value in dict.fromkeys(" ".join(value.split()) for value in values):
            if value:
                self._codes.append(self._known.setdefault(value, len(self._known)))
        self._starts.append(len(self._codes))

    def side(self) -> Side:
        return Side(
            np.array(self._starts, dtype=np.int64),
            np.array(self._codes, dtype=np.int32),
            tuple(self._known),
        )
