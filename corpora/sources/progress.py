"""What fetching tells of itself."""

from __future__ import annotations

from typing import Protocol


class FetchProgress(Protocol):
    """Told how a fetch goes on; files may arrive several at once, from several threads."""

    def begin(self, total: int, unit: str) -> None:
        """So many things are to be fetched: "files" or "records"."""
        ...

    def done(self, name: str, count: int = 1) -> None:
        """So many of them have come, under this name."""
        ...

    def arrived(self, size: int) -> None:
        """So many bytes have come."""
        ...

    def said(self, text: str) -> None:
        """The source says something about what was asked of it."""
        ...


class SilentFetch:
    """A FetchProgress that shows nothing."""

    def begin(self, total: int, unit: str) -> None:
        pass

    def done(self, name: str, count: int = 1) -> None:
        pass

    def arrived(self, size: int) -> None:
        pass

    def said(self, text: str) -> None:
        pass
