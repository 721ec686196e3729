"""The article store into a new index version.

Articles are streamed: all of them are cut into passages, then those passages are encoded whose
vectors are not cached, then both indexes are written. Memory holds one batch at a time (and, for
an exact index, its vectors). A build that is killed leaves the version in use untouched, and every
full shard of vectors that it encoded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

import filelock
import numpy as np
import structlog

from corpora.article import Article
from corpora.errors import Busy, Damaged, NoCorpus, NoIndex, storage_errors
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.abbreviations import ABBREVIATIONS, AbbreviationWriter
from retrieval.dense import build_dense, choose_type
from retrieval.encoder import Encoder, Vectors, weights_of
from retrieval.lexical import analysed, build_lexical
from retrieval.passage import Passage
from retrieval.passage_table import PassageTable, PassageTableWriter
from retrieval.split import SPLITTER_VERSION, encoded_text, split
from retrieval.vectors import Key, VectorCache, key_of
from retrieval.version import (
    DENSE,
    LEXICAL,
    Manifest,
    Versions,
    checksums,
    read_manifest,
    verify_files,
)

log = structlog.get_logger()

_Item = TypeVar("_Item")

_KEY_BYTES = 16
_KEYS = "keys.part"
# Passages sorted by length within a shard waste little on padding; a killed build loses one shard.
_SHARD = 1024
_ENCODED_AT_ONCE = 64
_VECTORS_AT_ONCE = 8192
# FAISS trains a list on some 39 to 256 vectors; 64 a list is ample for 4·√n lists.
_SAMPLE_PER_LIST = 64


class BuildProgress(Protocol):
    """Told how a build goes on."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins: "split" and "index" count articles, "encode" passages."""
        ...

    def advance(self, count: int) -> None: ...


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The version in use after a build. `encoded` passages were not in the cache before."""

    manifest: Manifest
    folder: Path
    encoded: int
    unchanged: bool


def build_index(
    home: Home, encoder: Encoder, progress: BuildProgress, *, force: bool = False
) -> BuildResult:
    """Build an index of all articles and put it in use; nothing is done where it would be the same.

    Args:
        force: build even then.

    Raises:
        NoCorpus: there is nothing to index.
        Busy: another build is running.
        StorageError: the disk is full or cannot be written; the version in use stays.
    """
    versions = Versions(home.indexes)
    with _lock(home), open_corpus(home.corpus) as store, store.frozen():
        if len(store) == 0:
            raise NoCorpus("The corpus is empty.", "Import some: medcite corpus fetch demo.")
        snapshot = store.snapshot
        same = None if force else _same(versions, snapshot)
        if same and same.manifest.encoder.fingerprint == encoder.identity.fingerprint:
            return same
        folder = versions.begin()
        with storage_errors(folder), VectorCache(home.vectors, encoder.identity) as cache:
            passages = _split_all(store, encoder, folder, progress)
            encoded = _encode_missing(store, encoder, cache, folder, passages, progress)
            manifest = _write(store, encoder, cache, folder, passages, snapshot, progress)
        versions.complete(folder, manifest)
    log.info("index built", version=manifest.version, passages=passages, encoded=encoded)
    return BuildResult(manifest, folder, encoded, unchanged=False)


def _lock(home: Home) -> filelock.BaseFileLock:
    home.create()
    lock = filelock.FileLock(home.root / "build.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise Busy(
            f"Another build is running in {home.root}.",
            "Wait for it to end (medcite index status) and try again.",
        ) from error
    return lock


def already_built(home: Home, encoder: str) -> BuildResult | None:
    """The version in use where a build would give the same one, found out without loading torch.

    Args:
        encoder: an encoder's name, as `load_encoder` takes it.
    """
    with open_corpus(home.corpus) as store:
        same = _same(Versions(home.indexes), store.snapshot)
    if same is None or same.manifest.encoder.name != encoder:
        return None
    return same if same.manifest.encoder.weights == weights_of(encoder) else None


def _same(versions: Versions, snapshot: str) -> BuildResult | None:
    """The version in use, if it is whole and holds what the corpus holds."""
    try:
        folder = versions.current()
        manifest = read_manifest(folder)
        if manifest.splitter != SPLITTER_VERSION or manifest.snapshot != snapshot:
            return None
        verify_files(folder, manifest)
    except (NoIndex, Damaged) as error:
        log.info("there is no whole index in use", reason=str(error))
        return None
    return BuildResult(manifest, folder, 0, unchanged=True)


def _split_all(store: ArticleStore, encoder: Encoder, folder: Path, progress: BuildProgress) -> int:
    """Write the passage table, and beside it the vector key of each passage."""
    progress.stage("split", len(store))
    with PassageTableWriter(folder) as table, (folder / _KEYS).open("wb") as keys:
        for number, article in _advancing(store.articles(), progress):
            passages = split(article, encoder.window, encoder.count_tokens)
            table.add(number, passages)
            for passage in passages:
                keys.write(key_of(encoded_text(article, passage)))
        return table.count


def _encode_missing(
    store: ArticleStore,
    encoder: Encoder,
    cache: VectorCache,
    folder: Path,
    count: int,
    progress: BuildProgress,
) -> int:
    """Encode what the cache lacks, a shard at a time; returns how many passages that were."""
    progress.stage("encode", sum(1 for _ in _missing(cache, folder, count)))
    table = PassageTable(folder, count)
    encoded = 0
    for numbers in _batches(_missing(cache, folder, count), _SHARD):
        texts = _texts(store, table, np.array(numbers, dtype=np.int64))
        # The longest first: what does not fit into memory fails at once, not after an hour.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        vectors = np.empty((len(texts), encoder.identity.dimension), dtype=np.float32)
        for begin in range(0, len(order), _ENCODED_AT_ONCE):
            part = order[begin : begin + _ENCODED_AT_ONCE]
            vectors[part] = encoder.encode_documents([texts[i] for i in part])
            progress.advance(len(part))
        cache.append([key_of(text) for text in texts], vectors)
        encoded += len(texts)
    return encoded


def _missing(cache: VectorCache, folder: Path, count: int) -> Iterator[int]:
    """Numbers of the passages to encode; of equal texts close together only the first."""
    for first, keys in _keys(folder, count):
        seen: set[Key] = set()
        for position in cache.missing(keys):
            if keys[position] not in seen:
                seen.add(keys[position])
                yield first + position


def _texts(store: ArticleStore, table: PassageTable, numbers: np.ndarray) -> list[str]:
    ids = table.articles(numbers)
    articles = store.by_id([int(i) for i in np.unique(ids)])
    texts = []
    for number, article_id in zip(numbers, ids, strict=True):
        article = articles[int(article_id)]
        start, end, _ = table.span(int(number))
        passage = Passage("", article.pmid, "", start, end, article.text[start:end])
        texts.append(encoded_text(article, passage))
    return texts


def _write(
    store: ArticleStore,
    encoder: Encoder,
    cache: VectorCache,
    folder: Path,
    passages: int,
    snapshot: str,
    progress: BuildProgress,
) -> Manifest:
    progress.stage("index", len(store))
    dense_type = choose_type(passages)
    sample = _sample(cache, folder, passages, dense_type.factory)
    build_dense(
        folder / DENSE,
        dense_type,
        encoder.identity.dimension,
        sample,
        (cache.read(keys) for _, keys in _keys(folder, passages)),
    )
    with closing(AbbreviationWriter(folder / ABBREVIATIONS, analysed)) as abbreviations:
        articles = build_lexical(
            folder / LEXICAL, abbreviations.passing(_advancing(store.articles(), progress))
        )
    (folder / _KEYS).unlink()
    return Manifest(
        version=folder.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        encoder=encoder.identity,
        splitter=SPLITTER_VERSION,
        snapshot=snapshot,
        articles=articles,
        passages=passages,
        dense_type=dense_type,
        files=checksums(folder),
    )


def _sample(cache: VectorCache, folder: Path, count: int, factory: str) -> Vectors:
    """Vectors to train on, drawn evenly with a fixed seed; none for an exact index."""
    if factory == "Flat":
        return np.empty((0, cache.dimension), dtype=np.float32)
    lists = int(factory.removeprefix("IVF").partition(",")[0])
    size = min(count, lists * _SAMPLE_PER_LIST)
    chosen = np.sort(np.random.default_rng(0).choice(count, size, replace=False))
    table = np.memmap(folder / _KEYS, dtype=f"V{_KEY_BYTES}", mode="r")
    return cache.read([table[i].tobytes() for i in chosen])


def _keys(folder: Path, count: int) -> Iterator[tuple[int, list[Key]]]:
    """(number of the first, keys) of all passages, in batches."""
    with (folder / _KEYS).open("rb") as file:
        for first in range(0, count, _VECTORS_AT_ONCE):
            data = file.read(_VECTORS_AT_ONCE * _KEY_BYTES)
            yield first, [data[i : i + _KEY_BYTES] for i in range(0, len(data), _KEY_BYTES)]


def _batches(items: Iterator[_Item], size: int) -> Iterator[list[_Item]]:
    while batch := list(islice(items, size)):
        yield batch


def _advancing(
    articles: Iterator[tuple[int, Article]], progress: BuildProgress
) -> Iterator[tuple[int, Article]]:
    for pair in articles:
        yield pair
        progress.advance(1)
