"""The values of filters: the journals and languages in the corpus."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from corpora.home import Home
from corpora.store import open_corpus

# The longest list that can still be scrolled; any other name can be typed.
_MOST_JOURNALS = 2_000


@dataclass(frozen=True, slots=True)
class FilterValues:
    """Names of journals and languages, those with most articles first."""

    journals: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class CorpusValues:
    """The filter values of a data directory, recounted when its corpus changes."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._cached = ("", FilterValues())

    def now(self) -> FilterValues:
        """Return the values of the current corpus.

        Raises:
            NoCorpus, Damaged, StorageError: there is no readable corpus.
        """
        with self._lock, open_corpus(self._home.corpus) as store:
            if self._cached[0] != store.snapshot:
                journals = tuple(store.counts("journal"))[:_MOST_JOURNALS]
                values = FilterValues(journals, tuple(store.counts("languages")))
                self._cached = (store.snapshot, values)
            return self._cached[1]
