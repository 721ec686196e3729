"""Which reader a file needs, told by its content; what is packed is unpacked within bounds."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from corpora.article import Record
from corpora.errors import UnreadableFile
from corpora.jats import read_jats
from corpora.jsonl import read_jsonl
from corpora.medline import read_medline
from corpora.packed import Bounded, read_members
from corpora.pubmed_xml import read_pubmed_xml
from corpora.ris import read_ris
from corpora.table import columns_of, read_table

Reader = Callable[[IO[bytes]], Iterator[Record]]

_HEAD = 65536
_BUFFER = 1 << 20
_TAR_MAGIC = slice(257, 262)


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: name, reader, and a version that changes when the reader's output does."""

    name: str
    read: Reader
    version: int


PUBMED_XML = Format("PubMed XML", read_pubmed_xml, 2)
JATS = Format("PMC JATS", read_jats, 2)
MEDLINE = Format("MEDLINE", read_medline, 2)
RIS = Format("RIS", read_ris, 2)
TABLE = Format("CSV", read_table, 1)
JSONL = Format("JSONL", read_jsonl, 1)

_KNOWN = (
    "PubMed XML, PMC JATS XML (also in tar archives), MEDLINE/.nbib, RIS, JSON Lines and CSV with"
    " columns pmid, title and abstract; each plain or gzip"
)
_PUBMED_TAGS = re.compile(rb"<(?:Pubmed(?:Book)?Article(?:Set)?|DeleteCitation)\b")
_JATS_TAGS = re.compile(rb"<(?:article|pmc-articleset)[\s>]")
_MEDLINE_START = re.compile(rb"(?:\d+\s*:\s*|%%)?\s*PMID ?- ?\d")
_RIS_START = re.compile(rb"TY {1,2}- ")


@contextmanager
def open_literature(path: Path) -> Iterator[tuple[Format, io.BufferedReader[Any]]]:
    """The format of a file and its decompressed content.

    Raises:
        UnreadableFile: the file is empty, of no known format, its packing is broken, or it holds
            so much more than its size that it must be a bomb; also when that shows only while the
            content is read.
    """
    try:
        with _decompressed(path) as stream:
            head = stream.peek(_HEAD)[:_HEAD]
            if head[_TAR_MAGIC] == b"ustar":
                yield _archive(path), stream
            else:
                yield format_of(head, path.name), stream
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as error:
        raise UnreadableFile(
            f"{path.name} is a damaged or truncated archive ({error}).",
            "Fetch it again; nothing of it has been imported.",
        ) from error


def _archive(path: Path) -> Format:
    """A tar archive of PMC articles, read as one file."""
    return Format("PMC archive", lambda stream: read_members(stream, path.name, read_jats), 2)


@contextmanager
def _decompressed(path: Path) -> Iterator[io.BufferedReader[Any]]:
    with path.open("rb", buffering=0) as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if zipped:
            unpacked = gzip.GzipFile(fileobj=raw)
            with io.BufferedReader(Bounded(unpacked, path), _BUFFER) as stream:
                yield stream
        else:
            with io.BufferedReader(raw, _BUFFER) as stream:
                yield stream


def format_of(head: bytes, name: str) -> Format:
    """The format of a file that begins with `head`.

    Raises:
        UnreadableFile: it is empty, or of none that Medcite reads.
    """
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise UnreadableFile(f"{name} is empty.", "Check where it came from.")
    if start.startswith(b"<"):
        if _PUBMED_TAGS.search(head):
            return PUBMED_XML
        if _JATS_TAGS.search(head) and b"<html" not in head.lower():
            return JATS
        raise UnreadableFile(
            f"{name} is XML or HTML, but neither PubMed XML nor JATS.", f"Medcite reads {_KNOWN}."
        )
    if start.startswith(b"{"):
        return JSONL
    if _MEDLINE_START.match(start):
        return MEDLINE
    if _RIS_START.match(start):
        return RIS
    if columns_of(start.split(b"\n", 1)[0].strip().decode("utf-8", "replace")):
        return TABLE
    raise UnreadableFile(f"{name} is of no format Medcite knows.", f"It reads {_KNOWN}.")
