"""The dense index: passage vectors in FAISS. No other module imports faiss."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt
from faiss.contrib.ondisk import merge_ondisk

from corpora.errors import BadInput, Damaged, storage_errors
from retrieval.encoder import Vectors

Numbers = npt.NDArray[np.int64]
# A set of passages: bit `i % 8` of byte `i // 8` is passage i; the last byte is padded with zeros.
Bitmap = npt.NDArray[np.uint8]

# Passages up to which an exact scan is faster than encoding the query, and needs no tuning.
EXACT_UP_TO = 30_000
# Passages up to which all vectors fit into memory as 8-bit numbers, about 400 bytes each.
IN_MEMORY_UP_TO = 4_000_000
# If a filter leaves at most this many passages, they are scanned exactly.
_SCAN_UP_TO = 20_000
# Results for which candidates are rescored exactly; quantised scores suffice further down.
_REFINED = 50
_AT_ONCE = 20_000
_MOST_LISTS = 16_384
# FAISS trains a list on about 39 to 256 vectors; 64 per list is ample.
_SAMPLE_PER_LIST = 64
# Measured (docs/scale.md): of the ten nearest of 10⁵ vectors 96 of 1,024 lists hold 0.964, 160
# hold 0.973; paged types have more lists, and lose more by compression.
_LEAST_PROBES, _LEAST_PROBES_PAGED = 160, 96
# Needed for the ranges of 8-bit numbers, and for the 256 centroids of each product subquantiser.
_LEAST_SAMPLE = 20_000
# FAISS's default is 50 OPQ iterations; the refine step compensates for fewer.
_ROTATIONS = 10
# Vectors added to a paged index between two writes to disk, which bounds a build's memory.
_BLOCK = 1_000_000
# Files beside `dense.faiss`: the lists of a paged index, and its vectors for rescoring.
_LISTS_SUFFIX = ".lists"
_VECTORS_SUFFIX = ".vectors"


@dataclass(frozen=True, slots=True)
class DenseType:
    """A FAISS factory string and its search parameters.

    `probes` is the number of lists searched (or HNSW's efSearch); `refine` the number of candidates
    per result that are rescored with exact vectors from disk. 0 means none.
    """

    factory: str
    probes: int = 0
    refine: int = 0

    @property
    def exact(self) -> bool:
        return self.factory == "Flat"

    @property
    def paged(self) -> bool:
        """Whether the lists are on disk too and memory-mapped."""
        return self.factory.startswith("OPQ")

    @property
    def lists(self) -> int:
        """The number of inverted lists, 0 if there are none."""
        match = re.search(r"IVF(\d+)", self.factory)
        return int(match[1]) if match else 0

    @property
    def sample(self) -> int:
        """The number of vectors to train on."""
        return 0 if self.exact else max(self.lists * _SAMPLE_PER_LIST, _LEAST_SAMPLE)


DENSE_NAMES = ("auto", "exact", "ivf", "hnsw", "pq")


def choose_type(passages: int, name: str = "auto") -> DenseType:
    """The dense type for a number of passages.

    "auto" is exact while that is fast, then inverted lists of 8-bit vectors, then rotated and
    product-quantised ones on disk. Candidates of all but the exact type are rescored with exact
    vectors: a graph or lists find them, but quantised vectors cannot distinguish them.
    4·√n lists is the rule of thumb of the FAISS guidelines
    (https://github.com/facebookresearch/faiss/wiki/Guidelines-to-choose-an-index).

    Args:
        name: "auto", "exact", "ivf", "hnsw" or "pq".

    Raises:
        BadInput: the name is unknown.
    """
    if name not in DENSE_NAMES:
        raise BadInput(f"“{name}” is not a dense type.", f"Choose from: {', '.join(DENSE_NAMES)}.")
    if name == "auto":
        name = "pq" if passages > IN_MEMORY_UP_TO else "ivf"
        name = "exact" if passages <= EXACT_UP_TO else name
    if name == "exact":
        return DenseType("Flat")
    if name == "hnsw":
        return DenseType("HNSW16,SQ8", 128, refine=3)
    lists = 2 ** round(math.log2(4 * math.sqrt(max(passages, 16))))
    # Each list needs training vectors, and k-means over more lists takes days.
    lists = max(1, min(lists, passages // 39 or 1, _MOST_LISTS))
    if name == "ivf":
        return DenseType(f"IVF{lists},SQ8", min(lists, max(_LEAST_PROBES, lists // 32)), refine=3)
    return DenseType(
        f"OPQ64_256,IVF{lists},PQ64", min(lists, max(_LEAST_PROBES_PAGED, lists // 64)), refine=20
    )


def build_dense(
    path: Path,
    dense_type: DenseType,
    dimension: int,
    sample: Vectors,
    batches: Iterable[Vectors],
    block: int = _BLOCK,
) -> None:
    """Write an index of all vectors, numbered from 0 in the given order.

    Args:
        sample: (n, dimension) vectors to train lists and quantisers on; unused by exact indexes.
        batches: all vectors, in (n, dimension) pieces.
        block: vectors kept in memory at once by a type whose lists are on disk.
    """
    index = faiss.index_factory(dimension, dense_type.factory, faiss.METRIC_INNER_PRODUCT)
    if dense_type.paged:
        faiss.downcast_VectorTransform(index.chain.at(0)).niter = _ROTATIONS
    if not index.is_trained:
        index.train(sample)
    with storage_errors(path):
        try:
            if dense_type.refine:
                batches = _keeping(path.with_suffix(_VECTORS_SUFFIX), batches)
            if dense_type.paged:
                _write_paged(path, index, _blocks(batches, block))
            else:
                for batch in batches:
                    index.add(batch)
                faiss.write_index(index, str(path))
        except RuntimeError as error:
            raise OSError(28 if "No space" in str(error) else 5, str(error)) from error


def _write_paged(path: Path, index: Any, pieces: Iterable[Vectors]) -> None:  # noqa: ANN401
    """Write lists to disk block by block, so that only one block is in memory."""
    trained = path.with_suffix(".trained")
    faiss.write_index(index, str(trained))
    blocks: list[Path] = []
    first = 0
    for block in pieces:
        part = faiss.read_index(str(trained))
        part.add_with_ids(block, np.arange(first, first + len(block), dtype=np.int64))
        blocks.append(path.with_suffix(f".block{len(blocks)}"))
        faiss.write_index(part, str(blocks[-1]))
        first += len(block)
    merged = faiss.read_index(str(trained))
    # FAISS stores the path of the lists, and finds them by name beside the index.
    merge_ondisk(merged, [str(block) for block in blocks], str(path.with_suffix(_LISTS_SUFFIX)))
    faiss.write_index(merged, str(path))
    for part in (trained, *blocks):
        part.unlink()


def _keeping(path: Path, batches: Iterable[Vectors]) -> Iterator[Vectors]:
    """Pass batches through unchanged and write each in half precision."""
    with path.open("wb") as file:
        for batch in batches:
            file.write(batch.astype(np.float16).tobytes())
            yield batch


def _blocks(batches: Iterable[Vectors], size: int) -> Iterator[Vectors]:
    pending: list[Vectors] = []
    count = 0
    for batch in batches:
        pending.append(batch)
        count += len(batch)
        if count >= size:
            yield np.concatenate(pending)
            pending, count = [], 0
    if pending:
        yield np.concatenate(pending)


class DenseIndex:
    """An open index; safe to search from several threads.

    Raises:
        Damaged: the file cannot be read as a FAISS index of `count` vectors.
    """

    def __init__(self, path: Path, dense_type: DenseType, count: int) -> None:
        self._type = dense_type
        self.scan_up_to = _SCAN_UP_TO
        flags = faiss.IO_FLAG_ONDISK_SAME_DIR if dense_type.paged else 0
        try:
            self._index: Any = faiss.read_index(str(path), flags)
            self._vectors = _mapped(path, self._index.d, count) if dense_type.refine else None
        except (RuntimeError, OSError, ValueError) as error:
            raise Damaged(f"{path} cannot be read.", "Rebuild: medcite index build.") from error
        if self._index.ntotal != count:
            raise Damaged(
                f"{path} holds {self._index.ntotal} vectors, not {count}.",
                "Rebuild: medcite index build.",
            )

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(
        self, queries: Vectors, k: int, allowed: Bitmap | None = None
    ) -> tuple[Vectors, Numbers]:
        """The k nearest passages of each query.

        Args:
            queries: (n, dimension) unit vectors.
            allowed: the passages to choose from; None for all.

        Returns:
            (n, k) cosines and (n, k) passage numbers, best first; -1 if there are fewer than k.
        """
        # A filtered HNSW search finds too few results; an exact scan does not.
        count = len(self) if allowed is None else int(np.bitwise_count(allowed).sum())
        if allowed is not None and (count <= self.scan_up_to or "HNSW" in self._type.factory):
            flags = np.unpackbits(allowed, count=len(self), bitorder="little")
            return self._scan(queries, k, np.flatnonzero(flags.view(bool)))
        parameters = self._parameters(allowed, count)
        with _one_thread():
            depth = min(k, _REFINED) * self._type.refine
            if depth <= k:
                scores, numbers = self._index.search(queries, k, params=parameters)
                return scores, numbers
            _, candidates = self._index.search(queries, depth, params=parameters)
        return self._refined(queries, candidates, k)

    def vectors(self, numbers: Numbers) -> Vectors:
        """(n, dimension) vectors of passages, in the precision stored by the index."""
        if len(numbers) == 0:
            return np.empty((0, self._index.d), dtype=np.float32)
        if self._vectors is not None:
            return _decoded(self._vectors.take(numbers, axis=0))
        vectors: Vectors = self._index.reconstruct_batch(np.ascontiguousarray(numbers, np.int64))
        return vectors

    def _parameters(self, allowed: Bitmap | None, count: int) -> Any:  # noqa: ANN401
        chosen = {} if allowed is None else {"sel": faiss.IDSelectorBitmap(allowed)}
        if self._type.exact:
            return faiss.SearchParameters(**chosen) if chosen else None
        if not self._type.lists:
            return faiss.SearchParametersHNSW(efSearch=self._type.probes, **chosen)
        probes = self._type.probes
        if allowed is not None:
            # The fewer passages a filter allows, the more lists hold the same number of them.
            probes = min(self._type.lists, math.ceil(probes * len(self) / count))
        lists = faiss.SearchParametersIVF(nprobe=probes, **chosen)
        if self._type.paged:
            return faiss.SearchParametersPreTransform(index_params=lists)
        return lists

    def _refined(self, queries: Vectors, candidates: Numbers, k: int) -> tuple[Vectors, Numbers]:
        """The best k of each query's candidates by their exact vectors."""
        scores, numbers = _nothing(len(queries), k)
        for row, (query, own) in enumerate(zip(queries, candidates, strict=True)):
            _best(query[None], self.vectors(own[own >= 0]), own[own >= 0], k,
                  scores[row : row + 1], numbers[row : row + 1])  # fmt: skip
        return scores, numbers

    def _scan(self, queries: Vectors, k: int, allowed: Numbers) -> tuple[Vectors, Numbers]:
        """Exact search in a set of passages, for any index type."""
        scores, numbers = _nothing(len(queries), k)
        for start in range(0, len(allowed), _AT_ONCE):
            part = allowed[start : start + _AT_ONCE]
            if start == 0:
                _best(queries, self.vectors(part), part, k, scores, numbers)
                continue
            more, which = _nothing(len(queries), k)
            _best(queries, self.vectors(part), part, k, more, which)
            both, names = np.hstack((scores, more)), np.hstack((numbers, which))
            order = np.argsort(-both, axis=1, kind="stable")[:, :k]
            scores = np.take_along_axis(both, order, axis=1)
            numbers = np.take_along_axis(names, order, axis=1)
        return scores, numbers


def bitmap(numbers: npt.NDArray[np.integer[Any]], size: int) -> Bitmap:
    """The set of these passages, of `size` in all."""
    flags = np.zeros(size, dtype=bool)
    flags[numbers] = True
    return np.packbits(flags, bitorder="little")


@contextmanager
def _one_thread() -> Iterator[None]:
    """Run FAISS on one thread: for few queries, synchronising threads costs more than it saves."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _nothing(queries: int, k: int) -> tuple[Vectors, Numbers]:
    return np.full((queries, k), -np.inf, dtype=np.float32), np.full((queries, k), -1, np.int64)


def _best(
    queries: Vectors,
    vectors: Vectors,
    named: Numbers,
    k: int,
    scores: Vectors,
    numbers: Numbers,
) -> None:
    """Write the k best of some vectors for each query into `scores` and `numbers`."""
    width = min(k, len(named))
    if width == 0:
        return
    similarity = queries @ vectors.T
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :width]
    scores[:, :width] = np.take_along_axis(similarity, order, axis=1)
    numbers[:, :width] = named[order]


def _mapped(path: Path, dimension: int, count: int) -> npt.NDArray[np.float16] | None:
    if count == 0:
        return None
    vectors = path.with_suffix(_VECTORS_SUFFIX)
    if vectors.stat().st_size != count * dimension * 2:
        raise ValueError(f"{vectors} does not hold {count} vectors")
    # A plain array, since the indexing overhead of memmap exceeds the cost of reading.
    return np.asarray(np.memmap(vectors, dtype=np.float16, mode="r", shape=(count, dimension)))


def _decoded(rows: npt.NDArray[np.float16]) -> Vectors:
    """Convert half to single precision with FAISS, since NumPy takes three times as long."""
    half = faiss.IndexScalarQuantizer(rows.shape[1], faiss.ScalarQuantizer.QT_fp16)
    with _one_thread():
        decoded: Vectors = half.sa_decode(rows.view(np.uint8))
    return decoded
