"""What a filter can be set to: the journals and languages that are in the corpus."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from corpora.home import Home
from corpora.store import open_corpus

# A list that one still scrolls through; any other name can be typed.
_MOST_JOURNALS = 2_000


@dataclass(frozen=True, slots=True)
class FilterValues:
    """Names, those of the most articles first."""

    journals: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


class CorpusValues:
    """The values of a data directory, counted anew when its corpus changes."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._of = ("", FilterValues())

    def now(self) -> FilterValues:
        """Raises:
        NoCorpus, Damaged, StorageError: there is no corpus to read.
        """
        with self._lock, open_corpus(self._home.corpus) as store:
            if self._of[0] != store.snapshot:
                journals = tuple(store.counts("journal"))[:_MOST_JOURNALS]
                made = FilterValues(journals, tuple(store.counts("languages")))
                self._of = (store.snapshot, made)
            return self._of[1]
