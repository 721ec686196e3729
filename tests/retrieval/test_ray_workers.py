"""Builds whose articles are split and encoded on a Ray cluster of two nodes, parts of which die."""

import hashlib
import os
import pickle
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from corpora.errors import BadInput, EncoderError
from corpora.home import Home
from retrieval.build import BuildResult, build_index
from retrieval.encoder import Encoder, load_encoder
from retrieval.ray_workers import ray_workers
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, put
from tests.fakes.progress import Recorded

_WORDS = (
    "sepsis trial drug dose of in the patients mortality placebo children renal failure".split()
)


def _abstract(number: int) -> str:
    words = random.Random(number)
    return " ".join(f"{words.choice(_WORDS)} {words.randrange(999)}" for _ in range(12)) + "."


_ARTICLES = [article(str(n), f"Title {n}", _abstract(n)) for n in range(1, 701)]


def _contents(home: Home, result: BuildResult) -> dict[str, str]:
    """Digests of an index and of its vectors; tantivy names segments at random in any build."""
    files = {n: f[0] for n, f in result.manifest.files.items() if not n.startswith("lexical")}
    shards = sorted(home.vectors.rglob("*.npy"))
    return files | {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in shards}


def test_without_ray_its_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(BadInput, match=r"pip install 'medcite\[ray\]'"),
        ray_workers(HashingEncoder().identity),
    ):
        pass


def test_an_error_comes_back_whole_from_another_process() -> None:
    error = pickle.loads(pickle.dumps(EncoderError("No weights.", "Copy them.")))
    assert (type(error), error.message, error.next_step) == (
        EncoderError,
        "No weights.",
        "Copy them.",
    )


@pytest.mark.enable_socket
def test_no_cluster_at_an_address_is_said_at_once() -> None:
    pytest.importorskip("ray")
    with (
        pytest.raises(BadInput, match="cannot be used at localhost:9"),
        ray_workers(HashingEncoder().identity, "localhost:9"),
    ):
        pass


slow = [
    pytest.mark.slow,
    pytest.mark.encoder,
    pytest.mark.enable_socket,
    pytest.mark.timeout(1200),
    pytest.mark.filterwarnings("default"),
]


class _Cluster:
    """A head and a second node of one core each, as processes of this machine."""

    def __init__(self) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": 2**28}
        self._cluster: Any = Cluster(
            initialize_head=True, head_node_args=node | {"include_dashboard": False}
        )
        self._second = self._cluster.add_node(**node)
        self.address: str = self._cluster.address

    def kill_encoding_process(self) -> None:
        """SIGKILL a process of the second node while it encodes."""
        raylet = self._second.all_processes["raylet"][0].process.pid
        while True:
            for process in psutil.Process(raylet).children():
                if process.name().startswith("ray::_encode"):
                    process.kill()
                    return

    def kill_second_node(self) -> None:
        self._cluster.remove_node(self._second, allow_graceful=False)

    def close(self) -> None:
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def cluster() -> Iterator[_Cluster]:
    pytest.importorskip("ray")
    started = _Cluster()
    yield started
    started.close()


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


class _Accidents(Recorded):
    """Kills a process when the first batch is encoded, and the whole node some batches later."""

    def __init__(self, cluster: _Cluster) -> None:
        super().__init__()
        self._next = iter((cluster.kill_encoding_process, None, cluster.kill_second_node))

    def advance(self, count: int) -> None:
        super().advance(count)
        if "encode" in self.stages and (accident := next(self._next, None)):
            accident()


class TestCluster:
    pytestmark = slow

    def test_another_encoder_on_a_node_ends_the_build(
        self, cluster: _Cluster, encoder: Encoder, tmp_path: Path
    ) -> None:
        put(Home(tmp_path), _ARTICLES[:3])
        other = replace(encoder.identity, weights="0")
        with (
            ray_workers(other, cluster.address) as workers,
            pytest.raises(BadInput, match="different weights for all-MiniLM-L6-v2"),
        ):
            build_index(Home(tmp_path), encoder, Recorded(), workers=workers)
        assert not (tmp_path / "indexes" / "CURRENT").exists()

    def test_an_index_is_the_same_with_a_process_and_a_node_killed(
        self, cluster: _Cluster, encoder: Encoder, tmp_path: Path
    ) -> None:
        here, there = Home(tmp_path / "here"), Home(tmp_path / "there")
        for home in (here, there):
            put(home, _ARTICLES)
        alone = build_index(here, encoder, Recorded())
        progress = _Accidents(cluster)
        with ray_workers(encoder.identity, cluster.address) as workers:
            shared = build_index(there, encoder, progress, workers=workers)
        assert shared.encoded == alone.encoded == 700
        assert progress.stages["encode"] == (700, 700)
        assert _contents(there, shared) == _contents(here, alone)
