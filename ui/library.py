"""One data directory as the application sees it: opened once, behind the first page."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING

from corpora.home import Home
from corpora.store import open_corpus
from ui.desk import Desk

if TYPE_CHECKING:
    from agent.assistant import Assistant

Opener = Callable[[Home], "Assistant"]


def open_assistant(home: Home) -> Assistant:
    """The assistant, with the encoder that the index in use was built with, and with the language
    model that the environment names; where that fails, the local forms take over.
    """
    from agent.assistant import Assistant
    from retrieval.version import Versions, read_manifest

    manifest = read_manifest(Versions(home.indexes).current())
    return Assistant.open(home, encoder=manifest.encoder.name, model=named_model(), fallback=True)


def named_model() -> str:
    """The model string of the environment."""
    return os.environ.get("MEDCITE_MODEL", "none")


def sent_to(home: Home) -> str | None:
    """The other machine that questions are sent to; None where they stay here."""
    from agent.models.choice import parse_model

    return parse_model(named_model(), home).leaves_machine


class Library:
    """The assistant of a data directory, shared by all sessions and loaded once.

    A load that failed is tried again by the next call: the user may have built the index since.
    """

    def __init__(self, home: Home, opener: Opener = open_assistant) -> None:
        self.home = home
        self._opener = opener
        self._loading: Future[Assistant] | None = None
        self._lock = threading.Lock()
        self.desk = Desk(self)

    def check(self) -> None:
        """Look, without loading anything, whether there is something to ask.

        Raises:
            NoCorpus, NoIndex, Damaged, StorageError: there is not.
        """
        from retrieval.version import Versions

        open_corpus(self.home.corpus).close()
        Versions(self.home.indexes).current()

    def warm(self) -> None:
        """Start loading, and come back at once."""
        self._start()

    @property
    def ready(self) -> bool:
        loading = self._loading
        return bool(loading and loading.done() and loading.exception() is None)

    def assistant(self) -> Assistant:
        """The assistant, when it is loaded.

        Raises:
            MedciteError: it cannot be; see `Assistant.open`.
        """
        return self._start().result()

    def _start(self) -> Future[Assistant]:
        with self._lock:
            loading = self._loading
            if loading is None or (loading.done() and loading.exception() is not None):
                loading = self._loading = Future()
                threading.Thread(target=self._load, args=(loading,), daemon=True).start()
            return loading

    def _load(self, loading: Future[Assistant]) -> None:
        try:
            loading.set_result(self._opener(self.home))
        except BaseException as error:
            loading.set_exception(error)
