"""PDF (to come)."""

from collections.abc import Iterator
from typing import IO

from corpora.article import Record


def read_pdf(stream: IO[bytes]) -> Iterator[Record]:
    """To come."""
    raise NotImplementedError
    yield
