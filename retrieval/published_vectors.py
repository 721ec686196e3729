"""Import published vectors, one per article, into the vector cache.

NCBI publishes the vectors of MedCPT's article encoder for all of PubMed in chunks of two files:
`embeds_chunk_N.npy`, float32 of shape (n, 768), and `pmids_chunk_N.json`, the n PMIDs
(https://ftp.ncbi.nlm.nih.gov/pub/lu/MedCPT/pubmed_embeddings/). With them a corpus need not be
encoded; an index over them is built with the unit "article".

A vector is cached under the current text of its article in the corpus, in half precision and of
unit length. Memory holds the PMIDs of one chunk and one block of its rows.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson

from corpora.errors import BadInput, UnreadableFile
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from retrieval.build import build_lock
from retrieval.chunking import encoded_text, split
from retrieval.encoder import Encoder, Vectors
from retrieval.progress import BuildProgress
from retrieval.vectors import Imported, Key, VectorCache, key_of

_CHUNK = re.compile(r"embeds_chunk_(\d+)\.npy")
# Rows per block, which take 400 MB with 768 dimensions and become one shard of the cache.
_BLOCK = 65_536
_LEAST_LENGTH = 1e-6


@dataclass(frozen=True, slots=True)
class Chunk:
    """A file of vectors and the file of their PMIDs."""

    vectors: Path
    pmids: Path

    @property
    def name(self) -> str:
        return self.vectors.name


@dataclass(slots=True)
class VectorImport:
    """The outcome for the rows of all chunks.

    `kept` rows are new in the cache, `known` were cached already, `unmatched` have no article in
    the corpus, `skipped` belong to chunks imported before into the same corpus.
    """

    chunks: int = 0
    rows: int = 0
    kept: int = 0
    known: int = 0
    unmatched: int = 0
    skipped: int = 0


def find_chunks(folder: Path) -> list[Chunk]:
    """The chunks in a folder, by their numbers.

    Raises:
        BadInput: there is none, or one has no file of PMIDs.
    """
    numbered = sorted(
        (int(match[1]), path)
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := _CHUNK.fullmatch(path.name))
    )
    if not numbered:
        raise BadInput(
            f"There is no embeds_chunk_N.npy in {folder}.",
            "Give the folder with embeds_chunk_N.npy and pmids_chunk_N.json.",
        )
    chunks = [Chunk(path, folder / f"pmids_chunk_{number}.json") for number, path in numbered]
    for chunk in chunks:
        if not chunk.pmids.exists():
            raise BadInput(
                f"{chunk.vectors} has no {chunk.pmids.name} beside it.",
                "Add the file of its PMIDs, or remove the vectors.",
            )
    return chunks


def import_vectors(
    home: Home, encoder: Encoder, folder: Path, progress: BuildProgress, block: int = _BLOCK
) -> VectorImport:
    """Cache the vectors of all chunks in a folder for the articles of the corpus.

    A stopped import is resumed at its last block. A finished one is skipped until the corpus
    changes.

    Args:
        encoder: the encoder that computed these article vectors.
        block: rows read at once and written as one shard.

    Raises:
        BadInput, UnreadableFile: a chunk is invalid; all earlier ones are kept.
        NoCorpus: there are no articles to cache vectors for.
        Busy: a build is running.
    """
    result = VectorImport()
    with build_lock(home), open_corpus(home.corpus) as store, store.frozen():
        chunks = find_chunks(folder)
        rows = [_open_vectors(chunk, encoder.identity.dimension) for chunk in chunks]
        progress.stage("vectors", sum(len(chunk_rows) for chunk_rows in rows))
        del rows
        with VectorCache(home.vectors, encoder.identity) as cache:
            for chunk in chunks:
                _import_chunk(store, encoder, cache, chunk, block, result, progress)
    return result


def _import_chunk(
    store: ArticleStore,
    encoder: Encoder,
    cache: VectorCache,
    chunk: Chunk,
    block: int,
    result: VectorImport,
    progress: BuildProgress,
) -> None:
    vectors = _open_vectors(chunk, encoder.identity.dimension)
    pmids, digest = _read_pmids(chunk, len(vectors))
    before = cache.imported(chunk.name)
    same = before is not None and (before.digest, before.snapshot) == (digest, store.snapshot)
    start = before.rows if before and same else 0
    result.chunks += 1
    result.rows += len(vectors)
    result.skipped += start
    progress.advance(start)
    for first in range(start, len(vectors), block):
        last = min(first + block, len(vectors))
        keys = _keys(store, encoder, pmids[first:last])
        places = [place for place, key in enumerate(keys) if key is not None]
        present = [key for key in keys if key is not None]
        missing = cache.missing(present)
        # Two PMIDs can have the same text, as corrections do: the first one is used.
        new = {present[at]: places[at] for at in reversed(missing)}
        unit = _unit_rows(vectors, first, sorted(new.values()), chunk)
        order = sorted(new, key=lambda key: new[key])
        cache.append(order, unit, Imported(chunk.name, digest, store.snapshot, last))
        result.kept += len(new)
        result.known += len(present) - len(new)
        result.unmatched += len(keys) - len(present)
        progress.advance(last - first)


def _open_vectors(chunk: Chunk, dimension: int) -> npt.NDArray[np.floating]:
    """The rows of a chunk, memory-mapped."""
    try:
        mapped: npt.NDArray[np.floating] = np.load(chunk.vectors, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableFile(
            f"{chunk.vectors} is not a complete array of numbers: {error}", "Fetch it again."
        ) from error
    if mapped.dtype not in (np.float32, np.float16) or mapped.ndim != 2:
        raise BadInput(
            f"{chunk.vectors} contains {mapped.dtype} of shape {mapped.shape}.",
            "Vectors are float32 or float16 of shape (articles, dimensions).",
        )
    if mapped.shape[1] != dimension:
        raise BadInput(
            f"{chunk.vectors} has {mapped.shape[1]} dimensions, the encoder {dimension}.",
            "Give the encoder that computed them: --encoder MedCPT.",
        )
    return mapped


def _read_pmids(chunk: Chunk, rows: int) -> tuple[list[str], str]:
    """(PMIDs, digest of their file)."""
    content = chunk.pmids.read_bytes()
    try:
        listed = orjson.loads(content)
    except ValueError as error:
        raise UnreadableFile(f"{chunk.pmids} is not JSON: {error}", "Fetch it again.") from error
    pmids = [str(entry) for entry in listed] if isinstance(listed, list) else []
    if len(pmids) != rows or not all(pmid.isascii() and pmid.isdigit() for pmid in pmids):
        raise BadInput(
            f"{chunk.pmids} is not a list of {rows:,} PMIDs, one for each row of {chunk.name}.",
            "Fetch both files again.",
        )
    if len(set(pmids)) != rows:
        raise BadInput(f"{chunk.pmids} contains a PMID twice.", "Fetch it again.")
    return pmids, hashlib.sha256(content).hexdigest()


def _keys(store: ArticleStore, encoder: Encoder, pmids: Sequence[str]) -> list[Key | None]:
    """The vector key of each article; None if the corpus has no article with that PMID."""
    keys: list[Key | None] = []
    for _, article in store.of_pmids(pmids):
        passages = (
            split(article, encoder.window, encoder.count_tokens, "article") if article else []
        )
        text = encoded_text(article, passages[0], "article") if article and passages else ""
        keys.append(key_of(text) if text else None)
    return keys


def _unit_rows(
    vectors: npt.NDArray[np.floating], first: int, places: Sequence[int], chunk: Chunk
) -> Vectors:
    """Rows of a block, scaled to unit length."""
    rows = np.asarray(vectors[first + np.asarray(places, dtype=np.int64)], dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    bad = np.flatnonzero(~(np.isfinite(lengths[:, 0]) & (lengths[:, 0] > _LEAST_LENGTH)))
    if len(bad):
        raise BadInput(
            f"Row {first + places[int(bad[0])]} of {chunk.vectors} is not a vector: it is zero or"
            " not a number.",
            "Fetch the file again.",
        )
    return np.asarray(rows / lengths, dtype=np.float32)
