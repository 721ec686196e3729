"""Noticing a generation that will never end by itself."""

from __future__ import annotations

# So many newlines with nothing between them.
_MOST_NEWLINES = 12
# The same text at least three times in a row, and at least this many characters of it.
_LENGTH, _REPEATS, _LONGEST_PERIOD = 240, 3, 800
# How often the text is looked at, and how much of its end is searched for further up.
_LOOKS_EVERY, _PROBE = 64, 24


class LoopWatch:
    """Notices text that will never end: newlines only, or the same words over and over."""

    def __init__(self) -> None:
        self._tail = ""
        self._since = 0

    def looping(self, text: str) -> bool:
        """Whether the text so far, with this added, has fallen into a loop."""
        self._tail = (self._tail + text)[-_LONGEST_PERIOD * _REPEATS :]
        if text and not text.strip():
            last = self._tail[-200:]
            if last[len(last.rstrip()) :].count("\n") >= _MOST_NEWLINES:
                return True
        self._since += len(text)
        if self._since < _LOOKS_EVERY:
            return False
        self._since = 0
        return self._periodic()

    def _periodic(self) -> bool:
        tail = self._tail
        before = tail.rfind(tail[-_PROBE:], 0, len(tail) - 1)
        if len(tail) < _LENGTH or before < 0:
            return False
        period = len(tail) - _PROBE - before
        need = max(_LENGTH, _REPEATS * period)
        return need <= len(tail) and tail[-need:-period] == tail[-need + period :]
