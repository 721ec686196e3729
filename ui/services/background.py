"""Background threads that end in order with the process.

A daemon thread that is inside torch when the interpreter exits would abort the process, so the
process waits briefly for each thread at exit.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from weakref import WeakSet

_PATIENCE_SECONDS = 5.0
_ending = threading.Event()
_started: WeakSet[threading.Thread] = WeakSet()


def start(work: Callable[..., object], *args: object) -> threading.Thread:
    """Run `work` in a daemon thread."""
    thread = threading.Thread(target=work, args=args, daemon=True)
    _started.add(thread)
    thread.start()
    return thread


def ending() -> bool:
    """Whether the process is about to end; long-running work polls this."""
    return _ending.is_set()


@atexit.register
def _wait() -> None:
    _ending.set()
    for thread in list(_started):
        thread.join(_PATIENCE_SECONDS)
