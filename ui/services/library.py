"""The data directory of the application, opened once in the background."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpora.errors import MedciteError, NoCorpus, NoIndex
from corpora.home import Home
from corpora.store import open_corpus
from ui.services import background
from ui.services.corpus_browser import CorpusBrowser
from ui.services.settings import model_in_use, read_choices
from ui.services.workspace import Workspace

if TYPE_CHECKING:
    from agent.assistant import Assistant

# Delay in seconds before loading: importing torch blocks Python for seconds, so draw a page first.
_DRAWN_BY_THEN = 1.5

Opener = Callable[[Home], "Assistant"]


def open_assistant(home: Home) -> Assistant:
    """Open the assistant with the encoder of the index in use and the language model chosen; if the
    model fails, answers are written without it.
    """
    from agent.assistant import Assistant
    from retrieval.version import Versions, read_manifest

    manifest = read_manifest(Versions(home.indexes).current())
    model, _ = model_in_use(home)
    return Assistant.open(home, encoder=manifest.encoder.name, model=model, fallback=True)


def sent_to(home: Home) -> str | None:
    """Return the host that questions are sent to; None if they stay on this machine."""
    from agent.models.choice import parse_model

    try:
        return parse_model(model_in_use(home)[0], home).leaves_machine
    except MedciteError:  # its folder or file has been removed: nothing is sent
        return None


@dataclass(frozen=True, slots=True)
class Needs:
    """What an assistant depends on: if any of it changes, another has to be opened."""

    encoder: str
    store: str
    model: str


class Library:
    """The assistant of a data directory, shared by all sessions and loaded once.

    It follows changes: its searcher switches to a new index version, and another encoder or
    language model loads another assistant. The previous one finishes its questions, and its model
    is closed once it is no longer referenced. A failed load is retried by the next call: the user
    may have built the index since.
    """

    def __init__(self, home: Home, opener: Opener = open_assistant) -> None:
        self.home = home
        self._opener = opener
        self._loading: Future[Assistant] | None = None
        self._needs: Needs | None = None
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self.workspace = Workspace(self)
        self.browser = CorpusBrowser(home)

    def check(self) -> None:
        """Check, without loading anything, that questions can be asked.

        Raises:
            NoCorpus, NoIndex, Damaged, StorageError: they cannot.
        """
        from retrieval.version import Versions

        with open_corpus(self.home.corpus) as store:
            try:
                Versions(self.home.indexes).current()
            except NoIndex as error:
                # A failed fetch leaves a corpus that contains only its journal entry.
                if len(store) == 0:
                    raise NoCorpus(
                        "The corpus is empty.", "Import articles: `medcite corpus fetch demo`."
                    ) from error
                raise

    def warm(self) -> None:
        """Schedule loading and return immediately, so that the page is drawn first."""
        self._start()

    @property
    def ready(self) -> bool:
        """Whether an assistant is loaded and up to date."""
        loading = self._loading
        return bool(
            loading
            and loading.done()
            and loading.exception() is None
            and self._needs == needs_of(self.home)
        )

    def assistant(self) -> Assistant:
        """Return the assistant; waits until it is loaded.

        Raises:
            MedciteError: loading failed; see `Assistant.open`.
        """
        loading = self._start()
        self._wanted.set()
        assistant = loading.result()
        choices = read_choices(self.home)
        assistant.flagged = choices.flagged
        assistant.set_thinking(choices.thinking)
        assistant.read_judging()
        return assistant

    def _start(self) -> Future[Assistant]:
        needs = needs_of(self.home)
        with self._lock:
            loading = self._loading
            failed = loading and loading.done() and loading.exception() is not None
            if loading is None or failed or needs != self._needs:
                # Release the previous one first: two language models may not fit in memory.
                self._loading = None
                loading = self._loading = Future()
                self._needs = needs
                self._wanted.clear()
                background.start(self._load, loading)
            return loading

    def _load(self, loading: Future[Assistant]) -> None:
        self._wanted.wait(_DRAWN_BY_THEN)
        try:
            assistant = self._opener(self.home)
        except BaseException as error:
            loading.set_exception(error)
            return
        if assistant.model is not None:
            # Closed on finalisation: a page or run may still use it after it was replaced.
            weakref.finalize(assistant, assistant.model.close)
        _settle()
        loading.set_result(assistant)


def _settle() -> None:
    """Collect what was replaced, and exclude what was loaded from later garbage collections.

    Streamlit collects garbage after each page run, while all others wait: with libraries and models
    in memory each collection takes a good part of a second.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def needs_of(home: Home) -> Needs:
    """Return the needs of the current index and settings; reads at most two small files."""
    from retrieval.version import Versions, read_manifest

    model, _ = model_in_use(home)
    try:
        manifest = read_manifest(Versions(home.indexes).current())
    except MedciteError:  # reported when the index is opened
        return Needs("", "", model)
    return Needs(manifest.encoder.fingerprint, manifest.store, model)
