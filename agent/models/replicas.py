"""Several servers of one model behind one name: which request goes where, and what if one dies.

A request goes to the replica that has read most of its prompt before, if that is at least half, as
long as it has room: its prefix cache holds it, so that what is written, verified and revised over
the same evidence is read once. Any other goes to the least busy replica. One that fails before the
first token of an answer is asked of another replica; later, the error is the caller's.

Health is asked for in the background, and at once where a request failed. A replica gets nothing
until it is well; where it is not twice in a row, whoever waits for its first token is sent
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

# Seconds between two looks at the health of all replicas.
_INTERVAL = 5.0
# Seconds in which a healthy server says that it is.
_PATIENCE = 5.0
# How often a request that waits for room looks whether it was cancelled, in seconds.
_LOOK = 0.05
# Prompts are compared by blocks, as prefix caches do; so many are remembered of each replica, some
# million tokens.
_BLOCK, _REMEMBERED = 512, 8_192
_MOST_THREADS = 64


class _Lost(Event):
    """Set when a replica is lost to a request, or when the request itself is cancelled."""

    def __init__(self, cancel: Event) -> None:
        super().__init__()
        self._cancel = cancel

    @property
    def alone(self) -> bool:
        """Whether the replica was lost, whatever became of the request."""
        return super().is_set()

    def is_set(self) -> bool:
        return self.alone or self._cancel.is_set()


class _Replica:
    """One server. What changes is guarded by the condition of the backend."""

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
        """How busy it is; of equally busy ones, how much it has done."""
        return self.running / self.address.limit, self.served

    @property
    def free(self) -> bool:
        return self.running < self.address.limit

    def known(self, blocks: Sequence[bytes]) -> int:
        """How many of a prompt's first blocks it has read."""
        return next((n for n, block in enumerate(blocks) if block not in self._read), len(blocks))

    def remember(self, blocks: Sequence[bytes]) -> None:
        for block in blocks:
            self._read[block] = None
            self._read.move_to_end(block)
        while len(self._read) > _REMEMBERED:
            self._read.popitem(last=False)

    def suspect(self, error: ModelError) -> None:
        """Give it nothing more until its health is known."""
        self.healthy, self.error = False, error

    def lose(self, error: ModelError) -> None:
        """Give it nothing more, and take back what it has not begun; its cache is gone with it."""
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
    """One model of several servers.

    Args:
        addresses: at least one; those that do not answer now are taken in when they do.
        model: its name there; "" takes the only one the first server has.
        key, connect, read: as `EndpointBackend` takes them.
        waits: seconds before a request that every replica refused is sent round again.
        interval: seconds between two looks at their health.

    Raises:
        ModelError: no replica can be used; that of the first one.
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
        # Alone first: the first that answers says which model all of them are to have.
        for replica in self._replicas:
            self._check(replica)
        self._watch = Thread(target=self._watch_health, name="replicas", daemon=True)
        if not any(self.health.values()):
            self.close()
            raise self._none_there()
        self._watch.start()

    @property
    def name(self) -> str:
        first, *others = (urlsplit(each.address.url).netloc for each in self._replicas)
        return f"{self._model} at {first}" + (f" and {len(others)} more" if others else "")

    @property
    def architecture(self) -> str:
        return ""

    @property
    def window(self) -> int:
        """The shortest of those that answered, so that any replica can take any prompt."""
        backends = [each.backend for each in self._replicas if each.backend]
        return min(backend.window for backend in backends)

    @property
    def remote(self) -> str | None:
        urls = [each.address.url for each in self._replicas]
        hosts = {urlsplit(url).hostname or "" for url in urls if not is_local(url)}
        return ", ".join(sorted(hosts)) or None

    @property
    def thinks_under_schema(self) -> bool | None:
        return None

    @property
    def health(self) -> dict[str, bool]:
        """Whether each address answers."""
        with self._changed:
            return {each.address.url: each.healthy for each in self._replicas}

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
                # All have been asked, or none is there: look whether one is back, and ask again.
                wait = next(waits, None)
                if wait is None:
                    raise error or self._none_there()
                tried.clear()
                self._look.set()
                cancel.wait(wait)
        yield Raw(finish=Finish.CANCELLED)

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        threads = min(sum(each.address.limit for each in self._replicas), _MOST_THREADS)
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(lambda request: list(self.complete(request, cancel)), requests))

    def _try(
        self, replica: _Replica, request: Request, cancel: Event
    ) -> Generator[Raw, None, bool]:
        """An answer of one replica; False where another is to be asked.

        Raises:
            ModelError: a retry does not help, or part of the answer is out already.
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
                        # From here on health does not matter: what is said is not said twice.
                        with self._changed:
                            replica.waiting.discard(lost)
                        if lost.alone:
                            return False
                        begun = True
                    yield raw
        except ModelError as error:
            if begun or not error.retryable:
                raise
            # One that has too much to do is well.
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
        """A place at the replica to ask, as soon as there is one; None where none is left to ask
        or the request was cancelled.
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
                self._changed.wait(_LOOK)
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
        """Ask after a replica's health; one that is new or back is asked for its model too."""
        backend = replica.backend
        try:
            replica.server.check_health()
            if backend is None:
                backend = self._connected(replica.address.url)
            elif not replica.healthy:
                backend.look_up()
        except ModelError as error:
            if replica.healthy:
                # It may be only slow: what it has not begun is taken back at the second time.
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
        times = {"connect": self._connect, "read": self._read}
        return EndpointBackend(url, self._model, key=self._key, waits=(), **times)

    def _none_there(self) -> ModelError:
        first = self._replicas[0]
        return first.error or ModelUnavailable(
            f"No server of {self.name} answers.", "Start one, or check the addresses."
        )


def _blocks(messages: Sequence[Message]) -> list[bytes]:
    """A digest of the prompt up to the end of each of its whole blocks."""
    text = "".join(f"{message.role.value}\n{message.text}\n" for message in messages).encode()
    digest = hashlib.blake2b(digest_size=8)
    blocks = []
    for start in range(0, len(text) - _BLOCK + 1, _BLOCK):
        digest.update(text[start : start + _BLOCK])
        blocks.append(digest.copy().digest())
    return blocks
