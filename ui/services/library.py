"""One data directory as the application sees it: opened once, behind the first page."""

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

# Loading torch keeps Python busy for seconds, in which no page would be drawn.
_DRAWN_BY_THEN = 1.5

Opener = Callable[[Home], "Assistant"]


def open_assistant(home: Home) -> Assistant:
    """The assistant, with the encoder that the index in use was built with, and with the language
    model that was chosen; where that fails, the local forms take over.
    """
    from agent.assistant import Assistant
    from retrieval.version import Versions, read_manifest

    manifest = read_manifest(Versions(home.indexes).current())
    model, _ = model_in_use(home)
    return Assistant.open(home, encoder=manifest.encoder.name, model=model, fallback=True)


def sent_to(home: Home) -> str | None:
    """The other machine that questions are sent to; None where they stay here."""
    from agent.models.choice import parse_model

    try:
        return parse_model(model_in_use(home)[0], home).leaves_machine
    except MedciteError:  # chosen before a folder or file went away: nothing is asked then
        return None


@dataclass(frozen=True, slots=True)
class Needs:
    """What an assistant is opened for: with others it has to be another one."""

    encoder: str
    store: str
    model: str


class Library:
    """The assistant of a data directory, shared by all sessions and loaded once.

    It follows what changes beneath: a new index version is taken up by its searcher, another
    encoder or language model loads another assistant. The one before answers the questions that it
    is working on, and its model is closed when nothing holds it any more. A load that failed is
    tried again by the next call: the user may have built the index since.
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
        """Look, without loading anything, whether there is something to ask.

        Raises:
            NoCorpus, NoIndex, Damaged, StorageError: there is not.
        """
        from retrieval.version import Versions

        with open_corpus(self.home.corpus) as store:
            try:
                Versions(self.home.indexes).current()
            except NoIndex as error:
                # A fetch that failed leaves a corpus with nothing in it but that it failed.
                if len(store) == 0:
                    raise NoCorpus(
                        "There is no article yet.", "Import some: `medcite corpus fetch demo`."
                    ) from error
                raise

    def warm(self) -> None:
        """Start loading in a moment, and come back at once: first the page shows itself."""
        self._start()

    @property
    def ready(self) -> bool:
        """Whether an assistant is loaded, and still the right one."""
        loading = self._loading
        return bool(
            loading
            and loading.done()
            and loading.exception() is None
            and self._needs == needs_of(self.home)
        )

    def assistant(self) -> Assistant:
        """The assistant, when it is loaded.

        Raises:
            MedciteError: it cannot be; see `Assistant.open`.
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
                # Let go of the one before first: two language models may not fit.
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
            # A page or a run may still hold the assistant when another takes its place.
            weakref.finalize(assistant, assistant.model.close)
        _settle()
        loading.set_result(assistant)


def _settle() -> None:
    """Take what has been loaded out of garbage collection, what was replaced having gone.

    Streamlit collects garbage after each run of a page, while all others wait: with libraries and
    models in memory that takes a good part of a second, ten people's pages many of them.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def needs_of(home: Home) -> Needs:
    """What the index in use and the settings ask for now; reads no more than two small files."""
    from retrieval.version import Versions, read_manifest

    model, _ = model_in_use(home)
    try:
        manifest = read_manifest(Versions(home.indexes).current())
    except MedciteError:  # opening it will say so
        return Needs("", "", model)
    return Needs(manifest.encoder.fingerprint, manifest.store, model)
