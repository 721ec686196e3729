"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpora.errors import storage_errors


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """A path beside `path` to write to; it takes that name when the block has ended well.

    What stood at `path` stays until then, and where the block fails. What an earlier block that was
    killed left beside it is still there.

    Args:
        durable: the content is on disk before it takes its name.

    Raises:
        StorageError: it cannot be written.
    """
    part = path.with_name(path.name + ".part")
    with storage_errors(path):
        try:
            yield part
            if durable:
                with part.open("rb+") as file:
                    os.fsync(file.fileno())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        part.replace(path)


def atomic_write(
    path: Path, content: bytes, *, durable: bool = False, mode: int | None = None
) -> None:
    """Write a small file whole or not at all; see `replacing`.

    Args:
        mode: its permissions, which it has before there is anything in it.
    """
    with replacing(path, durable=durable) as part:
        if mode is not None:
            part.unlink(missing_ok=True)
            part.touch(mode=mode)
        part.write_bytes(content)
