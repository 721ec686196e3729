"""Detect which reader a file needs by its content; compressed files are unpacked within bounds."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from corpora import identity
from corpora.article import Record
from corpora.errors import UnreadableFile
from corpora.identifiers import doi_of, pmid_of
from corpora.lines import head_text
from corpora.normalization import normalised
from corpora.readers import abstract_text, retraction_watch
from corpora.readers.abstract_text import read_abstract_text
from corpora.readers.bibtex import read_bibtex
from corpora.readers.compression import Bounded, read_members
from corpora.readers.endnote import read_endnote
from corpora.readers.jats import read_jats
from corpora.readers.jsonl import read_jsonl
from corpora.readers.medline import read_medline
from corpora.readers.pdf import read_pdf
from corpora.readers.pubmed_xml import read_pubmed_xml
from corpora.readers.retraction_watch import read_retraction_watch
from corpora.readers.ris import read_ris
from corpora.readers.table import MOST_BEFORE_HEADER, header_of, read_table

Reader = Callable[[IO[bytes]], Iterator[Record]]

_HEAD = 65536
_BUFFER = 1 << 20
_TAR_MAGIC = slice(257, 262)


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: name, reader, and a version that changes when the reader's output does.

    `source` is the database of all its records, "" if the records may name it themselves;
    `phrase` is what users read in lists of formats.
    """

    name: str
    reader: Reader
    version: int
    source: str = ""
    phrase: str = ""

    def read(self, stream: IO[bytes], name: str = "") -> Iterator[Record]:
        """The records of a stream, articles in their normal form (see `corpora.normalization`).

        Args:
            name: the file name, used as the source of records that name no database.
        """
        return normalised(self.reader(stream), self.source or name or self.name)


PUBMED_XML = Format("PubMed XML", read_pubmed_xml, 4, "PubMed", "PubMed XML")
JATS = Format("PMC JATS", read_jats, 3, "PMC", "PMC JATS XML (also in tar archives)")
MEDLINE = Format("MEDLINE", read_medline, 4, "PubMed", "MEDLINE/.nbib")
ABSTRACT_TEXT = Format(
    "PubMed abstracts", read_abstract_text, 1, "PubMed", "PubMed's abstract text"
)
RIS = Format("RIS", read_ris, 3, phrase="RIS")
BIBTEX = Format("BibTeX", read_bibtex, 1, phrase="BibTeX")
ENDNOTE = Format("EndNote XML", read_endnote, 1, phrase="EndNote XML")
JSONL = Format("JSONL", read_jsonl, 2, phrase="JSON (also CSL-JSON and ClinicalTrials.gov's)")
TABLE = Format("CSV", read_table, 2, phrase="CSV with a title column")
RETRACTION_WATCH = Format(
    "Retraction Watch", read_retraction_watch, 1, phrase="Retraction Watch's CSV"
)
PDF = Format("PDF", read_pdf, 1, identity.PDF, "PDF")
# In the order in which they are listed to users.
FORMATS = (
    PUBMED_XML, JATS, MEDLINE, ABSTRACT_TEXT, RIS, BIBTEX, ENDNOTE, JSONL, TABLE, RETRACTION_WATCH,
    PDF,
)  # fmt: skip
_PHRASES = [form.phrase for form in FORMATS]
SUPPORTED = f"{', '.join(_PHRASES[:-1])} and {_PHRASES[-1]}; each plain or gzip"
_PUBMED_TAGS = re.compile(r"<(?:Pubmed(?:Book)?Article(?:Set)?|DeleteCitation)\b")
_JATS_TAGS = re.compile(r"<(?:article|pmc-articleset)[\s>]")
_ENDNOTE_TAGS = re.compile(
    r"<records>\s*<record>|<record>\s*<(?:database|source-app|rec-number|ref-type)\b"
)
# Where a record of a line-based format begins, whatever precedes it.
_STARTS = (
    (MEDLINE, re.compile(r"^(?:\d+\s*:\s*|%%)?\s*PMID ?- ?(?:\d|$)", re.MULTILINE)),
    (RIS, re.compile(r"^\s{0,2}TY {1,2}- ", re.MULTILINE)),
    (BIBTEX, re.compile(r"^\s*@[A-Za-z]+\s*[{(]\s*[^\s=,]*\s*,", re.MULTILINE)),
    (ABSTRACT_TEXT, abstract_text.START),
)
_PMID_LINE = re.compile(r"^PMID: \d", re.MULTILINE)
# Magic bytes of unsupported files, and what to do with them.
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Office document", "Unpack it, or save the sheet as CSV."),
    (b"\xd0\xcf\x11\xe0", "an old Office document", "Save the sheet as CSV (UTF-8)."),
    (b"BZh", "packed with bzip2", "Unpack it first."),
    (b"\xfd7zXZ", "packed with xz", "Unpack it first."),
    (b"SQLite format 3", "a database", "A Medcite corpus is used with --home, not imported."),
)
_FEWEST_LISTED = 0.8


