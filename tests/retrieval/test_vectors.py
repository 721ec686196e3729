"""The vector cache: what goes in comes out, damage is found, nothing half-written counts."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.vectors import VectorCache, key_of
from tests.fakes.encoder import HashingEncoder

_ENCODER = HashingEncoder(dimension=16)
_TEXTS = [f"text {n}" for n in range(10)]
_KEYS = [key_of(text) for text in _TEXTS]
_VECTORS = _ENCODER.encode_queries(_TEXTS)


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    cache = VectorCache(tmp_path, _ENCODER.identity)
    cache.append(_KEYS[:6], _VECTORS[:6])
    return cache


def test_kept_vectors_come_back_in_the_order_asked(cache: VectorCache) -> None:
    assert cache.missing(_KEYS) == [6, 7, 8, 9]
    cache.append(_KEYS[6:], _VECTORS[6:])
    order = [9, 0, 6, 3, 3]
    read = cache.read([_KEYS[i] for i in order])
    np.testing.assert_allclose(read, _VECTORS[order], atol=1e-3)


def test_another_encoder_has_a_cache_of_its_own(cache: VectorCache, tmp_path: Path) -> None:
    other = VectorCache(tmp_path, HashingEncoder(dimension=16, name="other").identity)
    assert other.missing(_KEYS) == list(range(10))


@pytest.mark.parametrize("damage", ["truncate", "flip", "remove"])
def test_a_damaged_shard_is_forgotten_and_encoded_again(tmp_path: Path, damage: str) -> None:
    with VectorCache(tmp_path, _ENCODER.identity) as cache:
        cache.append(_KEYS[:6], _VECTORS[:6])
        cache.append(_KEYS[6:], _VECTORS[6:])
    first = sorted(tmp_path.rglob("shard-*.npy"))[0]
    content = bytearray(first.read_bytes())
    content[-3] ^= 0xFF
    if damage == "truncate":
        first.write_bytes(content[:-20])
    elif damage == "flip":
        first.write_bytes(content)
    else:
        first.unlink()
    with VectorCache(tmp_path, _ENCODER.identity) as cache:
        assert cache.missing(_KEYS) == [0, 1, 2, 3, 4, 5]
        cache.append(_KEYS[:6], _VECTORS[:6])
        assert cache.missing(_KEYS) == []
        np.testing.assert_allclose(cache.read(_KEYS), _VECTORS, atol=1e-3)


def test_a_shard_that_no_key_knows_is_overwritten(cache: VectorCache, tmp_path: Path) -> None:
    """What a build killed between the file and the keys leaves behind."""
    orphan = cache.folder / "shard-000002.npy"
    orphan.write_bytes(b"half a shard")
    cache.append(_KEYS[6:], _VECTORS[6:])
    np.testing.assert_allclose(cache.read(_KEYS), _VECTORS, atol=1e-3)
