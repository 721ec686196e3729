"""Memory of this process, without mapped files, which are page cache."""

from __future__ import annotations

import resource
import threading
from pathlib import Path

_SAMPLED_EVERY = 0.02


def resident() -> int:
    """Current memory of this process in bytes, without mapped files."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class PeakMemory:
    """Peak memory in bytes while this context is open, or since `reset`; sampled."""

    def __enter__(self) -> PeakMemory:
        self.base = self.peak = resident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def reset(self) -> None:
        """Forget the peak so far."""
        self.peak = resident()

    def _look(self) -> None:
        while not self._stop.wait(_SAMPLED_EVERY):
            self.peak = max(self.peak, resident())