@contextmanager
def open_literature(path: Path) -> Iterator[tuple[Format, io.BufferedReader[Any]]]:
    """The format of a file and its decompressed content.

    Raises:
        UnreadableFile: the file is empty, of an unknown format, badly compressed, or expands so
            much that it must be a decompression bomb; possibly only while the content is read.
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
            "Fetch it again; nothing was imported from it.",
        ) from error


def _archive(path: Path) -> Format:
    """A tar archive of PMC articles, read as one file."""
    return Format(
        "PMC archive", lambda stream: read_members(stream, path.name, read_jats), 3, "PMC"
    )


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
    """Detect the format of a file that begins with `head`.

    Raises:
        UnreadableFile: it is empty, or of a format that Medcite does not read.
    """
    _refuse_foreign(head, name)
    if head[:1024].lstrip().startswith(b"%PDF-"):
        return PDF
    text = head_text(head)
    start = text.lstrip()
    if not start:
        raise UnreadableFile(f"{name} is empty.", "Check where it came from.")
    if start.startswith("<") and (xml_format := _xml_format(text)):
        return xml_format
    if re.match(r"\{\s*[\"}]|\[\s*[\[{\]]", start):
        return JSONL
    first = start.split("\n", 1)[0]
    if header_of(first):
        return _table_format(first)
    if line_format := _line_format(text):
        return line_format
    if start.startswith("<"):
        raise UnreadableFile(
            f"{name} is XML or HTML, but neither PubMed XML, JATS nor EndNote's.",
            f"Medcite reads {SUPPORTED}.",
        )
    for line in text.split("\n")[:MOST_BEFORE_HEADER]:
        if header_of(line):
            return _table_format(line)
    if listed := listed_identifiers(text):
        raise UnreadableFile(
            f"{name} is a list of PMIDs or DOIs ({listed[0]} …) and contains no records.",
            f"Fetch them: `medcite corpus fetch ids {name}`.",
        )
    raise UnreadableFile(f"{name} has an unknown format.", f"Medcite reads {SUPPORTED}.")


def _refuse_foreign(head: bytes, name: str) -> None:
    for magic, what, next_step in _FOREIGN:
        if head.startswith(magic):
            raise UnreadableFile(f"{name} is {what}.", next_step)


def _line_format(text: str) -> Format | None:
    """The line-based format whose first record begins earliest, None if there is none."""
    starts = [
        (match.start(), kind)
        for kind, form in _STARTS
        if (match := form.search(text)) and (kind is not ABSTRACT_TEXT or _PMID_LINE.search(text))
    ]
    return min(starts, key=itemgetter(0))[1] if starts else None


def _xml_format(text: str) -> Format | None:
    if _PUBMED_TAGS.search(text):
        return PUBMED_XML
    if _JATS_TAGS.search(text) and "<html" not in text.lower():
        return JATS
    return ENDNOTE if _ENDNOTE_TAGS.search(text) else None


def _table_format(header: str) -> Format:
    is_retraction_watch = all(name in header for name in retraction_watch.COLUMNS)
    return RETRACTION_WATCH if is_retraction_watch else TABLE


def listed_identifiers(text: str) -> list[str]:
    """The PMIDs and DOIs of a text that is a list of them; empty for any other text."""
    words = [
        word
        for word in re.split(r"[\s,;]+", text)
        if word.strip("\"'") and word.lower() not in ("pmid", "doi", "pmid:")
    ]
    bare = (word.strip("\"'") for word in words)
    matches = [identifier for word in bare if (identifier := pmid_of(word) or doi_of(word))]
    is_list = words and len(matches) >= _FEWEST_LISTED * len(words)
    return list(dict.fromkeys(matches)) if is_list else []
