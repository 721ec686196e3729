"""Workers that split articles and encode passages during a build: this process or others.

Both stages are maps over batches. A result depends only on its batch and results are in the order
of their batches, so the index does not depend on the workers: in half precision a vector depends
slightly on the rest of its batch, but not on the machine, given the same kind of processor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from corpora.article import Article
from retrieval.chunking import encoded_text, split
from retrieval.encoder import Encoder, Vectors
from retrieval.passage_table import ArticleRows
from retrieval.vectors import key_of


class Workers(Protocol):
    """Maps batches to results, in order. Batches may be drawn ahead of the results."""

    def split(self, batches: Iterable[Sequence[Article]], unit: str) -> Iterator[list[ArticleRows]]:
        """The rows of each article of each batch, as returned by `split_articles`."""
        ...

    def encode(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """(n, dimension) vectors of each batch, as returned by `Encoder.encode_documents`."""
        ...


class LocalWorkers:
    """Works in the build process itself, one batch at a time."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def split(self, batches: Iterable[Sequence[Article]], unit: str) -> Iterator[list[ArticleRows]]:
        return (split_articles(self._encoder, batch, unit) for batch in batches)

    def encode(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        return map(self._encoder.encode_documents, batches)


def split_articles(encoder: Encoder, articles: Sequence[Article], unit: str) -> list[ArticleRows]:
    """Split articles into passages that fit the encoder's window, as rows of the passage table.

    Args:
        unit: one of `retrieval.chunking.UNITS`.
    """
    rows = []
    for article in articles:
        passages = split(article, encoder.window, encoder.count_tokens, unit)
        keys = [key_of(encoded_text(article, passage, unit)) for passage in passages]
        rows.append(ArticleRows.of(passages, keys))
    return rows
