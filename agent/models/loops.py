"""Detect a generation that has fallen into a loop."""

from __future__ import annotations

# This many newlines with nothing between them are a loop.
_MOST_NEWLINES = 12
# A loop repeats a text of at most `_LONGEST_PERIOD` characters at least three times in a row, and
# is at least `_LENGTH` characters long.
_LENGTH, _REPEATS, _LONGEST_PERIOD = 240, 3, 800
# Characters between two checks, and characters of the end that are searched for earlier in it.
_CHECK_INTERVAL, _PROBE = 64, 24


class LoopWatch:
    """Detect text that will never end: only newlines, or the same words over and over."""

    def __init__(self) -> None:
        self._tail = ""
        self._since = 0

    def looping(self, text: str) -> bool:
        """Whether the text so far, with this text appended, has fallen into a loop."""
        self._tail = (self._tail + text)[-_LONGEST_PERIOD * _REPEATS :]
        if text and not text.strip():
            last = self._tail[-200:]
            if last[len(last.rstrip()) :].count("\n") >= _MOST_NEWLINES:
                return True
        self._since += len(text)
        if self._since < _CHECK_INTERVAL:
            return False
        self._since = 0
        return self._periodic()

    def _periodic(self) -> bool:
        tail = self._tail
        earlier = tail.rfind(tail[-_PROBE:], 0, len(tail) - 1)
        if len(tail) < _LENGTH or earlier < 0:
            return False
        period = len(tail) - _PROBE - earlier
        need = max(_LENGTH, _REPEATS * period)
        return need <= len(tail) and tail[-need:-period] == tail[-need + period :]
