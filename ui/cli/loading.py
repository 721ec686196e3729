"""Loading what a command needs, without what loading needs not do."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Import and load without garbage collection, and keep what was loaded out of later ones.

    Modules are never garbage: looking through a million of their objects, again and again while
    torch is imported and once more at the end of the process, takes as long as the import itself.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
