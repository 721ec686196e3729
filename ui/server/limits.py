"""How much one client may ask, and how many questions are worked on at once.

All of it is counted on the server's event loop, so that nothing needs a lock.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable

from corpora.errors import Busy

# Clients that are remembered; the one that asked longest ago is forgotten first.
_MOST_CLIENTS = 10_000


class TooMany(Busy):
    """More than a client may have, or the server can do; `after` are the seconds to wait."""

    def __init__(self, message: str, next_step: str, after: int) -> None:
        super().__init__(message, next_step)
        self.after = after


class RateLimit:
    """So many requests a minute for each client: a bucket that refills evenly.

    Args:
        per_minute: what a client without a limit of its own may have; 0: as many as it likes.
        clock: seconds that only grow.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, client: str, per_minute: int = 0) -> None:
        """Count one request.

        Args:
            per_minute: the client's own limit; 0: the common one.

        Raises:
            TooMany: it has had its share.
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
                f"More than {most} requests a minute.",
                "Wait for as long as Retry-After says.",
                math.ceil((1 - left) * 60 / most),
            )
        self._left[client] = (left - 1, now)


class Gate:
    """Places for questions at work, and a bounded line in front of them.

    Args:
        most: questions at work at once.
        waiting: questions that may wait; the next one is refused.
        per_client: questions of one client, waiting or at work.
    """

    def __init__(self, most: int, waiting: int, per_client: int) -> None:
        self._most, self._most_waiting, self._per_client = most, waiting, per_client
        self._line: deque[Place] = deque()
        self._clients: dict[str, int] = {}
        self.running = 0

    @property
    def waiting(self) -> int:
        """Questions in line."""
        return len(self._line)

    def enter(self, client: str) -> Place:
        """A place at the end of the line; `Place.leave` gives it up.

        Raises:
            TooMany: the line is full, or too many in it are this client's.
        """
        if self._clients.get(client, 0) >= self._per_client:
            raise TooMany(
                f"{self._per_client} questions of yours are being worked on.",
                "Wait for one of them to be answered.",
                1,
            )
        if self.running >= self._most and len(self._line) >= self._most_waiting:
            raise TooMany(
                "Too many questions wait already.",
                "Try again in a moment.",
                max(1, len(self._line) // self._most),
            )
        place = Place(self, client)
        self._clients[client] = self._clients.get(client, 0) + 1
        self._line.append(place)
        self._advance()
        return place

    def _advance(self) -> None:
        while self._line and self.running < self._most:
            self.running += 1
            self._line.popleft().turn.set()

    def _leave(self, place: Place) -> None:
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


class Place:
    """One question's place. `turn` is set when it may be worked on."""

    def __init__(self, gate: Gate, client: str) -> None:
        self._gate: Gate | None = gate
        self.client = client
        self.turn = asyncio.Event()

    def leave(self) -> None:
        """Give the place to the next in line; again it does nothing."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate._leave(self)
