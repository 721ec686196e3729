"""The articles that the Sources page browses: a corpus as columns, and the matches of a query."""

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
from retrieval.engines.dense import Numbers
from retrieval.facet_columns import Columns, make_columns, read_columns
from ui.services import background

if TYPE_CHECKING:
    from retrieval.result_set import Mode, ResultSet
    from retrieval.search import Searcher

# Columns of up to this many articles are built on first use, which takes half a minute.
MOST_COUNTED = 300_000
# Columns of up to this many are rebuilt while a page waits after an import: a few seconds.
_WAITED_FOR = 5_000
# In a larger corpus, facets and charts use this many articles of a result.
MOST_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class ArticleSet:
    """Articles to browse: rows of `columns`, most relevant first.

    `matches` is None without a query; `partial` says that there are more articles than rows.
    Articles similar in meaning are among the rows only if requested.
    """

    columns: Columns
    rows: Numbers
    matches: ResultSet | None = None
    partial: bool = False


class CorpusBrowser:
    """The columns of one data directory, shared by all sessions.

    When the corpus changes they are rebuilt: immediately if it has few articles, else in the
    background, while pages show the corpus as it was.
    """

    def __init__(self, home: Home, most: int = MOST_COUNTED, waited_for: int = _WAITED_FOR) -> None:
        self._home = home
        self._most = most
        self._waited_for = waited_for
        self._lock = threading.Lock()
        self._columns: Columns | None = None
        self._making: threading.Thread | None = None

    def columns(self, store: ArticleStore) -> Columns | None:
        """Return the columns; None if the corpus is too large."""
        snapshot = store.snapshot
        columns = self._columns
        if columns is not None and columns.snapshot == snapshot:
            return columns
        with self._lock:
            columns = self._columns
            if columns is None:
                columns = read_columns(self._home.columns, snapshot)
                # For a large corpus, the next index build makes them.
                if columns is None and len(store) <= self._most:
                    columns = self._build(store)
                self._columns = columns
            elif columns.snapshot != snapshot and len(store) <= min(self._most, self._waited_for):
                columns = self._columns = self._build(store)
            elif columns.snapshot != snapshot and not (self._making and self._making.is_alive()):
                self._making = background.start(self._renew)
            return columns

    def settle(self) -> None:
        """Wait for a rebuild in the background to finish."""
        if self._making:
            self._making.join()

    def _renew(self) -> None:
        with open_corpus(self._home.corpus) as store:
            saved = read_columns(self._home.columns, store.snapshot)
            large = len(store) > self._most
            # A large corpus keeps the columns of its last index build.
            self._columns = saved or (self._columns if large else self._build(store))

    def _build(self, store: ArticleStore) -> Columns:
        with store.frozen():
            columns = make_columns(store.articles(), store.snapshot)
        # If they cannot be saved, the next start rebuilds them.
        with suppress(StorageError):
            columns.save(self._home.columns)
        return columns

    def everything(self, store: ArticleStore) -> ArticleSet:
        """Return the whole corpus, or the latest imports if it is too large."""
        columns = self.columns(store)
        if columns is not None:
            return ArticleSet(columns, np.arange(len(columns), dtype=np.int64))
        last = islice(store.articles(max(0, store.last_id - MOST_LOOKED_AT)), MOST_LOOKED_AT)
        columns = make_columns(last)
        return ArticleSet(columns, np.arange(len(columns), dtype=np.int64), partial=True)

    def matching(
        self, store: ArticleStore, searcher: Searcher, text: str, mode: Mode, *, near: bool
    ) -> ArticleSet:
        """Search for the text in the search box.

        Args:
            near: append articles similar in meaning to the matches; in a search by meaning this is
                always done if no article contains every word.

        Raises:
            BadQuery: a Boolean query cannot be parsed.
        """
        from retrieval.filters import Filters
        from retrieval.result_set import BooleanSearch, Mode, near_in_meaning, semantic

        everything = Filters(include_retracted=True)
        if mode is Mode.BOOLEAN:
            results = BooleanSearch(self._home).find(store, text, everything)
            if near:
                results = replace(results, near=near_in_meaning(searcher, results))
        else:
            results = semantic(searcher, store, text, everything)
            near = near or not len(results.ids)
        columns, ids = self.columns(store), results.ids
        if near:
            ids = np.concatenate([ids, results.near])
        partial = columns is None and len(ids) > MOST_LOOKED_AT
        if columns is None:
            ids = ids[:MOST_LOOKED_AT]
            columns = make_columns(sorted(store.by_id(ids.tolist()).items()))
        return ArticleSet(columns, columns.rows(ids), results, partial)
