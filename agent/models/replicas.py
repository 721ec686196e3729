"""Balance requests over several servers of one model, and fail over when one is lost.

A request goes to the free replica that has read most of its prompt before, if that is at least
half: its prefix cache contains that part, so that drafting, verifying and revising over the same
evidence read it once. Any other request goes to the least busy replica. If a replica fails before
the first token of an answer, another one is tried; later, the error is raised to the caller.

Health is checked in the background, and immediately after a failed request. An unhealthy replica
gets no requests; after two failed checks in a row, requests that wait for its first token are sent
elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Generator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Condition, Event, Thread
from urllib.parse import urlsplit

import structlog

from agent.models.base import Finish, Message, Raw, Request
from agent.models.endpoint_backend import EndpointBackend, estimated_tokens
from agent.models.http import KEY_VARIABLE, WAITS, Address, Server, is_local
from corpora.errors import ModelError, ModelUnavailable

log = structlog.get_logger()

# Seconds between two health checks of all replicas.
_INTERVAL = 5.0
# Seconds within which a healthy server responds.
_PATIENCE = 5.0
# The interval at which a waiting request checks for cancellation, in seconds.
_POLL = 0.05
# Prompts are compared by blocks of bytes, as prefix caches do. The last blocks that each replica
# read are remembered, about a million tokens.
_BLOCK, _MOST_BLOCKS = 512, 8_192
_MOST_THREADS = 64


class _Lost(Event):
    """Set when a request loses its replica, or when the request itself is cancelled."""

    def __init__(self, cancel: Event) -> None:
        super().__init__()
        self._cancel = cancel

    @property
    def alone(self) -> bool:
        """Whether the replica was lost, regardless of the request's cancellation."""
        return super().is_set()

    def is_set(self) -> bool:
        return self.alone or self._cancel.is_set()


class _Replica:
    """One server. Its mutable state is guarded by the backend's condition."""

    def __init__(self, address: Address, key: str | None) -> None:
        self.address = address
        self.server = Server(address.url, key=key, connect=_PATIENCE, read=_PATIENCE)
        self.backend: EndpointBackend | None = None
        self.healthy = self.lost = False
        self.error: ModelError | None = None
        self.waiting: set[_Lost] = set()  # requests without a first token
        self.running = self.served = 0
        self._read: OrderedDict[bytes, None] = OrderedDict()

    @property
    def load(self) -> tuple[float, int]:
        """(share of its limit in use, requests served), for choosing the least busy replica."""
        return self.running / self.address.limit, self.served

    @property
    def free(self) -> bool:
        return self.running < self.address.limit

    def known(self, blocks: Sequence[bytes]) -> int:
        """The number of a prompt's leading blocks that the replica has read."""
        return next((n for n, block in enumerate(blocks) if block not in self._read), len(blocks))

    def remember(self, blocks: Sequence[bytes]) -> None:
        for block in blocks:
            self._read[block] = None
            self._read.move_to_end(block)
        while len(self._read) > _MOST_BLOCKS:
            self._read.popitem(last=False)

    def suspect(self, error: ModelError) -> None:
        """Send no more requests until the next health check."""
        self.healthy, self.error = False, error

    def lose(self, error: ModelError) -> None:
        """Send no more requests, take back those without a first token, and forget its cache."""
        self.suspect(error)
        self.lost = True
        self._read.clear()
        for lost in self.waiting:
            lost.set()

    def regain(self, backend: EndpointBackend) -> None:
        self.backend, self.healthy, self.lost, self.error = backend, True, False, None

    def close(self) -> None:
        self.server.close()
        if self.backend:
            self.backend.close()


