"""Output files that are either complete or absent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from corpora.atomic_files import replacing


@contextmanager
def whole_file(path: Path) -> Iterator[IO[str]]:
    """Open a text file that appears under its name only if the block succeeds."""
    with replacing(path) as part, part.open("w", encoding="utf-8") as file:
        yield file
