"""What a build tells of itself."""

from __future__ import annotations

from typing import Protocol


class BuildProgress(Protocol):
    """Told how a build goes on."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins: "split" and "index" count articles, "encode" passages."""
        ...

    def advance(self, count: int) -> None: ...
