"""Which reader a file needs, told by its content."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from corpora.article import Record
from corpora.errors import UnreadableFile
from corpora.jsonl import read_jsonl
from corpora.pubmed_xml import read_pubmed_xml

Reader = Callable[[IO[bytes]], Iterator[Record]]

_HEAD = 65536


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: name, reader, and a version that changes when the reader's output does."""

    name: str
    read: Reader
    version: int


PUBMED_XML = Format("PubMed XML", read_pubmed_xml, 1)
JSONL = Format("JSONL", read_jsonl, 1)

_KNOWN = "PubMed XML (plain or gzip) and JSON Lines with a pmid, a title and an abstract a line"


@contextmanager
def open_literature(path: Path) -> Iterator[tuple[Format, io.BufferedReader]]:
    """The format of a file and its decompressed content.

    Raises:
        UnreadableFile: the file is empty, of no known format, or its gzip stream is broken; also
            when that shows only while the content is read.
    """
    try:
        with _decompressed(path) as stream:
            head = stream.peek(_HEAD)[:_HEAD]
            yield _format_of(head, path), stream
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(
            f"{path.name} is a damaged or truncated gzip file ({error}).",
            "Fetch it again; nothing of it has been imported.",
        ) from error


@contextmanager
def _decompressed(path: Path) -> Iterator[io.BufferedReader]:
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if zipped:
            with io.BufferedReader(gzip.GzipFile(fileobj=raw)) as stream:
                yield stream  # type: ignore[misc]
        else:
            yield raw


def _format_of(head: bytes, path: Path) -> Format:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise UnreadableFile(f"{path.name} is empty.", "Check where it came from.")
    if start.startswith(b"<"):
        if any(
            tag in head for tag in (b"<PubmedArticleSet", b"<PubmedArticle", b"<DeleteCitation")
        ):
            return PUBMED_XML
        raise UnreadableFile(
            f"{path.name} is XML or HTML, but not PubMed XML.", f"Medcite reads {_KNOWN}."
        )
    if start.startswith(b"{"):
        return JSONL
    raise UnreadableFile(f"{path.name} is of no format Medcite knows.", f"It reads {_KNOWN}.")
