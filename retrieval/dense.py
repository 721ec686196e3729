"""The dense index: passage vectors under FAISS. No other module imports faiss."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

from corpora.errors import Damaged, storage_errors
from retrieval.encoder import Vectors

Numbers = npt.NDArray[np.int64]

# Up to here an exact scan answers in a few milliseconds and needs no tuning.
EXACT_UP_TO = 100_000
# Where a filter leaves no more than this, its passages are compared one by one.
_SCAN_UP_TO = 20_000
_PROBED_SHARE = 1 / 16


@dataclass(frozen=True, slots=True)
class DenseType:
    """A FAISS factory string, with the number of lists probed at search (0: all there is)."""

    factory: str
    probes: int = 0

    @property
    def exact(self) -> bool:
        return self.factory == "Flat"


def choose_type(passages: int) -> DenseType:
    """Exact while that is fast, then inverted lists of 8-bit vectors.

    4·√n lists is the rule of thumb of the FAISS guidelines
    (https://github.com/facebookresearch/faiss/wiki/Guidelines-to-choose-an-index).
    """
    if passages <= EXACT_UP_TO:
        return DenseType("Flat")
    lists = 2 ** round(math.log2(4 * math.sqrt(passages)))
    return DenseType(f"IVF{lists},SQ8", max(8, round(lists * _PROBED_SHARE)))


def build_dense(
    path: Path, dense_type: DenseType, dimension: int, sample: Vectors, batches: Iterable[Vectors]
) -> None:
    """Write an index of all vectors, numbered from 0 in the order in which they come.

    Args:
        sample: (n, dimension) vectors to train lists and quantisers on; unused by exact indexes.
        batches: all vectors, in (n, dimension) pieces.
    """
    index = faiss.index_factory(dimension, dense_type.factory, faiss.METRIC_INNER_PRODUCT)
    if not index.is_trained:
        index.train(sample)
    for batch in batches:
        index.add(batch)
    if not dense_type.exact:
        index.make_direct_map()
    with storage_errors(path):
        try:
            faiss.write_index(index, str(path))
        except RuntimeError as error:
            raise OSError(28 if "No space" in str(error) else 5, str(error)) from error


class DenseIndex:
    """An open index; safe to search from several threads.

    Raises:
        Damaged: the file cannot be read as a FAISS index of `count` vectors.
    """

    def __init__(self, path: Path, dense_type: DenseType, count: int) -> None:
        self._type = dense_type
        try:
            self._index: Any = faiss.read_index(str(path))
        except RuntimeError as error:
            raise Damaged(f"{path} cannot be read.", "Rebuild: medcite index build.") from error
        if self._index.ntotal != count:
            raise Damaged(
                f"{path} holds {self._index.ntotal} vectors, not {count}.",
                "Rebuild: medcite index build.",
            )

    def search(
        self, queries: Vectors, k: int, allowed: Numbers | None = None
    ) -> tuple[Vectors, Numbers]:
        """The k nearest passages of each query.

        Args:
            queries: (n, dimension) unit vectors.
            allowed: sorted passage numbers to choose from; None for all.

        Returns:
            (n, k) cosines and (n, k) passage numbers, best first; -1 where there are fewer than k.
        """
        if allowed is not None and len(allowed) <= _SCAN_UP_TO:
            return self._scan(queries, k, allowed)
        selector = None if allowed is None else self._selector(allowed)
        if self._type.exact:
            parameters = faiss.SearchParameters(sel=selector) if selector else None
        else:
            probes = {"nprobe": self._type.probes}
            if selector:
                probes["sel"] = selector
            parameters = faiss.SearchParametersIVF(**probes)
        scores, numbers = self._index.search(queries, k, params=parameters)
        return scores, numbers

    def vectors(self, numbers: Numbers) -> Vectors:
        """(n, dimension) vectors of passages, as precise as the index keeps them."""
        if len(numbers) == 0:
            return np.empty((0, self._index.d), dtype=np.float32)
        found: Vectors = self._index.reconstruct_batch(np.ascontiguousarray(numbers, np.int64))
        return found

    def _scan(self, queries: Vectors, k: int, allowed: Numbers) -> tuple[Vectors, Numbers]:
        """Exact search in a small set, whatever the type of the index."""
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        numbers = np.full((len(queries), k), -1, dtype=np.int64)
        if len(allowed):
            similarity = queries @ self.vectors(allowed).T
            width = min(k, len(allowed))
            order = np.argsort(-similarity, axis=1, kind="stable")[:, :width]
            scores[:, :width] = np.take_along_axis(similarity, order, axis=1)
            numbers[:, :width] = allowed[order]
        return scores, numbers

    def _selector(self, allowed: Numbers) -> faiss.IDSelector:
        bits = np.zeros((self._index.ntotal + 7) // 8 * 8, dtype=np.uint8)
        bits[allowed] = 1
        return faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))
