"""State of the question and conversation pages, shared by all sessions of a server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from agent.conversations.threads import Threads
from corpora.home import Home
from ui.services.disagreements import Disagreements
from ui.services.evidence_tables import AnswerTables
from ui.services.example_questions import Examples, OpenHome
from ui.services.filter_values import CorpusValues
from ui.services.runs import Run, Runs
from ui.services.search_log import SearchLog
from ui.services.searching import log_question

if TYPE_CHECKING:
    from agent.answer import Answer


class Workspace:
    """Conversations, their runs, and results computed in the background."""

    def __init__(self, library: OpenHome) -> None:
        self._library = library
        self._lock = threading.Lock()
        self._threads: Threads | None = None
        self.runs = Runs(library.assistant, answered=self._log)
        self.disagreements = Disagreements()
        self.tables = AnswerTables(library)
        self.examples = Examples(library)
        self.filter_values = CorpusValues(library.home)

    @property
    def home(self) -> Home:
        """The data directory."""
        return self._library.home

    def _log(self, run: Run, answer: Answer) -> None:
        """Log a question in its owner's search log."""
        home = self._library.home
        log_question(SearchLog(home, run.owner), home, answer, run.filters)

    def threads(self, owner: str) -> Threads:
        """Return a user's conversations, which gives no access to those of others.

        Raises:
            StorageError, Busy, Damaged: their file cannot be used.
        """
        with self._lock:
            if self._threads is None:
                self._threads = Threads(self._library.home)
            return self._threads.of(owner)
