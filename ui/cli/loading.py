"""Load what a command needs, fast."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corpora.home import Home
    from retrieval.search import Searcher


@contextmanager
def collector_paused() -> Iterator[None]:
    """Import and load without garbage collection, and exclude loaded objects from later ones.

    Modules are never garbage: scanning a million of their objects, repeatedly while torch is
    imported and once more at process exit, takes as long as the import itself.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def open_searcher(home: Home, encoder: str, reranker: str | None) -> closing[Searcher]:
    """Open the searcher; missing data raises before the encoder is loaded, which takes seconds."""
    from corpora.store import open_corpus
    from retrieval.version import Versions

    open_corpus(home.corpus).close()
    Versions(home.indexes).current()
    from retrieval.encoder import load_encoder
    from retrieval.rerank import CrossEncoderReranker
    from retrieval.search import Searcher

    reranks = CrossEncoderReranker(reranker) if reranker else None
    with collector_paused():
        return closing(Searcher(home, load_encoder(encoder), reranker=reranks))
