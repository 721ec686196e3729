"""Publish an index version to Milvus, for servers that share one index, and open an engine on it.

The local version still identifies the passages; Milvus holds the vectors and terms to search. A
version is written to its own collections; when they are complete, the alias `medcite_current`
moves atomically to its passages. Searchers use the name of their own version, so a server that has
not yet switched to a newer version continues with its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from corpora.article import Article
from corpora.errors import IndexMismatch
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.engines.milvus import (
    PASSAGES,
    WORDS,
    MilvusEngine,
    collection_name,
    column_of,
    filter_columns,
    index_terms,
    milvus_errors,
    open_client,
    sparse_row,
)
from retrieval.engines.protocol import Engine
from retrieval.filters import FIELDS
from retrieval.open_version import IndexVersion
from retrieval.progress import BuildProgress
from retrieval.version import Manifest, Versions

if TYPE_CHECKING:
    from pymilvus import MilvusClient

PREFIX = "medcite"
_ALIAS = f"{PREFIX}_current"
_AT_ONCE = 500
# Articles sampled for the mean length.
_MEASURED = 50_000
_LONGEST_NAME, _MOST_NAMES = 1_024, 1_000
_LONGEST_SINGLE = 64


@dataclass(frozen=True, slots=True)
class Published:
    """The published version, and the versions whose collections were dropped."""

    version: str
    articles: int
    passages: int
    dropped: tuple[str, ...]


class MilvusEngines:
    """Opens the engines of index versions at one server, for `retrieval.search`."""

    def __init__(self, uri: str, token: str = "") -> None:
        self._client = open_client(uri, token)

    def __call__(self, version: IndexVersion) -> Engine:
        manifest = version.manifest
        return MilvusEngine(
            self._client, PREFIX, manifest.version, version.table, manifest.passages
        )

    def close(self) -> None:
        self._client.close()


def publish(
    home: Home,
    uri: str,
    progress: BuildProgress,
    *,
    token: str = "",
    keep: int = 2,
    index_type: str = "AUTOINDEX",
) -> Published:
    """Write the version in use to Milvus, move the alias to it, and drop the oldest.

    Args:
        uri: of a server, or a Milvus Lite file.
        keep: number of published versions to keep, including this one.
        index_type: Milvus index type of the vectors: AUTOINDEX, HNSW, IVF_SQ8, DISKANN, ….

    Raises:
        IndexMismatch: the corpus has changed since the version was built.
        EngineError: the server does not answer, or refuses the request.
    """
    with milvus_errors(), closing(open_client(uri, token)) as client:
        version = IndexVersion.open(Versions(home.indexes).current())
        manifest = version.manifest
        with open_corpus(home.corpus) as store, store.frozen():
            if (manifest.store, manifest.snapshot) != (store.identity, store.snapshot):
                raise IndexMismatch(
                    "The corpus has changed since the index was built.",
                    "Build first: medcite index build.",
                )
            _create(client, manifest, index_type)
            progress.stage("publish", manifest.articles)
            _write(client, store, version, progress)
        _use(client, collection_name(PREFIX, manifest.version, PASSAGES))
        dropped = _drop_oldest(client, manifest.version, keep)
        return Published(manifest.version, manifest.articles, manifest.passages, dropped)


def _create(client: MilvusClient, manifest: Manifest, index_type: str) -> None:
    from pymilvus import DataType

    parts = {
        PASSAGES: ("number", "vector", DataType.FLOAT_VECTOR, index_type),
        WORDS: ("article", "words", DataType.SPARSE_FLOAT_VECTOR, "SPARSE_INVERTED_INDEX"),
    }
    for part, (key, field, kind, index) in parts.items():
        name = collection_name(PREFIX, manifest.version, part)
        # Left over from an interrupted publication.
        client.drop_collection(name)
        schema = client.create_schema(auto_id=False)
        schema.add_field(key, DataType.INT64, is_primary=True)
        more = {"dim": manifest.encoder.dimension} if part == PASSAGES else {}
        schema.add_field(field, kind, **more)
        if part == PASSAGES:
            schema.add_field("article", DataType.INT64)
        schema.add_field("year", DataType.INT32)
        schema.add_field("people", DataType.BOOL)
        for own in FIELDS:
            if own.single:
                schema.add_field(column_of(own), DataType.VARCHAR, max_length=_LONGEST_SINGLE)
                continue
            schema.add_field(
                column_of(own),
                DataType.ARRAY,
                element_type=DataType.VARCHAR,
                max_capacity=_MOST_NAMES,
                max_length=_LONGEST_NAME,
            )
        indexes = client.prepare_index_params()
        indexes.add_index(field, index_type=index, metric_type="IP")
        client.create_collection(name, schema=schema, index_params=indexes)


def _write(
    client: MilvusClient, store: ArticleStore, version: IndexVersion, progress: BuildProgress
) -> None:
    name = version.manifest.version
    passages = collection_name(PREFIX, name, PASSAGES)
    words = collection_name(PREFIX, name, WORDS)
    length = _mean_length(store)
    articles = store.articles()
    while batch := list(islice(articles, _AT_ONCE)):
        fields = {number: _within_limits(filter_columns(article)) for number, article in batch}
        rows: list[dict[str, Any]] = [
            {"article": number, "words": row, **fields[number]}
            for number, article in batch
            if (row := sparse_row(article, length))
        ]
        if rows:
            client.insert(words, rows)
        for part in _passage_rows(version, fields):
            client.insert(passages, part)
        progress.advance(len(batch))
    for collection in (passages, words):
        client.flush(collection)
        client.load_collection(collection)


def _passage_rows(
    version: IndexVersion, fields: dict[int, dict[str, Any]]
) -> Iterator[list[dict[str, Any]]]:
    numbers = version.table.of_articles(np.array(list(fields), dtype=np.int64))
    for first in range(0, len(numbers), _AT_ONCE):
        part = numbers[first : first + _AT_ONCE]
        owners = version.table.articles(part)
        vectors = version.dense.vectors(part)
        yield [
            {"number": n, "article": owner, "vector": vector.tolist(), **fields[owner]}
            for n, owner, vector in zip(part.tolist(), owners.tolist(), vectors, strict=True)
        ]


def _within_limits(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields without names that are too long or too many for Milvus."""
    return {
        name: [v for v in value if len(v.encode()) <= _LONGEST_NAME][:_MOST_NAMES]
        if isinstance(value, list)
        else value
        for name, value in fields.items()
    }