class ReplicaBackend:
    """One model served by several servers.

    Args:
        addresses: at least one; servers that do not answer now join when they do.
        model: its name on the servers; "" selects the first server's only model.
        key, connect, read: as for `EndpointBackend`.
        waits: seconds before each retry of a request that every replica refused.
        interval: seconds between two health checks.

    Raises:
        ModelError: no replica can be used; the error of the first one.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        model: str = "",
        *,
        key: str | None = None,
        connect: float = 10.0,
        read: float = 300.0,
        waits: Sequence[float] = WAITS,
        interval: float = _INTERVAL,
    ) -> None:
        self._key = key or os.environ.get(KEY_VARIABLE)
        self._replicas = [_Replica(address, self._key) for address in addresses]
        self._model, self._connect, self._read = model, connect, read
        self._waits, self._interval = waits, interval
        self._changed = Condition()
        self._look, self._closed = Event(), Event()
        # One after another at first: the first that answers determines the model of all.
        for replica in self._replicas:
            self._check(replica)
        self._watch = Thread(target=self._watch_health, name="replicas", daemon=True)
        if not any(self.health.values()):
            self.close()
            raise self._none_there()
        self._watch.start()

    @property
    def name(self) -> str:
        first, *others = (urlsplit(replica.address.url).netloc for replica in self._replicas)
        return f"{self._model} at {first}" + (f" and {len(others)} more" if others else "")

    @property
    def architecture(self) -> str:
        return ""

    @property
    def window(self) -> int:
        """The shortest window of all that answered, so that any replica can take any prompt."""
        backends = [replica.backend for replica in self._replicas if replica.backend]
        return min(backend.window for backend in backends)

    @property
    def remote(self) -> str | None:
        urls = [replica.address.url for replica in self._replicas]
        hosts = {urlsplit(url).hostname or "" for url in urls if not is_local(url)}
        return ", ".join(sorted(hosts)) or None

    @property
    def thinks_under_schema(self) -> bool | None:
        return None

    @property
    def health(self) -> dict[str, bool]:
        """Whether each address answers."""
        with self._changed:
            return {replica.address.url: replica.healthy for replica in self._replicas}

    def close(self) -> None:
        self._closed.set()
        self._look.set()
        if self._watch.is_alive():
            self._watch.join()
        for replica in self._replicas:
            replica.close()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        for replica in self._replicas:
            if replica.backend and replica.healthy:
                try:
                    return replica.backend.count_tokens(messages)
                except ModelUnavailable as error:
                    self._suspect(replica, error)
        return estimated_tokens(messages)

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        blocks = _blocks(request.messages)
        waits = iter(self._waits)
        tried: set[_Replica] = set()
        error: ModelError | None = None
        while not cancel.is_set():
            replica = self._take(blocks, tried, cancel)
            if replica is not None:
                try:
                    if (yield from self._try(replica, request, cancel)):
                        return
                finally:
                    self._give_back(replica)
                tried.add(replica)
                error = replica.error or error
            elif not cancel.is_set():
                # All were tried, or none is healthy: check whether one is back, and try again.
                wait = next(waits, None)
                if wait is None:
                    raise error or self._none_there()
                tried.clear()
                self._look.set()
                cancel.wait(wait)
        yield Raw(finish=Finish.CANCELLED)

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        threads = min(sum(replica.address.limit for replica in self._replicas), _MOST_THREADS)
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda request: list(self.complete(request, cancel)), requests))

    def _try(
        self, replica: _Replica, request: Request, cancel: Event
    ) -> Generator[Raw, None, bool]:
        """Yield the answer of one replica; returns False where another should be tried.

        Raises:
            ModelError: a retry does not help, or part of the answer was emitted already.
        """
        lost, begun = _Lost(cancel), False
        with self._changed:
            backend = replica.backend
            if backend is None or not replica.healthy:
                return False
            replica.waiting.add(lost)
        try:
            with closing(backend.complete(request, lost)) as raws:
                for raw in raws:
                    if not begun:
                        # From the first token on, the request stays with this replica.
                        with self._changed:
                            replica.waiting.discard(lost)
                        if lost.alone:
                            return False
                        begun = True
                    yield raw
        except ModelError as error:
            if begun or not error.retryable:
                raise
            # An overloaded replica is still healthy.
            if isinstance(error, ModelUnavailable):
                self._suspect(replica, error)
            replica.error = error
            return False
        finally:
            with self._changed:
                replica.waiting.discard(lost)
        return True

    def _take(
        self, blocks: Sequence[bytes], tried: Set[_Replica], cancel: Event
    ) -> _Replica | None:
        """Wait for a free replica and reserve a place on it; None where none is left to try or the
        request was cancelled.
        """
        with self._changed:
            while not cancel.is_set():
                candidates = [r for r in self._replicas if r.healthy and r not in tried]
                if not candidates:
                    return None
                if free := [replica for replica in candidates if replica.free]:
                    nearest = max(free, key=lambda replica: replica.known(blocks))
                    if 2 * nearest.known(blocks) < max(len(blocks), 1):
                        nearest = min(free, key=lambda replica: replica.load)
                    nearest.running += 1
                    nearest.served += 1
                    nearest.remember(blocks)
                    return nearest
                self._changed.wait(_POLL)
        return None

    def _give_back(self, replica: _Replica) -> None:
        with self._changed:
            replica.running -= 1
            self._changed.notify_all()

    def _suspect(self, replica: _Replica, error: ModelError) -> None:
        with self._changed:
            replica.suspect(error)
        self._look.set()

    def _watch_health(self) -> None:
        with ThreadPoolExecutor(len(self._replicas)) as pool:
            while not self._closed.is_set():
                self._look.wait(self._interval)
                self._look.clear()
                list(pool.map(self._check, self._replicas))

    def _check(self, replica: _Replica) -> None:
        """Check a replica's health; look up the model of one that is new or back."""
        backend = replica.backend
        try:
            replica.server.check_health()
            if backend is None:
                backend = self._connected(replica.address.url)
            elif not replica.healthy:
                backend.look_up()
        except ModelError as error:
            if replica.healthy:
                # It may just be slow: its requests are taken back only at the second failure.
                self._suspect(replica, error)
                return
            with self._changed:
                if not replica.lost:
                    log.warning("replica lost", url=replica.address.url, reason=error.message)
                replica.lose(error)
                self._changed.notify_all()
            return
        with self._changed:
            if replica.lost:
                log.info("replica back", url=replica.address.url)
            replica.regain(backend)
            self._model = self._model or backend.model
            self._changed.notify_all()

    def _connected(self, url: str) -> EndpointBackend:
        timeouts = {"connect": self._connect, "read": self._read}
        return EndpointBackend(url, self._model, key=self._key, waits=(), **timeouts)

    def _none_there(self) -> ModelError:
        first = self._replicas[0]
        return first.error or ModelUnavailable(
            f"No server of {self.name} answers.", "Start one, or check the addresses."
        )


def _blocks(messages: Sequence[Message]) -> list[bytes]:
    """For each complete block of the prompt, a digest of the text up to its end."""
    text = "".join(f"{message.role.value}\n{message.text}\n" for message in messages).encode()
    digest = hashlib.blake2b(digest_size=8)
    blocks = []
    for start in range(0, len(text) - _BLOCK + 1, _BLOCK):
        digest.update(text[start : start + _BLOCK])
        blocks.append(digest.copy().digest())
    return blocks
