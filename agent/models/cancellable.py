"""Work that blocks, as an iterator that can be left at any moment."""

from __future__ import annotations

from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue
from threading import Event, Thread

from agent.models.base import Finish, Raw

# How often a wait looks whether it was cancelled, in seconds.
_LOOK = 0.05


def pump(
    produce: Callable[[Callable[[Raw], None]], None], cancel: Event, abort: Callable[[], None]
) -> Generator[Raw, None, None]:
    """Run `produce(emit)` in a thread of its own and yield what it emits, while it runs.

    When `cancel` is set, the last item says CANCELLED. However it is left, `abort` is called,
    which must make `produce` return soon; nothing waits for that. What `produce` raises is raised.
    """
    queue: SimpleQueue[Raw | BaseException | None] = SimpleQueue()

    def work() -> None:
        try:
            produce(queue.put)
        except BaseException as error:
            queue.put(error)
        else:
            queue.put(None)

    # No daemon: one that is inside torch when the interpreter ends takes the process down with it.
    Thread(target=work, name="model").start()
    try:
        while not cancel.is_set():
            try:
                item = queue.get(timeout=_LOOK)
            except Empty:
                continue
            if item is None:
                return
            if isinstance(item, BaseException):
                raise item
            yield item
        yield Raw(finish=Finish.CANCELLED)
    finally:
        abort()
