"""The data directory, which contains everything that Medcite stores on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from corpora.errors import storage_errors


@dataclass(frozen=True, slots=True)
class Home:
    """Paths inside one data directory; no other code builds them."""

    root: Path

    @classmethod
    def locate(cls, root: Path | None = None) -> Home:
        """`root` if given, else $MEDCITE_HOME, else the platform's data directory."""
        if root is None:
            named = os.environ.get("MEDCITE_HOME")
            root = Path(named) if named else platformdirs.user_data_path("medcite", appauthor=False)
        return cls(root.expanduser().absolute())

    @property
    def corpus(self) -> Path:
        """The article store (SQLite)."""
        return self.root / "corpus.sqlite"

    @property
    def downloads(self) -> Path:
        """Fetched source files."""
        return self.root / "downloads"

    @property
    def vectors(self) -> Path:
        """Cached passage vectors, one folder per encoder."""
        return self.root / "vectors"

    @property
    def indexes(self) -> Path:
        """Index versions, and CURRENT, which names the one in use."""
        return self.root / "indexes"

    @property
    def threads(self) -> Path:
        """Conversations and answers in progress (SQLite)."""
        return self.root / "threads.sqlite"

    @property
    def columns(self) -> Path:
        """The columns that facets count (`retrieval.facet_columns`); rebuilt if missing."""
        return self.root / "columns.npz"

    @property
    def reading(self) -> Path:
        """Reading lists (SQLite)."""
        return self.root / "reading.sqlite"

    @property
    def mesh(self) -> Path:
        """The MeSH tree, if one was imported (SQLite)."""
        return self.root / "mesh.sqlite"

    @property
    def searches(self) -> Path:
        """The log of searches and questions (SQLite)."""
        return self.root / "searches.sqlite"

    @property
    def tables(self) -> Path:
        """Manual entries in evidence tables (SQLite)."""
        return self.root / "tables.sqlite"

    @property
    def screening(self) -> Path:
        """Screenings for reviews (SQLite)."""
        return self.root / "screening.sqlite"

    @property
    def models(self) -> Path:
        """Downloaded language model files."""
        return self.root / "models"

    @property
    def speeds(self) -> Path:
        """Measured speeds of language models on this machine (JSON)."""
        return self.root / "model-speeds.json"

    @property
    def judging(self) -> Path:
        """How well language models judge claims (JSON)."""
        return self.root / "model-judging.json"

    @property
    def examinations(self) -> Path:
        """Runs of `medcite evaluate qa` without a folder of their own, one folder each."""
        return self.root / "examinations"

    @property
    def jobs(self) -> Path:
        """Imports, fetches and builds started by the application, one folder each."""
        return self.root / "jobs"

    @property
    def run(self) -> Path:
        """The socket of a running server, accessible only to this user."""
        return self.root / "run"

    @property
    def settings(self) -> Path:
        """Settings chosen in the application (JSON)."""
        return self.root / "settings.json"

    @property
    def secrets(self) -> Path:
        """Streamlit's secrets: how users sign in, and which of them may change things (TOML)."""
        return self.root / "secrets.toml"

    @property
    def server_keys(self) -> Path:
        """Who may use the server: names and hashes of API keys (JSON)."""
        return self.root / "server-keys.json"

    def create(self) -> None:
        """Create the directory.

        Raises:
            StorageError: it cannot be created or written.
        """
        with storage_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK):
                raise PermissionError(13, "Permission denied")
