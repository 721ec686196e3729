"""The dense index: exactness, filters, and the approximate type against the exact one."""

from pathlib import Path

import numpy as np
import pytest

from corpora.errors import Damaged
from retrieval.dense import DenseIndex, DenseType, build_dense, choose_type

_RNG = np.random.default_rng(7)


def _unit(n: int, d: int = 32) -> np.ndarray:
    vectors = _RNG.standard_normal((n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


_VECTORS = _unit(3000)
_QUERIES = _unit(20)


def _build(path: Path, dense_type: DenseType) -> DenseIndex:
    build_dense(
        path, dense_type, 32, _VECTORS, (_VECTORS[i : i + 700] for i in range(0, 3000, 700))
    )
    return DenseIndex(path, dense_type, 3000)


def test_exact_search_finds_the_nearest(tmp_path: Path) -> None:
    scores, numbers = _build(tmp_path / "flat", DenseType("Flat")).search(_QUERIES, 10)
    wanted = np.argsort(-(_QUERIES @ _VECTORS.T), axis=1)[:, :10]
    np.testing.assert_array_equal(numbers, wanted)
    assert (np.diff(scores, axis=1) <= 0).all()


@pytest.mark.parametrize("dense_type", [DenseType("Flat"), DenseType("IVF16,SQ8", 16)])
@pytest.mark.parametrize("share", [3, 300])
def test_filtered_search_is_exact(tmp_path: Path, dense_type: DenseType, share: int) -> None:
    allowed = np.arange(0, 3000, share, dtype=np.int64)
    _, numbers = _build(tmp_path / "index", dense_type).search(_QUERIES, 15, allowed)
    similarity = _QUERIES @ _VECTORS[allowed].T
    wanted = allowed[np.argsort(-similarity, axis=1)[:, :15]]
    found = [set(row[row >= 0]) for row in numbers]
    assert all(row <= set(allowed) for row in found)
    overlap = np.mean(
        [len(f & set(w)) / min(15, len(allowed)) for f, w in zip(found, wanted, strict=True)]
    )
    assert overlap == 1.0 if dense_type.exact else overlap >= 0.97


def test_inverted_lists_agree_with_the_exact_index(tmp_path: Path) -> None:
    _, exact = _build(tmp_path / "flat", DenseType("Flat")).search(_QUERIES, 10)
    _, found = _build(tmp_path / "ivf", DenseType("IVF16,SQ8", 16)).search(_QUERIES, 10)
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(exact, found, strict=True)])
    assert recall >= 0.97


def test_type_is_exact_while_small_and_lists_grow_with_size() -> None:
    assert choose_type(5_000).exact
    assert choose_type(500_000).factory == "IVF2048,SQ8"
    assert choose_type(5_000_000).factory == "IVF8192,SQ8"


def test_damage_and_a_wrong_count_are_named(tmp_path: Path) -> None:
    path = tmp_path / "flat"
    _build(path, DenseType("Flat"))
    with pytest.raises(Damaged, match="not 2999"):
        DenseIndex(path, DenseType("Flat"), 2999)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(Damaged, match="cannot be read"):
        DenseIndex(path, DenseType("Flat"), 3000)
