"""Run batches on several threads, with torch single-threaded in each.

If torch splits every operation of a small network, threads wait for each other thousands of times:
little is gained, and on a busy machine it takes many times as long. So whole batches are
distributed instead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def shared_out(work: Callable[[T], R], batches: Sequence[T]) -> Iterator[R]:
    """The result for each batch, in order."""
    return _workers().map(work, batches)


@lru_cache(maxsize=1)
def _workers() -> ThreadPoolExecutor:
    import torch

    count = torch.get_num_threads()
    started = threading.Barrier(count + 1)

    def begin() -> None:
        torch.set_num_threads(1)
        started.wait()

    pool = ThreadPoolExecutor(count, "medcite-encoder", initializer=begin)
    for _ in range(count):
        pool.submit(int)
    started.wait()
    # Setting the number in one thread changes the default of threads started later.
    torch.set_num_threads(count)
    return pool


def by_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """Group texts of similar length, by index, into batches of at most `most` tokens with padding.

    A single text that is longer by itself makes a batch of its own.
    """
    batch: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and lengths[i] * (len(batch) + 1) > most:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
