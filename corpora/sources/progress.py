"""Progress of a fetch."""

from __future__ import annotations

from typing import Protocol


class FetchProgress(Protocol):
    """Receives the progress of a fetch, possibly from several threads at once."""

    def begin(self, total: int, unit: str) -> None:
        """The total to be fetched, in "files" or "records"."""
        ...

    def done(self, name: str, count: int = 1) -> None:
        """`count` of them have been fetched, under this name."""
        ...

    def arrived(self, size: int) -> None:
        """`size` bytes have arrived since the last call."""
        ...

    def said(self, text: str) -> None:
        """A message from the source about the request."""
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
