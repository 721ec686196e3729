"""Estimate the resources for an index of a given size from rates measured on this machine.

Measured are seconds per article for reading and splitting, per passage for encoding, and bytes per
article; the rest is computed from the dense type. Not modelled is how a machine behaves once its
page cache is smaller than the index.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from corpora.article import Article
from retrieval.chunking import encoded_text, split
from retrieval.encoder import Encoder
from retrieval.engines.dense import DenseType, choose_type
from retrieval.passage_table import ROW_BYTES

_SHORTEST_MEASUREMENT = 3.0
_BATCH = 128
# Of the lexical index, per article, measured on the demo literature.
_LEXICAL_BYTES = 1_400
_LEXICAL_SECONDS = 0.0007
_KEY_BYTES = 29
_GRAPH_LINKS = 32 * 4
# k-means passes over the sample for the lists, and floating-point operations of a core per second.
_PASSES, _FLOPS = 10, 3e10
# Memory of a build apart from vectors: batches, tantivy's writer, the interpreter with torch.
_BUILD_BASE = 900_000_000
# Copies of the sample while FAISS trains, measured at 2·10⁶ (IVF) and 10⁷ vectors (OPQ, PQ).
_COPIES, _COPIES_PAGED = 2, 4


@dataclass(frozen=True, slots=True)
class Rates:
    """Measured on this machine. Seconds per article or passage; bytes per article."""

    passages_per_article: float
    cut: float
    encode: float
    store_bytes: float
    lexical_bytes: float = _LEXICAL_BYTES


@dataclass(frozen=True, slots=True)
class SizingPlan:
    """Bytes and hours that a corpus and its index would take."""

    articles: int
    passages: int
    dense_type: DenseType
    store_bytes: int
    vector_bytes: int
    index_bytes: int
    search_memory: int
    build_memory: int
    cut_hours: float
    encode_hours: float
    index_hours: float

    @property
    def disk_bytes(self) -> int:
        """Total disk space, including a second index version while it is being built."""
        return self.store_bytes + self.vector_bytes + 2 * self.index_bytes


def measure(encoder: Encoder, articles: Sequence[Article]) -> Rates:
    """Measure splitting and encoding of some articles for a few seconds each.

    Args:
        articles: a sample of the corpus.
    """
    started = time.perf_counter()
    texts: list[str] = []
    for article in articles:
        passages = split(article, encoder.window, encoder.count_tokens)
        texts.extend(encoded_text(article, passage) for passage in passages)
    cut = (time.perf_counter() - started) / len(articles)
    texts.sort(key=len)
    # Sampled evenly from short to long, so that each batch has average cost.
    count = max(1, len(texts) // _BATCH)
    encoder.encode_documents(texts[:8])
    started, encoded = time.perf_counter(), 0
    for number in range(count):
        batch = texts[number::count]
        encoder.encode_documents(batch)
        encoded += len(batch)
        if time.perf_counter() - started > _SHORTEST_MEASUREMENT:
            break
    encode = (time.perf_counter() - started) / encoded
    size = sum(len(article.to_json()) for article in articles) / len(articles)
    return Rates(len(texts) / len(articles), cut, encode, size * 1.15)


def plan(articles: int, rates: Rates, dimension: int, dense: str = "auto") -> SizingPlan:
    """The resources for a corpus of this many articles.

    Args:
        dimension: of the encoder's vectors.
        dense: the dense type, as in `choose_type`.
    """
    passages = round(articles * rates.passages_per_article)
    dense_type = choose_type(passages, dense)
    exact_vectors = passages * dimension * 2 if dense_type.refine else 0
    codes = passages * _code_bytes(dense_type, dimension)
    table = passages * ROW_BYTES
    lexical = round(articles * rates.lexical_bytes)
    paged_block = 1_000_000 * dimension * 4 * 2
    sample = min(passages, dense_type.sample) * dimension * 4
    return SizingPlan(
        articles=articles,
        passages=passages,
        dense_type=dense_type,
        store_bytes=round(articles * rates.store_bytes),
        vector_bytes=passages * (dimension * 2 + _KEY_BYTES),
        index_bytes=codes + exact_vectors + table + lexical,
        search_memory=dense_type.lists * dimension * 4 + (0 if dense_type.paged else codes),
        build_memory=_BUILD_BASE
        + (
            max(_COPIES_PAGED * sample, paged_block)
            if dense_type.paged
            else _COPIES * sample + codes
        ),
        cut_hours=articles * rates.cut / 3600,
        encode_hours=passages * rates.encode / 3600,
        index_hours=_index_seconds(articles, passages, dense_type, dimension) / 3600,
    )


def _code_bytes(dense_type: DenseType, dimension: int) -> int:
    if dense_type.exact:
        return dimension * 4
    if dense_type.paged:
        return 64 + 8
    return dimension + (8 if dense_type.lists else _GRAPH_LINKS)


def _index_seconds(articles: int, passages: int, dense_type: DenseType, dimension: int) -> float:
    trained = min(passages, dense_type.sample)
    work = 2.0 * dimension * dense_type.lists * (_PASSES * trained + passages)
    return work / _FLOPS + articles * _LEXICAL_SECONDS
