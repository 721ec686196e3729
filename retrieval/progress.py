"""Progress of a build."""

from __future__ import annotations

from typing import Protocol


class BuildProgress(Protocol):
    """Receives the progress of a build."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins: "split" and "index" count articles, "encode" passages."""
        ...

    def advance(self, count: int) -> None: ...


class Silent:
    """A `BuildProgress` that shows nothing."""

    def stage(self, name: str, total: int) -> None:
        pass

    def advance(self, count: int) -> None:
        pass
