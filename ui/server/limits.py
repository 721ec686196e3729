"""Rate limits per client, and a limit on concurrent questions.

All counting happens on the server's event loop, so that no locks are needed.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable

from corpora.errors import Busy

# Number of clients remembered; the least recent is forgotten first.
_MOST_CLIENTS = 10_000


class TooMany(Busy):
    """A limit of a client or of the server is exceeded; `after` is the time to wait in seconds."""

    def __init__(self, message: str, next_step: str, after: int) -> None:
        super().__init__(message, next_step)
        self.after = after


class RateLimit:
    """A limit on requests per minute and client: a token bucket.

    Args:
        per_minute: limit for clients without their own; 0: no limit.
        clock: monotonic time in seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, client: str, per_minute: int = 0) -> None:
        """Count one request.

        Args:
            per_minute: the client's own limit; 0: the default.

        Raises:
            TooMany: the client exceeds its limit.
        """
        most = per_minute or self._per_minute
        if not most:
            return
        now = self._clock()
        left, since = self._left.pop(client, (float(most), now))
        left = min(most, left + (now - since) * most / 60)
        if len(self._left) >= _MOST_CLIENTS:
            del self._left[next(iter(self._left))]
        if left < 1:
            self._left[client] = (left, now)
            raise TooMany(
                f"More than {most} requests per minute.",
                "Wait as long as Retry-After says.",
                math.ceil((1 - left) * 60 / most),
            )
        self._left[client] = (left - 1, now)


class Gate:
    """A limit on concurrent questions, with a bounded queue.

    Args:
        most: number of concurrent questions.
        waiting: number of questions that may wait; further ones are refused.
        per_client: number of questions per client, waiting or running.
    """

    def __init__(self, most: int, waiting: int, per_client: int) -> None:
        self._most, self._most_waiting, self._per_client = most, waiting, per_client
        self._line: deque[QueuePlace] = deque()
        self._clients: dict[str, int] = {}
        self.running = 0

    @property
    def waiting(self) -> int:
        """Number of waiting questions."""
        return len(self._line)

    def enter(self, client: str) -> QueuePlace:
        """Take a place at the end of the queue; `Place.leave` releases it.

        Raises:
            TooMany: the queue is full, or the client has too many questions.
        """
        if self._clients.get(client, 0) >= self._per_client:
            raise TooMany(
                f"{self._per_client} of your questions are waiting or running.",
                "Wait for one of them to be answered.",
                1,
            )
        if self.running >= self._most and len(self._line) >= self._most_waiting:
            raise TooMany(
                "Too many questions are waiting.",
                "Try again in a moment.",
                max(1, len(self._line) // self._most),
            )
        place = QueuePlace(self, client)
        self._clients[client] = self._clients.get(client, 0) + 1
        self._line.append(place)
        self._advance()
        return place

    def _advance(self) -> None:
        while self._line and self.running < self._most:
            self.running += 1
            self._line.popleft().turn.set()

    def _leave(self, place: QueuePlace) -> None:
        if place.turn.is_set():
            self.running -= 1
        else:
            self._line.remove(place)
        left = self._clients[place.client] - 1
        if left:
            self._clients[place.client] = left
        else:
            del self._clients[place.client]
        self._advance()


class QueuePlace:
    """A question's place in the queue; `turn` is set when it may run."""

    def __init__(self, gate: Gate, client: str) -> None:
        self._gate: Gate | None = gate
        self.client = client
        self.turn = asyncio.Event()

    def leave(self) -> None:
        """Release the place to the next in the queue; further calls do nothing."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate._leave(self)
