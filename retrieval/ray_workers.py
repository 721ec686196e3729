"""Splitting and encoding on a Ray cluster; the extra `ray` installs what it needs.

Articles and texts are sent as Ray tasks, so that other nodes need neither the corpus nor a shared
disk, only the same packages and the encoder. Ray places the tasks, and runs those of a process or
node that died again wherever there is room; a process keeps the encoder from one task to the next.
How many batches are drawn ahead of their results is bounded, and with it memory on every node.
"""

from __future__ import annotations

import functools
import logging
import os
import platform
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from corpora.article import Article
from corpora.errors import BadInput, EncoderError, MedciteError
from retrieval.encoder import Encoder, EncoderIdentity, Vectors, load_encoder
from retrieval.passage_table import ArticleRows
from retrieval.workers import split_articles

if TYPE_CHECKING:
    from ray import ObjectRef

# What decides where an article is cut and what its vectors are.
_PACKAGES = ("medcite", "sentencex", "tokenizers", "torch")
# A batch that ends so many processes is at fault itself.
_RETRIES = 4
# Articles are read by one process, which keeps some six others busy.
_MOST_SPLITTING = 16
# Seconds for a connection to a cluster's head.
_PATIENCE = 10.0
# Batches are small; Ray would take a third of the memory.
_STORE_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The encoder that every process must load, and the packages it must load it with."""

    name: str
    fingerprint: str
    packages: tuple[str, ...]


class RayWorkers:
    """The processes of a Ray cluster: one a GPU for encoding if there are any, else one a core."""

    def __init__(self, identity: EncoderIdentity) -> None:
        import ray

        self._wanted = _Wanted(identity.name, identity.fingerprint, _packages())
        gpus = _slots("GPU") > 0
        self._encodes_on = "GPU" if gpus else "CPU"
        self._device = None if gpus else "cpu"
        on_core = ray.remote(num_cpus=1, max_retries=_RETRIES)
        # A process with a GPU would end with each task but for `max_calls`.
        on_gpu = ray.remote(num_gpus=1, max_calls=0, max_retries=_RETRIES)
        self._split = on_core(_split).remote
        self._encode = (on_gpu if gpus else on_core)(_encode).remote

    def split(self, batches: Iterable[Sequence[Article]], unit: str) -> Iterator[list[ArticleRows]]:
        def submit(batch: Sequence[Article]) -> ObjectRef[Any]:
            return self._split(self._wanted, batch, unit)

        return _ordered(submit, batches, "CPU", _MOST_SPLITTING)

    def encode(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        def submit(batch: Sequence[str]) -> ObjectRef[Any]:
            return self._encode(self._wanted, batch, self._device)

        return _ordered(submit, batches, self._encodes_on)


@contextmanager
def ray_workers(identity: EncoderIdentity, address: str = "") -> Iterator[RayWorkers]:
    """Connect to a Ray cluster, and leave it at the end with whatever still runs there.

    Args:
        identity: of the encoder, which is loaded by its name on each node.
        address: HOST:PORT of the cluster's head, "auto" for the cluster that this machine is a node
            of, "" to start Ray on this machine alone.

    Raises:
        BadInput: Ray is not installed, or no cluster answers.
    """
    # Ray sends usage statistics unless it is told not to.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray
        from ray.exceptions import RayError
    except ImportError as error:
        raise BadInput(
            "Ray is not installed.", "Install it: pip install 'medcite[ray]'."
        ) from error
    where: Mapping[str, Any] = (
        {"address": address}
        if address
        else {
            "address": "local",
            "include_dashboard": False,
            "object_store_memory": _STORE_BYTES,
            "_node_ip_address": "127.0.0.1",
        }
    )
    try:
        _reach(address)
        ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        raise BadInput(
            f"Ray cannot be used at {address or 'this machine'}: {error}",
            "Start it there (ray start --head --disable-usage-stats) with the same versions of"
            " Python and Ray and the same token, and name it: --ray-address HOST:6379.",
        ) from error
    try:
        yield RayWorkers(identity)
    finally:
        ray.shutdown()


def _ordered(
    submit: Callable[[Sequence[Any]], ObjectRef[Any]],
    batches: Iterable[Sequence[Any]],
    resource: str,
    most: int | None = None,
) -> Iterator[Any]:
    """The result of each batch in order; of an empty one an empty list, without a task.

    Args:
        resource: what a task takes one of, "CPU" or "GPU".
        most: tasks in the cluster at once, whatever room it has.
    """
    results: deque[ObjectRef[Any] | None] = deque()
    for batch in batches:
        results.append(submit(batch) if batch else None)
        # As many again as can run lie ready. Nodes that come or go are counted each time.
        ahead = 2 * _slots(resource) + 2
        while len(results) >= min(ahead, most or ahead):
            yield _result(results.popleft())
    while results:
        yield _result(results.popleft())


def _reach(address: str) -> None:
    """Try the connection first: Ray itself would wait for minutes.

    Raises:
        OSError: nothing listens there.
    """
    host, _, port = address.rpartition(":")
    if host and port.isdecimal():
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()


def _slots(resource: str) -> int:
    """How many tasks of one GPU or core can run in the cluster now."""
    import ray

    return int(ray.cluster_resources().get(resource, 0))  # type: ignore[no-untyped-call]


def _result(reference: ObjectRef[Any] | None) -> Any:  # noqa: ANN401 - whatever the task returns
    import ray
    from ray.exceptions import RayError, RaySystemError, RayTaskError

    if reference is None:
        return []
    try:
        return ray.get(reference)
    except RayTaskError as error:
        if isinstance(error.cause, MedciteError):
            raise error.cause from None
        if isinstance(error.cause, RaySystemError):  # it could not be unpickled there
            raise BadInput(
                f"A node lacks this Medcite: {str(error.cause).splitlines()[0]}",
                "Install the same versions on every node, best from one image.",
            ) from error
        raise
    except RayError as error:
        raise EncoderError(
            f"Ray gave up a batch after {_RETRIES + 1} tries: {error}",
            "What was encoded is kept. Look at Ray's logs for memory that ran out or nodes that"
            " left, then start the build again.",
        ) from error


def _split(wanted: _Wanted, articles: Sequence[Article], unit: str) -> list[ArticleRows]:
    # Only its tokenizer is needed; the process may have no GPU now, and one with its next task.
    return split_articles(_encoder(wanted, "cpu"), articles, unit)


def _encode(wanted: _Wanted, texts: Sequence[str], device: str | None) -> Vectors:
    return _encoder(wanted, device).encode_documents(texts)


@functools.cache
def _encoder(wanted: _Wanted, device: str | None) -> Encoder:
    """The encoder of this process, once it is known to be the build's.

    Raises:
        BadInput: this node has other versions of packages, or other weights.
    """
    packages = _packages()
    if packages != wanted.packages:
        differing = sorted(set(packages) ^ set(wanted.packages))
        raise BadInput(
            f"Node {platform.node()} would give another index: {', '.join(differing)}.",
            "Install the same versions on every node, best from one image.",
        )
    encoder = load_encoder(wanted.name, device)
    if encoder.identity.fingerprint != wanted.fingerprint:
        raise BadInput(
            f"Node {platform.node()} has other weights of {wanted.name}.",
            "Copy the encoder's files to every node, to the same place.",
        )
    return encoder


def _packages() -> tuple[str, ...]:
    return tuple(f"{name} {version(name)}" for name in _PACKAGES)
