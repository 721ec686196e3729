"""Split and encode on a Ray cluster; the extra `ray` installs its dependencies.

Articles and texts are sent as Ray tasks, so that other nodes need neither the corpus nor a shared
disk, only the same packages and the encoder. Ray schedules the tasks and retries those of a dead
process or node elsewhere; a process keeps the encoder between tasks. The number of batches drawn
ahead of their results is bounded, and so is memory on every node.
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

# The packages that determine how an article is split and what its vectors are.
_PACKAGES = ("medcite", "sentencex", "tokenizers", "torch")
# A batch that kills more processes than this is at fault itself.
_RETRIES = 4
# One process reads the articles, which keeps about six others busy.
_MOST_SPLITTING = 16
# Timeout in seconds for connecting to a cluster's head.
_PATIENCE = 10.0
# Ray's default is a third of the memory, but batches are small.
_STORE_BYTES = 512 * 2**20


@dataclass(frozen=True, slots=True)
class _Requirements:
    """The encoder that every process must load, and the package versions it must have."""

    name: str
    fingerprint: str
    packages: tuple[str, ...]


class RayWorkers:
    """The processes of a Ray cluster: one per GPU for encoding if there are any, else per core."""

    def __init__(self, identity: EncoderIdentity) -> None:
        import ray

        self._required = _Requirements(identity.name, identity.fingerprint, _packages())
        gpus = _slots("GPU") > 0
        self._encodes_on = "GPU" if gpus else "CPU"
        self._device = None if gpus else "cpu"
        on_core = ray.remote(num_cpus=1, max_retries=_RETRIES)
        # Without `max_calls` a process with a GPU would end after each task.
        on_gpu = ray.remote(num_gpus=1, max_calls=0, max_retries=_RETRIES)
        self._split = on_core(_split).remote
        self._encode = (on_gpu if gpus else on_core)(_encode).remote

    def split(self, batches: Iterable[Sequence[Article]], unit: str) -> Iterator[list[ArticleRows]]:
        def submit(batch: Sequence[Article]) -> ObjectRef[Any]:
            return self._split(self._required, batch, unit)

        return _ordered(submit, batches, "CPU", _MOST_SPLITTING)

    def encode(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        def submit(batch: Sequence[str]) -> ObjectRef[Any]:
            return self._encode(self._required, batch, self._device)

        return _ordered(submit, batches, self._encodes_on)


@contextmanager
def ray_workers(identity: EncoderIdentity, address: str = "") -> Iterator[RayWorkers]:
    """Connect to a Ray cluster, and disconnect at the end, ending tasks that still run.

    Args:
        identity: of the encoder, which is loaded by name on each node.
        address: HOST:PORT of the cluster's head, "auto" for the cluster of which this machine is a
            node, "" to start Ray on this machine only.

    Raises:
        BadInput: Ray is not installed, or no cluster answers.
    """
    # Ray sends usage statistics by default.
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
            " Python and Ray and the same token, and pass it: --ray-address HOST:6379.",
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
    """The result of each batch in order; an empty batch gives an empty list without a task.

    Args:
        resource: the resource that a task occupies, "CPU" or "GPU".
        most: maximum number of tasks in the cluster at once.
    """
    results: deque[ObjectRef[Any] | None] = deque()
    for batch in batches:
        results.append(submit(batch) if batch else None)
        # Queue twice as many as can run. Recounted each time, since nodes may join or leave.
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
    """The number of tasks with one GPU or core that can run in the cluster now."""
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
            f"Ray gave up on a batch after {_RETRIES + 1} attempts: {error}",
            "Encoded passages are kept. Check Ray's logs for exhausted memory or lost nodes, then"
            " start the build again.",
        ) from error


def _split(required: _Requirements, articles: Sequence[Article], unit: str) -> list[ArticleRows]:
    # Only the tokenizer is needed; the process may get a GPU only with its next task.
    return split_articles(_encoder(required, "cpu"), articles, unit)


def _encode(required: _Requirements, texts: Sequence[str], device: str | None) -> Vectors:
    return _encoder(required, device).encode_documents(texts)


@functools.cache
def _encoder(required: _Requirements, device: str | None) -> Encoder:
    """The encoder of this process, after verifying that it is that of the build.

    Raises:
        BadInput: this node has other versions of packages, or other weights.
    """
    packages = _packages()
    if packages != required.packages:
        differing = sorted(set(packages) ^ set(required.packages))
        raise BadInput(
            f"Node {platform.node()} would build a different index: {', '.join(differing)}.",
            "Install the same versions on every node, best from one image.",
        )
    encoder = load_encoder(required.name, device)
    if encoder.identity.fingerprint != required.fingerprint:
        raise BadInput(
            f"Node {platform.node()} has different weights for {required.name}.",
            "Copy the encoder's files to the same path on every node.",
        )
    return encoder


def _packages() -> tuple[str, ...]:
    return tuple(f"{name} {version(name)}" for name in _PACKAGES)
