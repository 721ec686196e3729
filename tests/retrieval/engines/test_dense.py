"""The dense index: exactness, filters, and each approximate type against the exact one."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from corpora.errors import BadInput, Damaged
from retrieval.engines import dense
from retrieval.engines.dense import DenseIndex, DenseType, bitmap, build_dense, choose_type

_RNG = np.random.default_rng(7)
_D = 64


def _unit(n: int, near: np.ndarray | None = None) -> np.ndarray:
    vectors = _RNG.standard_normal((n, _D)).astype(np.float32)
    if near is not None:
        vectors = near[_RNG.integers(len(near), size=n)] + 0.1 * vectors
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# Text vectors lie in clusters, as these do.
_VECTORS = _unit(3000, near=_unit(60))
_QUERIES = _unit(20, near=_VECTORS)
_TYPES = [
    DenseType("Flat"),
    DenseType("IVF16,SQ8", 12, refine=3),
    DenseType("HNSW16,SQ8", 64, refine=3),
    DenseType("OPQ2_32,IVF16,PQ8x4", 12, refine=40),
]
_each_type = pytest.mark.parametrize("dense_type", _TYPES, ids=[t.factory for t in _TYPES])


def _build(path: Path, dense_type: DenseType, block: int = 3000) -> DenseIndex:
    batches = (_VECTORS[i : i + 700] for i in range(0, 3000, 700))
    build_dense(path, dense_type, _D, _VECTORS[:640], batches, block)
    return DenseIndex(path, dense_type, 3000)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An index of each type, built once; that of the paged type in three blocks."""
    made = {}
    for dense_type in _TYPES:
        made[dense_type.factory] = tmp_path_factory.mktemp("dense")
        _build(made[dense_type.factory] / "dense.faiss", dense_type, block=1000)
    return made


@pytest.fixture
def index(folders: dict[str, Path], dense_type: DenseType) -> DenseIndex:
    return DenseIndex(folders[dense_type.factory] / "dense.faiss", dense_type, 3000)


def _overlap(wanted: np.ndarray, found: np.ndarray) -> float:
    pairs = zip(wanted, found, strict=True)
    return float(np.mean([len(set(a) & set(b)) / len(a) for a, b in pairs]))


def test_exact_search_finds_the_nearest(tmp_path: Path) -> None:
    scores, numbers = _build(tmp_path / "flat", DenseType("Flat")).search(_QUERIES, 10)
    wanted = np.argsort(-(_QUERIES @ _VECTORS.T), axis=1)[:, :10]
    np.testing.assert_array_equal(numbers, wanted)
    assert (np.diff(scores, axis=1) <= 0).all()


@_each_type
def test_every_type_agrees_with_the_exact_one(index: DenseIndex) -> None:
    wanted = np.argsort(-(_QUERIES @ _VECTORS.T), axis=1)[:, :10]
    scores, numbers = index.search(_QUERIES, 10)
    assert _overlap(wanted, numbers) >= 0.97
    exact = np.take_along_axis(_QUERIES @ _VECTORS.T, numbers, axis=1)
    np.testing.assert_allclose(scores, exact, atol=0.02)


@_each_type
@pytest.mark.parametrize("share", [3, 300])
@pytest.mark.parametrize("scanned", [True, False])
def test_filters_let_nothing_else_through_and_lose_nothing(
    index: DenseIndex, dense_type: DenseType, share: int, scanned: bool
) -> None:
    """Both ways of filtering: comparing one by one, and a selector inside FAISS."""
    allowed = np.arange(0, 3000, share, dtype=np.int64)
    index.scan_up_to = 3000 if scanned else 0
    _, numbers = index.search(_QUERIES, 10, bitmap(allowed, 3000))
    wanted = allowed[np.argsort(-(_QUERIES @ _VECTORS[allowed].T), axis=1)[:, :10]]
    assert set(numbers[numbers >= 0]) <= set(allowed)
    assert _overlap(wanted, numbers) >= (1.0 if dense_type.exact else 0.97)


@_each_type
def test_vectors_come_back_as_they_went_in(index: DenseIndex) -> None:
    numbers = np.array([2999, 0, 7], dtype=np.int64)
    np.testing.assert_allclose(index.vectors(numbers), _VECTORS[numbers], atol=0.02)
    assert index.vectors(numbers[:0]).shape == (0, _D)


def test_a_paged_index_moves_with_its_folder_and_leaves_no_scraps(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    """Versions are copied, and a build writes its lists block by block."""
    moved = tmp_path / "moved"
    shutil.copytree(folders[_TYPES[-1].factory], moved)
    assert {p.suffix for p in moved.iterdir()} == {".faiss", ".lists", ".vectors"}
    index = DenseIndex(moved / "dense.faiss", _TYPES[-1], 3000)
    _, numbers = index.search(_VECTORS[[0, 1500, 2999]], 1)
    assert list(numbers[:, 0]) == [0, 1500, 2999]


def test_the_type_follows_the_size_and_can_be_named() -> None:
    assert choose_type(5_000).exact
    assert choose_type(500_000).factory == "IVF2048,SQ8"
    big = choose_type(60_000_000)
    assert big.factory == "OPQ64_256,IVF16384,PQ64"
    assert big.paged
    assert choose_type(5_000, "hnsw").factory == "HNSW16,SQ8"
    assert choose_type(5_000, "pq").paged
    assert choose_type(60_000_000, "exact").exact
    assert dense.DENSE_NAMES[0] == "auto"
    with pytest.raises(BadInput, match="not a dense type"):
        choose_type(5_000, "annoy")


@pytest.mark.parametrize("passages", [0, 1, 50, 5_000])
@pytest.mark.parametrize("name", ["ivf", "pq"])
def test_no_type_has_more_lists_than_it_can_train(passages: int, name: str) -> None:
    chosen = choose_type(passages, name)
    assert 1 <= chosen.lists <= max(1, passages // 39)
    assert 1 <= chosen.probes <= chosen.lists


@_each_type
def test_damage_and_a_wrong_count_are_named(
    folders: dict[str, Path], tmp_path: Path, dense_type: DenseType
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folders[dense_type.factory], copy)
    path = copy / "dense.faiss"
    with pytest.raises(Damaged, match=r"not 2999|cannot be read"):
        DenseIndex(path, dense_type, 2999)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(Damaged, match="cannot be read"):
        DenseIndex(path, dense_type, 3000)
