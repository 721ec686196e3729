"""Loading what a command needs, without what loading needs not do."""

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
    """Import and load without garbage collection, and keep what was loaded out of later ones.

    Modules are never garbage: looking through a million of their objects, again and again while
    torch is imported and once more at the end of the process, takes as long as the import itself.
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
    """The searcher; what is missing is said before the encoder is loaded, which takes seconds."""
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
