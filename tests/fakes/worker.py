"""What a process does that is killed in the middle: import files, then build the index."""

from __future__ import annotations

from pathlib import Path

from corpora.home import Home
from corpora.importer import find_files, import_files
from corpora.store import ArticleStore
from retrieval.build import build_index
from tests.fakes.encoder import HashingEncoder
from tests.fakes.progress import Recorded


def work(root: str, files: str) -> None:
    """Import every file of a folder into the data directory `root`, and index it."""
    home = Home(Path(root))
    home.create()
    with ArticleStore(home.corpus) as store:
        import_files(store, find_files([files]))
    build_index(home, HashingEncoder(), Recorded())