def _mean_length(store: ArticleStore) -> float:
    """The mean number of index terms per article, from an even sample of the store."""
    step = max(1, len(store) // _MEASURED)
    drawn: Iterator[tuple[int, Article]] = islice(store.articles(), 0, None, step)
    lengths = [len(index_terms(article)) for _, article in drawn]
    return sum(lengths) / max(len(lengths), 1) or 1.0


def _use(client: MilvusClient, name: str) -> None:
    aliases = client.list_aliases(name).get("aliases", [])
    if _ALIAS in aliases:
        return
    current = _current(client)
    (client.alter_alias if current else client.create_alias)(name, _ALIAS)


def _current(client: MilvusClient) -> str:
    """The collection of the alias, "" if there is no alias."""
    for name in client.list_collections():
        if _ALIAS in client.list_aliases(name).get("aliases", []):
            return str(name)
    return ""


def _drop_oldest(client: MilvusClient, version: str, keep: int) -> tuple[str, ...]:
    """Drop all but the newest published versions; this one stays."""
    end = f"_{PASSAGES}"
    published = sorted(
        name.removeprefix(f"{PREFIX}_").removesuffix(end)
        for name in client.list_collections()
        if name.startswith(f"{PREFIX}_") and name.endswith(end)
    )
    others = [name for name in published if name != version.replace("-", "_")]
    dropped = others[: max(0, len(others) - (keep - 1))]
    for name in dropped:
        for part in (PASSAGES, WORDS):
            client.drop_collection(collection_name(PREFIX, name, part))
    return tuple(dropped)
