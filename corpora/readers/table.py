"""CSV and other delimited tables with a header, as exported by databases and screening tools."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from corpora.article import BadRecord, Record, Remark
from corpora.errors import UnreadableFile
from corpora.lines import LONGEST_LINE, Lines
from corpora.readers.fields import read_fields
from corpora.readers.remarks import encoding_remark

DELIMITERS = (",", ";", "\t", "|")

# Field → names of its column, most reliable first, in lower case with other characters as spaces.
_COLUMNS = {
    "pmid": ("pmid", "pubmed id", "pubmedid", "pubmed pmid", "pubmed", "pm"),
    "id": ("id", "key", "record id"),
    "accession": ("accession number", "accession no", "an"),
    "title": ("title", "article title", "primary title", "document title", "titles", "ti"),
    "abstract": ("abstract", "abstract note", "abstracts", "abstract text", "ab"),
    "journal": ("journal", "journal book", "source title", "publication title", "journal title", "full journal name",
                "secondary title", "container title", "journal name", "publication name", "publication", "so"),
    "journal_abbreviation": ("journal abbreviation", "abbreviated source title", "abbr source title", "iso abbreviation"),
    "year": ("year", "publication year", "published year", "pub year", "year published", "py"),
    "month": ("month", "published month", "publication month"),
    "day": ("day",),
    "published": ("published", "publication date", "date published", "date", "cover date"),
    "authors": ("authors", "author", "author names", "author s", "creators", "au"),
    "volume": ("volume", "vl"),
    "issue": ("issue", "number", "issue number", "is"),
    "pages": ("pages", "page range", "pagination"),
    "first_page": ("page start", "start page", "first page", "bp"),
    "last_page": ("page end", "end page", "last page", "ep"),
    "article_number": ("art no", "article number", "article no", "elocation id", "ar"),
    "publication_types": ("publication types", "publication type", "document type", "article type", "item type",
                          "type of work", "types", "dt"),
    "mesh": ("mesh", "mesh terms", "mesh headings"),
    "keywords": ("keywords", "author keywords", "key words", "manual tags", "de"),
    "index_terms": ("index keywords", "index terms", "automatic tags", "emtree terms"),
    "doi": ("doi", "digital object identifier", "di"),
    "pmcid": ("pmcid", "pmc id", "pmc"),
    "languages": ("languages", "language", "language of original document", "la"),
    "retracted": ("retracted", "is retracted"),
    "source": ("source database", "database", "db", "library catalog", "source"),
    "extra": ("extra", "notes"),
    "url": ("url", "link", "urls"),
}  # fmt: skip
_RANK = {
    name: (field, rank) for field, names in _COLUMNS.items() for rank, name in enumerate(names)
}
_IDENTIFYING = frozenset({"pmid", "doi", "pmcid", "id", "abstract", "authors", "journal", "year"})
# Excel writes and reads this line before the header.
_SEPARATOR = re.compile(r"^\"?sep=(.)\"?$", re.IGNORECASE)
_PUBMED_CSV = frozenset({"journal book", "nihms id", "create date"})


@dataclass(frozen=True, slots=True)
class Header:
    """The delimiter of a table, and the field for each column."""

    delimiter: str
    columns: dict[int, str]
    names: tuple[str, ...]


def header_of(line: str) -> Header | None:
    """The header in a line; None if the line is not the header of a literature table."""
    best: Header | None = None
    for delimiter in DELIMITERS:
        header = _header(line, delimiter)
        if best is None or len(header.columns) > len(best.columns):
            best = header
    fields = set(best.columns.values()) if best else set()
    fits = ("title" in fields and fields & _IDENTIFYING) or {"pmid", "abstract"} <= fields
    return best if fits else None


def _header(line: str, delimiter: str) -> Header:
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        cells = []
    names = tuple(" ".join(re.sub(r"[^a-z0-9]+", " ", cell.lower()).split()) for cell in cells)
    chosen: dict[str, tuple[int, int]] = {}
    for position, name in enumerate(names):
        if name in _RANK:
            field, rank = _RANK[name]
            if field not in chosen or rank < chosen[field][0]:
                chosen[field] = (rank, position)
    return Header(delimiter, {position: field for field, (_, position) in chosen.items()}, names)


def read_table(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable rows of a table, whose delimiter is detected from the header.

    If several columns match a field, the most specific name is used ("pmid" before "id", in any
    order). Lists (authors, keywords, …) are split at semicolons; authors without semicolons at
    commas or "and". A row needs a title or an abstract.

    Raises:
        UnreadableFile: the quoting is malformed, or there is no header of a literature table.
    """
    csv.field_size_limit(LONGEST_LINE)
    lines = Lines(stream)
    header = _find_header(lines)
    rows = csv.reader((f"{line}\n" for line in lines), delimiter=header.delimiter, strict=True)
    position = 0
    start = lines.number + 1
    try:
        for row in rows:
            if any(cell.strip() for cell in row):
                position += 1
                yield from _row(row, header, position, start)
            start = lines.number + 1
    except csv.Error as error:
        raise UnreadableFile(
            f"The table is malformed at line {start}: {error}.",
            "Check its quoting; nothing was imported from it.",
        ) from error
    if set(header.names) >= _PUBMED_CSV and "abstract" not in header.columns.values():
        yield Remark(
            0,
            "",
            "PubMed's CSV has no abstracts: save the search as “PubMed” (.nbib), or fetch it",
            1,
        )
    yield from encoding_remark(lines)


def _find_header(lines: Lines) -> Header:
    """Find the header in the first lines, which a separator line and titles may precede."""
    own = ""
    for line in lines:
        if match := _SEPARATOR.match(line.strip()):
            own = match[1]
            continue
        header = header_of(line)
        if header:
            return _header(line, own) if own in DELIMITERS and own else header
        if lines.number >= MOST_BEFORE_HEADER:
            break
    raise UnreadableFile("The table has no header with a title column.", "Name its columns.")


MOST_BEFORE_HEADER = 8


def _row(row: list[str], header: Header, position: int, line: int) -> Iterator[Record]:
    fields: dict[str, object] = {}
    for place, name in header.columns.items():
        cell = row[place].strip() if place < len(row) else ""
        if cell:
            fields[name] = cell
    if len(row) > len(header.names) and any(c.strip() for c in row[len(header.names) :]):
        reason = f"{len(row)} cells in a table of {len(header.names)} columns: quote cells that hold “{header.delimiter}”"
        yield BadRecord(position, str(fields.get("pmid", ""))[:40], reason, line)
        return
    yield from read_fields(fields, position, line)
