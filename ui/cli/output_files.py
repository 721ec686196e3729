"""Output files that are whole or not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from corpora.errors import storage_errors


@contextmanager
def whole_file(path: Path) -> Iterator[IO[str]]:
    """A text file that takes its name only when the block has ended well."""
    part = path.with_name(path.name + ".part")
    with storage_errors(path):
        try:
            with part.open("w", encoding="utf-8") as file:
                yield file
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        part.replace(path)
