"""Dense search at sizes beyond the encoded corpus, with vectors mixed from real ones.

Each is a weighted mean of two passages' vectors, rescaled to unit length, which preserves the
clusters of real text; queries are real vectors excluded from the mixing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import threadpoolctl

from corpora.errors import BadInput
from corpora.home import Home
from evaluation.performance.memory import PeakMemory, resident
from retrieval.encoder import Vectors
from retrieval.engines.dense import DenseIndex, DenseType, Numbers, build_dense, choose_type

_BATCH = 50_000
_QUERIES = 300
_K = 10
# As requested by the ranking: two passages for each of 100 articles, rescored afterwards.
_CANDIDATES = 200
_INDEX = "dense.faiss"
_FIGURES = "searching.json"


def compare(
    homes: Sequence[Home], count: int = 1_000_000, dense: str = "ivf", keep: Path | None = None
) -> dict[str, object]:
    """Build an index of `count` mixed vectors; recall@10 against exact, and latency.

    Besides the default, other numbers of probed lists and of refined candidates are measured.

    Args:
        homes: data directories whose cached vectors are mixed, all of one encoder.
        dense: the dense type, as in `choose_type`.
        keep: folder of the index, which remains and is searched again; None for a temporary one.

    Raises:
        BadInput: `keep` has an index of another size or type.
    """
    real = np.concatenate([cached_vectors(home) for home in homes])
    rng = np.random.default_rng(1)
    rng.shuffle(real)
    queries, real = real[:_QUERIES], real[_QUERIES:]
    dense_type = choose_type(count, dense)
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        built = _built(folder, dense_type, count, real)
        exact = exact_nearest(queries, _mixed(real, count, seed=2), _K)
        before = resident()
        own = _searched(folder, dense_type, count, queries, exact)
        memory = resident() - before
        others = [
            _searched(folder, other, count, queries, exact) for other in _variants(dense_type)
        ]
    return {
        "vectors": count,
        "real_vectors": len(real),
        "type": dense_type.factory,
        **own,
        "index_memory_mb": round(memory / 1e6),
        **built["figures"],
        "others": others,
    }


def _built(folder: Path, dense_type: DenseType, count: int, real: Vectors) -> dict[str, Any]:
    """Build the index unless the folder has it; the figures of its build."""
    record = folder / _FIGURES
    wanted = {"vectors": count, "real_vectors": len(real), "type": dense_type.factory}
    if record.exists():
        earlier: dict[str, Any] = orjson.loads(record.read_bytes())
        if earlier["built"] != wanted:
            raise BadInput(f"{folder} has the index {earlier['built']}.", "Choose another folder.")
        return earlier
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _INDEX
    with PeakMemory() as memory:
        size = max(1, min(count, dense_type.sample))
        sample = np.concatenate([*_mixed(real, size, seed=3)])
        wall, cpu = time.perf_counter(), time.process_time()
        build_dense(path, dense_type, real.shape[1], sample, _mixed(real, count, seed=2))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    built = {
        "built": wanted,
        "figures": {
            "disk_mb": round(sum(file.stat().st_size for file in folder.iterdir()) / 1e6),
            "build_seconds": round(wall),
            "build_processor_seconds": round(cpu),
            "build_memory_mb": round((memory.peak - memory.base) / 1e6),
        },
    }
    record.write_bytes(orjson.dumps(built))
    return built


def _variants(dense_type: DenseType) -> Iterator[DenseType]:
    """The type with half, double and four times the probes, and other depths of the refine step."""
    if not dense_type.lists:
        return
    for times in (0.5, 2, 4):
        yield replace(dense_type, probes=min(dense_type.lists, int(dense_type.probes * times)))
    for times in (0.5, 2):
        yield replace(dense_type, refine=int(dense_type.refine * times))


def _searched(
    folder: Path, dense_type: DenseType, count: int, queries: Vectors, exact: Numbers
) -> dict[str, object]:
    index = DenseIndex(folder / _INDEX, dense_type, count)
    retrieved, seconds = search_times(index, queries, _K)
    wide, wide_seconds = search_times(index, queries, _CANDIDATES)
    return {
        "probes": dense_type.probes,
        "refine": dense_type.refine,
        "recall_at_10": recall(exact, retrieved),
        **_milliseconds(seconds, "ms_one_thread"),
        "nearest_10_among_200": recall(exact, wide),
        **_milliseconds(wide_seconds, "ms_for_200"),
    }


def cached_vectors(home: Home) -> Vectors:
    """All cached vectors of the encoder with the most."""
    folders = [folder for folder in home.vectors.iterdir() if folder.is_dir()]
    shards = max((sorted(folder.glob("shard-*.npy")) for folder in folders), key=len)
    vectors = np.concatenate([np.load(shard) for shard in shards]).astype(np.float32)
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _mixed(real: Vectors, count: int, seed: int) -> Iterator[Vectors]:
    rng = np.random.default_rng(seed)
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        first, second = rng.integers(len(real), size=size), rng.integers(len(real), size=size)
        share = rng.uniform(0.5, 1.0, size=(size, 1)).astype(np.float32)
        mixed = share * real[first] + (1 - share) * real[second]
        yield mixed / np.linalg.norm(mixed, axis=1, keepdims=True)


def exact_nearest(queries: Vectors, batches: Iterable[Vectors], k: int) -> Numbers:
    """(n, k) numbers of the vectors in the batches nearest to each query."""
    best = np.full((len(queries), k), -np.inf, dtype=np.float32)
    numbers = np.zeros((len(queries), k), dtype=np.int64)
    first = 0
    for batch in batches:
        scores = queries @ batch.T
        near = np.argpartition(-scores, k, axis=1)[:, :k]
        best = np.hstack((best, np.take_along_axis(scores, near, axis=1)))
        numbers = np.hstack((numbers, near + first))
        order = np.argsort(-best, axis=1)[:, :k]
        best = np.take_along_axis(best, order, axis=1)
        numbers = np.take_along_axis(numbers, order, axis=1)
        first += len(batch)
    return numbers


def recall(exact: Numbers, retrieved: list[Numbers]) -> float:
    """The share of the nearest vectors that was retrieved."""
    hits = [len(set(a) & set(b)) for a, b in zip(exact, retrieved, strict=True)]
    return round(float(np.mean(hits)) / int(exact.shape[1]), 4)


def search_times(index: DenseIndex, queries: Vectors, k: int) -> tuple[list[Numbers], list[float]]:
    """The results of each query, and its seconds on one thread."""
    results, seconds = [], []
    with threadpoolctl.threadpool_limits(1):
        for query in queries:
            started = time.perf_counter()
            _, numbers = index.search(query[None], k)
            seconds.append(time.perf_counter() - started)
            results.append(numbers[0])
    return results, seconds


def _milliseconds(seconds: list[float], name: str) -> dict[str, float]:
    middle, high = np.percentile(np.array(seconds) * 1000, [50, 95])
    return {f"median_{name}": round(float(middle), 2), f"p95_{name}": round(float(high), 2)}
