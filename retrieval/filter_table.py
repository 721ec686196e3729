"""The filter table of an index version: which passages pass `Filters`, without reading articles.

For each value of each field it has the passages of the articles with that value: a bitmap if they
are more than a 32nd of all passages, else a list, whichever is smaller. Years are a column. All are
memory-mapped, so that a filter costs a few operations on bitmaps, however many articles pass it.
The values are those that the articles had when the version was built, as in its word index.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from corpora.article import Article
from corpora.errors import Damaged
from retrieval.array_file import ArrayFile, GrowingArray, save_arrays, scratch_array
from retrieval.engines.dense import Bitmap, Numbers, bitmap
from retrieval.filters import FIELDS, FilterField, Filters, in_people
from retrieval.passage_table import PassageTable, within

FILTERS = "filters.npz"
# The passages of a value are a bitmap if they are more than one in so many: a list would be larger.
_ONE_IN = 32
# Articles inverted at once during the build.
_BLOCK = 65_536
# Whether an article passes `people_only`, as a field with one value or none.
_PEOPLE = "people"
_FIELDS = (
    *FIELDS,
    FilterField(
        _PEOPLE,
        lambda article: (_PEOPLE,) if in_people(article) else (),
        lambda filters: (_PEOPLE,) if filters.people_only else (),
    ),
)


class FilterTableMaker:
    """Collects the values of articles in temporary files, then writes the table."""

    def __init__(self) -> None:
        self._ids, self._years = GrowingArray("q"), GrowingArray("i")
        self._fields = {field.name: _Values() for field in _FIELDS}

    def passing(self, articles: Iterable[tuple[int, Article]]) -> Iterator[tuple[int, Article]]:
        """Pass articles, in ascending order of their ids, through unchanged and add them."""
        for number, article in articles:
            self._ids.append(number)
            self._years.append(article.year)
            for field in _FIELDS:
                self._fields[field.name].add(field.values(article))
            yield number, article

    def save(self, path: Path, table: PassageTable) -> None:
        """Write the table for these passages.

        Raises:
            StorageError: it cannot be written.
        """
        ids, years = self._ids.array(), self._years.array()
        column = scratch_array(len(table), np.int32)
        for start in range(0, len(ids), _BLOCK):
            first, last = table.ranges(ids[start : start + _BLOCK])
            column[within(first, last)] = np.repeat(years[start : start + _BLOCK], last - first)
        arrays = {"years": column}
        for field, values in self._fields.items():
            arrays |= {f"{field}.{n}": a for n, a in values.inverted(ids, table).items()}
        save_arrays(path, arrays)


class _Values:
    """The values of one field by article, inverted to passages by value."""

    def __init__(self) -> None:
        self._codes_by_name: dict[str, int] = {}
        self._codes, self._starts = GrowingArray("i"), GrowingArray("q")
        self._starts.append(0)

    def add(self, values: Iterable[str]) -> None:
        """Add the values of the next article."""
        for value in dict.fromkeys(value.casefold() for value in values if value):
            code = self._codes_by_name.setdefault(value, len(self._codes_by_name))
            self._codes.append(code)
        self._starts.append(len(self._codes))

    def inverted(self, ids: Numbers, table: PassageTable) -> dict[str, npt.NDArray[np.generic]]:
        """The arrays of this field: names, starts of their lists, the lists, bitmaps.

        Names are in ascending order of their number of passages, so that those with a bitmap come
        last.
        """
        counts = np.zeros(len(self._codes_by_name), dtype=np.int64)
        for codes, _ in self._blocks(ids, table):
            counts += np.bincount(codes, minlength=len(counts))
        order = np.argsort(counts, kind="stable")
        ranks = np.argsort(order, kind="stable")
        starts = np.concatenate(([0], np.cumsum(counts[order])))
        rows = scratch_array(int(starts[-1]), np.int32)
        free = starts[:-1].copy()
        for codes, passages in self._blocks(ids, table):
            places = ranks[codes]
            by_place = np.argsort(places, kind="stable")
            places = places[by_place]
            nth = np.arange(len(places)) - np.searchsorted(places, places, side="left")
            rows[free[places] + nth] = passages[by_place]
            free += np.bincount(places, minlength=len(free))
        listed = int(np.searchsorted(counts[order] * _ONE_IN, len(table), side="right"))
        bitmaps = np.zeros((len(order) - listed, (len(table) + 7) // 8), dtype=np.uint8)
        for place in range(listed, len(order)):
            bitmaps[place - listed] = bitmap(rows[starts[place] : starts[place + 1]], len(table))
        names = list(self._codes_by_name)
        encoded = orjson.dumps([names[code] for code in order.tolist()])
        return {
            "names": np.frombuffer(encoded, dtype=np.uint8),
            "starts": starts[: listed + 1],
            "rows": rows[: starts[listed]],
            "bitmaps": bitmaps,
        }

    def _blocks(self, ids: Numbers, table: PassageTable) -> Iterator[tuple[Numbers, Numbers]]:
        """(codes, passages): each passage with each value of its article, in blocks."""
        all_starts, all_codes = self._starts.array(), self._codes.array()
        for start in range(0, len(ids), _BLOCK):
            first, last = table.ranges(ids[start : start + _BLOCK])
            starts = all_starts[start : start + len(first) + 1]
            lengths = np.repeat(last - first, np.diff(starts))
            codes = np.repeat(all_codes[starts[0] : starts[-1]], lengths)
            own = np.repeat(np.arange(len(first)), np.diff(starts))
            yield codes.astype(np.int64), within(first[own], last[own])


class FilterTable:
    """An open filter table; safe to use from several threads.

    Args:
        passages: the number of passages of its index version.

    Raises:
        Damaged: the file cannot be read, or is of another number of passages.
    """

    def __init__(self, path: Path, passages: int) -> None:
        try:
            with ArrayFile(path) as arrays:
                self._years = arrays["years"]
                self._fields = {field.name: _Field(arrays, field.name) for field in _FIELDS}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise Damaged(f"{path} cannot be read.", "Rebuild: medcite index build.") from error
        if len(self._years) != passages:
            raise Damaged(
                f"{path} has {len(self._years)} passages, not {passages}.",
                "Rebuild: medcite index build.",
            )

    def passing(self, filters: Filters) -> Bitmap:
        """The passages of the articles that pass; retraction is checked afterwards."""
        passages = len(self._years)
        parts = [
            self._fields[field.name].having_any(required, passages)
            for field in _FIELDS
            if (required := field.required(filters))
        ]
        if filters.first_year is not None or filters.last_year is not None:
            parts.append(self._in_years(filters.first_year, filters.last_year))
        return np.bitwise_and.reduce(parts) if parts else bitmap(np.arange(passages), passages)

    def _in_years(self, first: int | None, last: int | None) -> Bitmap:
        # Year 0 means unknown, which fails every condition on years.
        inside = self._years >= max(first or 1, 1)
        if last is not None:
            inside &= self._years <= last
        return np.packbits(inside, bitorder="little")


class _Field:
    """The values of one field, in ascending order of their number of passages."""

    def __init__(self, arrays: ArrayFile, field: str) -> None:
        names, starts, rows, bitmaps = (
            arrays[f"{field}.{part}"] for part in ("names", "starts", "rows", "bitmaps")
        )
        self._names: npt.NDArray[np.uint8] = names
        self._starts: Numbers = starts
        self._rows: npt.NDArray[np.int32] = rows
        self._bitmaps: npt.NDArray[np.uint8] = bitmaps

    @cached_property
    def _places(self) -> dict[str, int]:
        """The place of each name; parsed when first needed, which takes some milliseconds."""
        names: list[str] = orjson.loads(self._names.tobytes())
        return {name: place for place, name in enumerate(names)}

    def having_any(self, values: Iterable[str], passages: int) -> Bitmap:
        """The passages of articles with any of these values."""
        names = {value.casefold() for value in values}
        places = [place for name in names if (place := self._places.get(name)) is not None]
        listed = len(self._starts) - 1
        rows = [self._rows[self._starts[p] : self._starts[p + 1]] for p in places if p < listed]
        result = bitmap(np.concatenate([np.empty(0, np.int32), *rows]), passages)
        for place in places:
            if place >= listed:
                result |= self._bitmaps[place - listed]
        return result
