"""Output files that are whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from corpora.files import replacing


@contextmanager
def whole_file(path: Path) -> Iterator[IO[str]]:
    """A text file that takes its name only when the block has ended well."""
    with replacing(path) as part, part.open("w", encoding="utf-8") as file:
        yield file
