"""Build a new index version from the article store.

Articles are streamed: all are split into passages, then the passages without a cached vector are
encoded, then both indexes are written. Memory holds one batch at a time and the part of the vector
index that its type keeps in memory. A killed build leaves the version in use untouched; the next
build reuses the passages it split and every complete shard of vectors.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import islice, tee
from pathlib import Path
from typing import TypeVar

import filelock
import numpy as np
import structlog

from corpora.article import Article
from corpora.dates import now
from corpora.errors import BadInput, Busy, Damaged, NoCorpus, NoIndex, storage_errors
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.abbreviations import ABBREVIATIONS, AbbreviationWriter
from retrieval.chunking import SPLITTER_VERSION, UNITS
from retrieval.encoder import Encoder, Vectors, weights_of
from retrieval.engines.analysis import analysed
from retrieval.engines.dense import DenseType, build_dense, choose_type
from retrieval.engines.lexical import build_lexical
from retrieval.facet_columns import ColumnMaker
from retrieval.filter_table import FILTERS, FilterTableMaker
from retrieval.passage_stage import cut_articles, earlier_cut, forget_cut, passage_texts
from retrieval.passage_table import PassageTable
from retrieval.progress import BuildProgress
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
from retrieval.workers import LocalWorkers, Workers

log = structlog.get_logger()

_Item = TypeVar("_Item")

# Passages are sorted by length within a shard to reduce padding; a killed build loses one shard.
_SHARD = 2048
_ENCODED_AT_ONCE = 128
_VECTORS_AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class BuildResult:
    """The version in use after a build. `encoded` counts passages that were not cached before."""

    manifest: Manifest
    folder: Path
    encoded: int
    unchanged: bool


def build_index(
    home: Home,
    encoder: Encoder,
    progress: BuildProgress,
    *,
    force: bool = False,
    dense: str | None = None,
    unit: str | None = None,
    workers: Workers | None = None,
) -> BuildResult:
    """Build an index of all articles and put it in use, unless it would be unchanged.

    Args:
        force: build even if the index would be unchanged.
        dense: the dense type, as in `choose_type`; None for that of the version in use, else
            "auto".
        unit: what one vector represents, one of `retrieval.chunking.UNITS`; None for that of the
            version in use, else "passage".
        workers: where to split and encode; None for this process. The index is the same.

    Raises:
        NoCorpus: there is nothing to index.
        Busy: another build is running.
        BadInput: there is no such dense type or unit.
        StorageError: the disk is full or cannot be written; the version in use stays.
    """
    versions = Versions(home.indexes)
    dense, unit = _options(versions, dense, unit)
    workers = workers or LocalWorkers(encoder)
    with build_lock(home), open_corpus(home.corpus) as store, store.frozen():
        if len(store) == 0:
            raise NoCorpus("The corpus is empty.", "Import some: medcite corpus fetch demo.")
        same = None if force else _same(versions, store, dense, unit)
        if same and same.manifest.encoder.fingerprint == encoder.identity.fingerprint:
            return same
        died = versions.unfinished()
        earlier = earlier_cut([*died, *versions.all()], store, encoder, unit)
        folder = versions.begin()
        with storage_errors(folder), VectorCache(home.vectors, encoder.identity) as cache:
            passages = cut_articles(store, encoder, workers, folder, earlier, progress, unit)
            # The new table now contains the passages split by the builds that died.
            for leftover in died:
                shutil.rmtree(leftover, ignore_errors=True)
            table = PassageTable(folder, passages)
            encoded = _encode_missing(store, workers, cache, table, progress, unit)
            manifest = _write(home, store, encoder, cache, folder, table, dense, progress, unit)
        versions.complete(folder, manifest)
    log.info("index built", version=manifest.version, passages=passages, encoded=encoded)
    return BuildResult(manifest, folder, encoded, unchanged=False)


def build_lock(home: Home) -> filelock.BaseFileLock:
    """Acquire the lock for changing the indexes.

    Raises:
        Busy: another process holds it.
    """
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


def already_built(
    home: Home, encoder: str, dense: str | None = None, unit: str | None = None
) -> BuildResult | None:
    """The version in use if a build would not change it, determined without loading torch.

    Args:
        encoder: an encoder's name, as in `load_encoder`.
        dense, unit: as in `build_index`.
    """
    versions = Versions(home.indexes)
    with open_corpus(home.corpus) as store:
        same = _same(versions, store, *_options(versions, dense, unit))
    if same is None or same.manifest.encoder.name != encoder:
        return None
    return same if same.manifest.encoder.weights == weights_of(encoder) else None


def _options(versions: Versions, dense: str | None, unit: str | None) -> tuple[str, str]:
    """(dense type, unit) as requested, else as in the version in use, else the defaults."""
    kept = ("auto", "passage")
    with suppress(NoIndex, Damaged):
        manifest = read_manifest(versions.current())
        kept = (manifest.dense, manifest.unit)
    dense = kept[0] if dense is None else dense
    unit = kept[1] if unit is None else unit
    choose_type(0, dense)
    if unit not in UNITS:
        raise BadInput(f"“{unit}” is not an index unit.", f"Choose from: {', '.join(UNITS)}.")
    return dense, unit


def _same(versions: Versions, store: ArticleStore, dense: str, unit: str) -> BuildResult | None:
    """The version in use, if it is intact and matches the corpus, dense type and unit."""
    try:
        folder = versions.current()
        manifest = read_manifest(folder)
        if (
            manifest.splitter != SPLITTER_VERSION
            or (manifest.dense, manifest.unit) != (dense, unit)
            or (manifest.store, manifest.snapshot) != (store.identity, store.snapshot)
            or manifest.dense_type != choose_type(manifest.passages, dense)
        ):
            return None
        verify_files(folder, manifest)
    except (NoIndex, Damaged) as error:
        log.info("no intact index in use", reason=str(error))
        return None
    return BuildResult(manifest, folder, 0, unchanged=True)


@dataclass(frozen=True, slots=True)
class _Shard:
    """Texts to encode into one shard of the cache, with their keys."""

    keys: Sequence[Key]
    texts: Sequence[str]

    def parts(self) -> Iterator[list[int]]:
        """Positions of the texts of each batch.

        The longest first, so that a batch too large for memory fails at once, not after an hour.
        """
        order = iter(sorted(range(len(self.texts)), key=lambda i: -len(self.texts[i])))
        return _batches(order, _ENCODED_AT_ONCE)


def _encode_missing(
    store: ArticleStore,
    workers: Workers,
    cache: VectorCache,
    table: PassageTable,
    progress: BuildProgress,
    unit: str,
) -> int:
    """Encode passages missing from the cache, one shard at a time; return their number."""
    progress.stage("encode", sum(1 for _ in _missing(cache, table, frozenset())))
    encoded = 0
    drawn: set[Key] = set()
    # Workers draw shards ahead of the one being completed; tee buffers those in between.
    ahead, shards = tee(_shards(store, cache, table, unit, drawn))
    parts = workers.encode(
        [shard.texts[i] for i in part] for shard in ahead for part in shard.parts()
    )
    for shard in shards:
        vectors = np.empty((len(shard.texts), cache.dimension), dtype=np.float32)
        for part in shard.parts():
            vectors[part] = next(parts)
            progress.advance(len(part))
        cache.append(shard.keys, vectors)
        drawn.difference_update(shard.keys)
        encoded += len(shard.texts)
    return encoded


def _shards(
    store: ArticleStore, cache: VectorCache, table: PassageTable, unit: str, drawn: set[Key]
) -> Iterator[_Shard]:
    """The shards to encode. Their keys stay in `drawn` until the caller removes them."""
    for numbers in _batches(_missing(cache, table, drawn), _SHARD):
        texts = [text for _, _, text in passage_texts(store, table, numbers, unit)]
        keys = [key_of(text) for text in texts]
        drawn.update(keys)
        yield _Shard(keys, texts)


def _missing(cache: VectorCache, table: PassageTable, drawn: Collection[Key]) -> Iterator[int]:
    """Numbers of the passages to encode; of equal texts close together only the first.

    `drawn` are keys about to be cached.
    """
    for first, keys in _keys(table):
        seen = set(drawn)
        for position in cache.missing(keys):
            if keys[position] not in seen:
                seen.add(keys[position])
                yield first + position


def _write(
    home: Home,
    store: ArticleStore,
    encoder: Encoder,
    cache: VectorCache,
    folder: Path,
    table: PassageTable,
    dense: str,
    progress: BuildProgress,
    unit: str,
) -> Manifest:
    progress.stage("index", len(store))
    dense_type = choose_type(len(table), dense)
    build_dense(
        folder / DENSE,
        dense_type,
        encoder.identity.dimension,
        _sample(cache, table, dense_type),
        (cache.read(keys) for _, keys in _keys(table)),
    )
    columns, filters = ColumnMaker(), FilterTableMaker()
    passing = filters.passing(columns.passing(_advancing(store.articles(), progress)))
    with closing(AbbreviationWriter(folder / ABBREVIATIONS, analysed)) as abbreviations:
        articles = build_lexical(folder / LEXICAL, abbreviations.passing(passing))
    columns.columns(store.snapshot).save(home.columns)
    filters.save(folder / FILTERS, table)
    forget_cut(folder)
    return Manifest(
        version=folder.name,
        created=now(),
        encoder=encoder.identity,
        splitter=SPLITTER_VERSION,
        store=store.identity,
        snapshot=store.snapshot,
        last_import=store.last_import,
        last_article=store.last_id,
        articles=articles,
        passages=len(table),
        dense_type=dense_type,
        files=checksums(folder),
        unit=unit,
        dense=dense,
    )


def _sample(cache: VectorCache, table: PassageTable, dense_type: DenseType) -> Vectors:
    """Vectors to train on, sampled uniformly with a fixed seed."""
    size = min(len(table), dense_type.sample)
    chosen = np.sort(np.random.default_rng(0).choice(len(table), size, replace=False))
    return cache.read(table.keys(chosen))


def _keys(table: PassageTable) -> Iterator[tuple[int, list[Key]]]:
    """(number of the first, keys) of all passages, in batches."""
    for first in range(0, len(table), _VECTORS_AT_ONCE):
        yield first, table.keys(slice(first, first + _VECTORS_AT_ONCE))


def _batches(items: Iterator[_Item], size: int) -> Iterator[list[_Item]]:
    while batch := list(islice(items, size)):
        yield batch


def _advancing(
    articles: Iterator[tuple[int, Article]], progress: BuildProgress
) -> Iterator[tuple[int, Article]]:
    for pair in articles:
        yield pair
        progress.advance(1)
