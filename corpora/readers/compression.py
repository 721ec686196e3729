"""Compressed files: gzip streams with bounded expansion, and archives read member by member.

Nothing is unpacked to disk, so a member's name is only shown, never used as a path.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from corpora.article import BadRecord, Record
from corpora.errors import UnreadableFile

# Literature compresses to about a tenth, a decompression bomb to a thousandth.
_MOST_SWELLING = 200
_ALWAYS_ALLOWED = 64_000_000
# The longest full texts of PMC have about 20 MB.
_LARGEST_MEMBER = 100_000_000


class Bounded(io.RawIOBase):
    """A decompressed stream that raises an error once it is implausibly larger than its file."""

    def __init__(self, stream: gzip.GzipFile, path: Path) -> None:
        self._stream = stream
        self._left = max(_ALWAYS_ALLOWED, path.stat().st_size * _MOST_SWELLING)
        self._name = path.name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableFile(
                f"{self._name} unpacks to more than {_MOST_SWELLING} times its size.",
                "Check where it came from; nothing was imported from it.",
            )
        buffer[: len(data)] = data
        return len(data)


def read_members(
    stream: IO[bytes], name: str, read: Callable[[IO[bytes]], Iterator[Record]]
) -> Iterator[Record]:
    """The records of every XML member of a tar stream; an unreadable member is a BadRecord.

    Links, devices and non-XML members are skipped.

    Raises:
        UnreadableFile: the archive itself is truncated.
    """
    position = 0
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            if not member.isfile() or not member.name.endswith((".xml", ".nxml")):
                continue
            position += 1
            if member.size > _LARGEST_MEMBER:
                yield BadRecord(position, "", f"{member.name}: {member.size:,} bytes is too large")
                continue
            content = archive.extractfile(member)
            try:
                for record in read(content) if content else ():
                    yield _numbered(record, position)
            except UnreadableFile as error:
                yield BadRecord(position, "", f"{member.name}: {error.message}")
    if position == 0:
        raise UnreadableFile(
            f"{name} contains no XML file.", "Medcite reads tar archives of PMC articles."
        )


def _numbered(record: Record, position: int) -> Record:
    return replace(record, position=position) if isinstance(record, BadRecord) else record
