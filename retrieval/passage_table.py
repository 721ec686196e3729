"""The passage table: columns that link passage numbers of an index to the article store.

Memory-mapped raw files of fixed-width rows: the store id of each passage's article (ascending, so
that an article's passages are contiguous), its offsets with a check of the text at the time of the
build, and the key of its cached vector.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpora.article import Article
from corpora.errors import Damaged
from retrieval.engines.dense import Numbers
from retrieval.passage import Passage

ARTICLES = "passage-articles.bin"
SPANS = "passage-spans.bin"
KEYS = "passage-keys.bin"
COLUMNS = (ARTICLES, SPANS, KEYS)

_ARTICLE = np.dtype("<i8")
_SPAN = np.dtype([("start", "<u4"), ("end", "<u4"), ("check", "<u8")])
_KEY = np.dtype("V16")
ROW_BYTES = _ARTICLE.itemsize + _SPAN.itemsize + _KEY.itemsize


def check_of(text: str) -> int:
    """A 64-bit hash that shows whether a passage's text has changed."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class ArticleRows:
    """The passages of one article in stored form: offsets with checks, and keys."""

    spans: bytes
    keys: bytes

    @classmethod
    def of(cls, passages: Sequence[Passage], keys: Sequence[bytes]) -> ArticleRows:
        """The rows for an article's passages and their vector keys."""
        spans = np.array([(p.start, p.end, check_of(p.text)) for p in passages], dtype=_SPAN)
        return cls(spans.tobytes(), b"".join(keys))

    def __len__(self) -> int:
        return len(self.keys) // _KEY.itemsize


class PassageTableWriter:
    """Appends passages of articles in ascending order of their ids."""

    def __init__(self, folder: Path) -> None:
        self._files = ExitStack()
        self._articles = self._files.enter_context((folder / ARTICLES).open("wb"))
        self._spans = self._files.enter_context((folder / SPANS).open("wb"))
        self._keys = self._files.enter_context((folder / KEYS).open("wb"))
        self._hashes = tuple(hashlib.sha256() for _ in COLUMNS)
        self.count = 0

    def add(self, article: int, rows: ArticleRows) -> None:
        """Append the passages of one article."""
        articles = np.full(len(rows), article, dtype=_ARTICLE)
        self._write(articles.tobytes(), rows.spans, rows.keys)
        self.count += len(rows)

    def copy(self, other: PassageTable, passages: Numbers) -> None:
        """Append rows of another table unchanged."""
        self._write(*other.rows(passages))
        self.count += len(passages)

    def _write(self, *columns: bytes) -> None:
        files = (self._articles, self._spans, self._keys)
        for file, digest, rows in zip(files, self._hashes, columns, strict=True):
            file.write(rows)
            digest.update(rows)

    def sync(self) -> tuple[str, ...]:
        """Flush everything added so far to disk; return the SHA-256 of each column."""
        for file in (self._articles, self._spans, self._keys):
            file.flush()
            os.fsync(file.fileno())
        return tuple(digest.hexdigest() for digest in self._hashes)

    def __enter__(self) -> PassageTableWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()


class PassageTable:
    """The table of an index version, or its first `count` rows if it is partial.

    Raises:
        Damaged: the files do not have `count` rows.
    """

    def __init__(self, folder: Path, count: int, *, partial: bool = False) -> None:
        self._articles = _mapped(folder / ARTICLES, _ARTICLE, count, partial=partial)
        self._spans = _mapped(folder / SPANS, _SPAN, count, partial=partial)
        self._keys = _mapped(folder / KEYS, _KEY, count, partial=partial)

    def __len__(self) -> int:
        return len(self._articles)

    def keys(self, passages: Numbers | slice) -> list[bytes]:
        """The vector keys of these passages."""
        data = self._keys[passages].tobytes()
        return [data[i : i + _KEY.itemsize] for i in range(0, len(data), _KEY.itemsize)]

    def rows(self, passages: Numbers) -> tuple[bytes, bytes, bytes]:
        """These rows of each column, in stored form."""
        return (
            self._articles[passages].tobytes(),
            self._spans[passages].tobytes(),
            self._keys[passages].tobytes(),
        )

    def articles(self, passages: Numbers) -> Numbers:
        """Store ids of the articles of these passages."""
        return np.asarray(self._articles[passages])

    def of_article(self, article: int) -> range:
        """Numbers of an article's passages; empty if it is not indexed."""
        first = int(np.searchsorted(self._articles, article, side="left"))
        last = int(np.searchsorted(self._articles, article, side="right"))
        return range(first, last)

    def ranges(self, articles: Numbers) -> tuple[Numbers, Numbers]:
        """(first, last + 1) passage numbers of each of these articles, in ascending order."""
        first = np.searchsorted(self._articles, articles, side="left")
        last = np.searchsorted(self._articles, articles, side="right")
        return first, last

    def of_articles(self, articles: Numbers) -> Numbers:
        """Sorted numbers of the passages of these articles, given in ascending order."""
        return within(*self.ranges(articles))

    def passage(self, number: int, article: Article) -> Passage:
        """A passage of an article at the table's offsets in the article's text."""
        start, end, _ = self.span(number)
        return Passage("", article.pmid, "", start, end, article.text[start:end])

    def span(self, passage: int) -> tuple[int, int, int]:
        """(start, end, check) of a passage."""
        row = self._spans[passage]
        return int(row["start"]), int(row["end"]), int(row["check"])


def within(first: Numbers, last: Numbers) -> Numbers:
    """All numbers of the ranges from `first` up to, but excluding, `last`, one after another."""
    lengths = last - first
    starts = np.repeat(first - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
    return np.asarray(starts + np.arange(lengths.sum()), dtype=np.int64)


def column_digests(folder: Path, rows: int) -> tuple[str, ...]:
    """SHA-256 of the first `rows` rows of each column.

    Raises:
        Damaged: a file is missing or shorter.
    """
    digests = []
    for name, dtype in zip(COLUMNS, (_ARTICLE, _SPAN, _KEY), strict=True):
        mapped = _mapped(folder / name, dtype, rows, partial=True)
        digests.append(hashlib.sha256(np.ascontiguousarray(mapped).view(np.uint8).data).hexdigest())
    return tuple(digests)


def _mapped(
    path: Path, dtype: np.dtype[np.generic], count: int, *, partial: bool
) -> npt.NDArray[np.generic]:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Damaged(f"{path} is missing.", "Rebuild: medcite index build.") from error
    expected = count * dtype.itemsize
    if size < expected or (size > expected and not partial):
        raise Damaged(f"{path} does not have {count} rows.", "Rebuild: medcite index build.")
    if count == 0:
        return np.empty(0, dtype=dtype)
    # A plain array, since the indexing overhead of memmap exceeds the cost of reading.
    return np.asarray(np.memmap(path, dtype=dtype, mode="r", shape=(count,)))
