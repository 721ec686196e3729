"""Atomic file writes, and checksums of files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpora.errors import storage_errors


@contextmanager
def replacing(path: Path, *, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path beside `path` that replaces it when the block succeeds.

    `path` is unchanged until then and if the block fails. A temporary file left by a killed process
    is not removed first.

    Args:
        durable: flush the content to disk before it replaces `path`.

    Raises:
        StorageError: the file cannot be written.
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
    """Write a small file atomically; see `replacing`.

    Args:
        mode: its permissions, set before any content is written.
    """
    with replacing(path, durable=durable) as part:
        if mode is not None:
            part.unlink(missing_ok=True)
            part.touch(mode=mode)
        part.write_bytes(content)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's content, in hexadecimal.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
