"""A BuildProgress that remembers."""

from __future__ import annotations


class Recorded:
    """`stages` maps each stage to (total announced, count advanced)."""

    def __init__(self) -> None:
        self.stages: dict[str, tuple[int, int]] = {}
        self._now = ""

    def stage(self, name: str, total: int) -> None:
        self._now = name
        self.stages[name] = (total, 0)

    def advance(self, count: int) -> None:
        total, done = self.stages[self._now]
        self.stages[self._now] = (total, done + count)
