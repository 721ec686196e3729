"""Column store for facets and sorting, so that they need not read the articles.

An article takes some 110 bytes, most of them for its MeSH headings, in a memory-mapped file that
is valid while the store's snapshot is unchanged. Columns are built in one pass over the articles
(about 0.15 ms each, mostly for detecting the study design), which is part of an index build.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpora.article import Article
from corpora.evidence_level import EvidenceLevel
from retrieval.array_file import ArrayFile, GrowingArray, save_arrays
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
    """One facet of all articles: article `i` has the values `codes[starts[i]:starts[i + 1]]`.

    A code is an index into `names`.
    """

    starts: Numbers
    codes: npt.NDArray[np.int32]
    names: tuple[str, ...]

    def counts(self, among: Mask) -> Numbers:
        """The number of the selected articles with each of `names`."""
        selected = np.repeat(among, np.diff(self.starts))
        return np.bincount(self.codes[selected], minlength=len(self.names))

    def having_any(self, rows: Numbers) -> int:
        """The number of these articles that have any value."""
        return int(np.count_nonzero(self.starts[rows + 1] > self.starts[rows]))

    def having(self, values: Iterable[str]) -> Mask:
        """A mask of the articles that have any of these values."""
        chosen = set(values)
        codes = [code for code, name in enumerate(self.names) if name in chosen]
        hits = np.flatnonzero(np.isin(self.codes, codes))
        mask = np.zeros(len(self.starts) - 1, dtype=bool)
        mask[np.searchsorted(self.starts, hits, side="right") - 1] = True
        return mask


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns whose rows are articles by ascending store id.

    `published` is a date as a number, 20210300 for March 2021, 0 if unknown; `levels` are
    EvidenceLevel values.
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
        """The rows of these articles, in their order, omitting unknown ones."""
        if not len(self.ids):
            return np.empty(0, dtype=np.int64)
        places = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
        return np.asarray(places[self.ids[places] == ids], dtype=np.int64)

    def save(self, path: Path) -> None:
        """Write the columns atomically.

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
        save_arrays(path, arrays)


def read_columns(path: Path, snapshot: str) -> Columns | None:
    """The stored columns of this snapshot; None if there are none or they cannot be read.

    They are memory-mapped without checking a checksum.
    """
    try:
        with ArrayFile(path) as arrays:
            if arrays["head"].tolist() != [str(_VERSION), snapshot]:
                return None
            sides = {}
            for name in SIDES:
                names = arrays[f"{name}.names"].tobytes().decode()
                parts = tuple(names.split("\n")) if names else ()
                sides[name] = Side(arrays[f"{name}.starts"], arrays[f"{name}.codes"], parts)
            plain = {n: arrays[n] for n in ("ids", "published", "years", "levels", "retracted")}
            return Columns(snapshot, sides=sides, **plain)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None


def make_columns(articles: Iterable[tuple[int, Article]], snapshot: str = "") -> Columns:
    """Columns of articles given with their ids in ascending order."""
    maker = ColumnMaker()
    for _ in maker.passing(articles):
        pass
    return maker.columns(snapshot)


class ColumnMaker:
    """Builds columns with small buffers that overflow to temporary files."""

    def __init__(self) -> None:
        self._sides = {name: _Maker() for name in SIDES}
        self._plain = {
            "ids": GrowingArray("q"), "published": GrowingArray("i"), "years": GrowingArray("i"),
            "levels": GrowingArray("b"), "retracted": GrowingArray("b"),
        }  # fmt: skip

    def passing(self, articles: Iterable[tuple[int, Article]]) -> Iterator[tuple[int, Article]]:
        """Pass articles through unchanged and add them to the columns."""
        for number, article in articles:
            level = article.evidence_level
            date = _as_number(article.published) or article.year * 10_000
            row = (number, date, article.year, int(level), int(article.retracted))
            for column, value in zip(self._plain.values(), row, strict=True):
                column.append(value)
            for name, values in _values(article, level).items():
                self._sides[name].add(values)
            yield number, article

    def columns(self, snapshot: str) -> Columns:
        """The columns of all articles passed, for a store with this snapshot."""
        plain = {name: column.array() for name, column in self._plain.items()}
        plain["retracted"] = plain["retracted"].view(bool)
        return Columns(snapshot, sides={n: m.side() for n, m in self._sides.items()}, **plain)


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
    """Builds one Side."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._codes, self._starts = GrowingArray("i"), GrowingArray("q")
        self._starts.append(0)

    def add(self, values: Iterable[str]) -> None:
        for value in dict.fromkeys(" ".join(value.split()) for value in values):
            if value:
                self._codes.append(self._known.setdefault(value, len(self._known)))
        self._starts.append(len(self._codes))

    def side(self) -> Side:
        return Side(self._starts.array(), self._codes.array(), tuple(self._known))
