"""Run a blocking producer in a thread and expose it as a cancellable iterator."""

from __future__ import annotations

from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue
from threading import Event, Thread

from agent.models.base import Finish, Raw

# The interval at which a wait checks for cancellation, in seconds.
_POLL = 0.05


def cancellable(
    produce: Callable[[Callable[[Raw], None]], None], cancel: Event, abort: Callable[[], None]
) -> Generator[Raw, None, None]:
    """Run `produce(emit)` in a thread of its own and yield what it emits.

    When `cancel` is set, the last item has the finish CANCELLED. `abort` is always called at the
    end, and must make `produce` return soon; nothing waits for that. Exceptions of `produce` are
    raised here.
    """
    queue: SimpleQueue[Raw | BaseException | None] = SimpleQueue()

    def work() -> None:
        try:
            produce(queue.put)
        except BaseException as error:
            queue.put(error)
        else:
            queue.put(None)

    # Not a daemon: a thread inside torch at interpreter exit would crash the process.
    Thread(target=work, name="model").start()
    try:
        while not cancel.is_set():
            try:
                item = queue.get(timeout=_POLL)
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
