"""What the Sources page looks through: a corpus by its columns, and what a search text matches."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from corpora.errors import StorageError
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.columns import Columns, make_columns, read_columns
from retrieval.engines.dense import Numbers
from ui.services import background

if TYPE_CHECKING:
    from retrieval.result_set import Mode, ResultSet
    from retrieval.search import Searcher

# Columns of so many articles take half a minute to make, for which a page may wait.
MOST_COUNTED = 300_000
# Those of so many take a few seconds: after an import a page waits for them.
_WAITED_FOR = 5_000
# Of a larger corpus, facets and charts go by so many of a result.
MOST_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class ArticleSet:
    """Articles to look through: rows of `columns`, the most relevant first.

    `matches` is None where no text was searched for; `partial` says that there are more, which are
    not looked at. What is near in meaning is among the rows only where it was asked for.
    """

    columns: Columns
    rows: Numbers
    matches: ResultSet | None = None
    partial: bool = False


class CorpusBrowser:
    """The columns of one data directory, for all sessions.

    When the corpus changes they are made anew: at once where there are few articles, else behind
    the pages, which see the corpus as it was until then.
    """

    def __init__(self, home: Home, most: int = MOST_COUNTED, waited_for: int = _WAITED_FOR) -> None:
        self._home = home
        self._most = most
        self._waited_for = waited_for
        self._lock = threading.Lock()
        self._columns: Columns | None = None
        self._making: threading.Thread | None = None

    def columns(self, store: ArticleStore) -> Columns | None:
        """The columns; None for a corpus that is too large for them."""
        snapshot = store.snapshot
        known = self._columns
        if known is not None and known.snapshot == snapshot:
            return known
        with self._lock:
            known = self._columns
            if known is None:
                known = read_columns(self._home.columns, snapshot)
                # Of a large corpus they are made by the next index build.
                if known is None and len(store) <= self._most:
                    known = self._made(store)
                self._columns = known
            elif known.snapshot != snapshot and len(store) <= min(self._most, self._waited_for):
                known = self._columns = self._made(store)
            elif known.snapshot != snapshot and not (self._making and self._making.is_alive()):
                self._making = background.start(self._renew)
            return known

    def settle(self) -> None:
        """Wait until what is being counted behind the pages has been counted."""
        if self._making:
            self._making.join()

    def _renew(self) -> None:
        with open_corpus(self._home.corpus) as store:
            kept = read_columns(self._home.columns, store.snapshot)
            large = len(store) > self._most
            # Those of a large corpus are of the last build until the next one.
            self._columns = kept or (self._columns if large else self._made(store))

    def _made(self, store: ArticleStore) -> Columns:
        with store.frozen():
            made = make_columns(store.articles(), store.snapshot)
        # What cannot be kept is made again by the next start.
        with suppress(StorageError):
            made.save(self._home.columns)
        return made

    def everything(self, store: ArticleStore) -> ArticleSet:
        """The whole corpus, or the last imported of one that is too large."""
        columns = self.columns(store)
        if columns is not None:
            return ArticleSet(columns, np.arange(len(columns), dtype=np.int64))
        last = islice(store.articles(max(0, store.last_id - MOST_LOOKED_AT)), MOST_LOOKED_AT)
        columns = make_columns(last)
        return ArticleSet(columns, np.arange(len(columns), dtype=np.int64), partial=True)

    def matching(
        self, store: ArticleStore, searcher: Searcher, text: str, mode: Mode, *, near: bool
    ) -> ArticleSet:
        """What a text in the search box means.

        Args:
            near: put what is near in meaning after what matches; where nothing holds every word of
                a text it is there anyway.

        Raises:
            BadQuery: a Boolean query cannot be parsed.
        """
        from retrieval.passage import Filters
        from retrieval.result_set import BooleanSearch, Mode, near_in_meaning, semantic

        everything = Filters(include_retracted=True)
        if mode is Mode.BOOLEAN:
            found = BooleanSearch(self._home).find(store, text, everything)
            if near:
                found = replace(found, near=near_in_meaning(searcher, found))
        else:
            found = semantic(searcher, store, text, everything)
            near = near or not len(found.ids)
        columns, ids = self.columns(store), found.ids
        if near:
            ids = np.concatenate([ids, found.near])
        partial = columns is None and len(ids) > MOST_LOOKED_AT
        if columns is None:
            ids = ids[:MOST_LOOKED_AT]
            columns = make_columns(sorted(store.by_id(ids.tolist()).items()))
        return ArticleSet(columns, columns.rows(ids), found, partial)
