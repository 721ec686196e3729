"""Which passage has which number: the columns that tie an index to the article store.

Two raw files of fixed-width rows, memory-mapped: the store id of each passage's article (ascending,
so that an article's passages stand together), and its offsets with a check on the text they gave
when the index was built.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpora.errors import Damaged
from retrieval.dense import Numbers
from retrieval.passage import Passage

ARTICLES = "passage-articles.bin"
SPANS = "passage-spans.bin"

_ARTICLE = np.dtype("<i8")
_SPAN = np.dtype([("start", "<u4"), ("end", "<u4"), ("check", "<u8")])


def check_of(text: str) -> int:
    """64 bits that tell whether a passage's text is still what it was."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


class PassageTableWriter:
    """Appends passages; articles must come in ascending order of their ids."""

    def __init__(self, folder: Path) -> None:
        self._files = ExitStack()
        self._articles = self._files.enter_context((folder / ARTICLES).open("wb"))
        self._spans = self._files.enter_context((folder / SPANS).open("wb"))
        self.count = 0

    def add(self, article: int, passages: Sequence[Passage]) -> None:
        rows = [(p.start, p.end, check_of(p.text)) for p in passages]
        self._articles.write(np.full(len(rows), article, dtype=_ARTICLE).tobytes())
        self._spans.write(np.array(rows, dtype=_SPAN).tobytes())
        self.count += len(rows)

    def __enter__(self) -> PassageTableWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()


class PassageTable:
    """The table of an index version.

    Raises:
        Damaged: the files do not hold `count` rows.
    """

    def __init__(self, folder: Path, count: int) -> None:
        self._articles = _mapped(folder / ARTICLES, _ARTICLE, count)
        self._spans = _mapped(folder / SPANS, _SPAN, count)

    def articles(self, passages: Numbers) -> Numbers:
        """Store ids of the articles of these passages."""
        return np.asarray(self._articles[passages])

    def of_article(self, article: int) -> range:
        """Numbers of an article's passages; empty where it is not indexed."""
        first = int(np.searchsorted(self._articles, article, side="left"))
        last = int(np.searchsorted(self._articles, article, side="right"))
        return range(first, last)

    def of_articles(self, articles: Numbers) -> Numbers:
        """Sorted numbers of the passages of these articles, given in ascending order."""
        first = np.searchsorted(self._articles, articles, side="left")
        last = np.searchsorted(self._articles, articles, side="right")
        lengths = last - first
        starts = np.repeat(first - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
        return np.asarray(starts + np.arange(lengths.sum()), dtype=np.int64)

    def span(self, passage: int) -> tuple[int, int, int]:
        """(start, end, check) of a passage."""
        row = self._spans[passage]
        return int(row["start"]), int(row["end"]), int(row["check"])


def _mapped(path: Path, dtype: np.dtype[np.generic], count: int) -> npt.NDArray[np.generic]:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise Damaged(f"{path} is missing.", "Rebuild: medcite index build.") from error
    if size != count * dtype.itemsize:
        raise Damaged(f"{path} does not hold {count} rows.", "Rebuild: medcite index build.")
    if count == 0:
        return np.empty(0, dtype=dtype)
    return np.memmap(path, dtype=dtype, mode="r")
