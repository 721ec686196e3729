"""CSV and other delimited tables with a header, PubMed's own CSV export among them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import IO

import pydantic

from corpora.article import BadRecord, Record
from corpora.errors import UnreadableFile
from corpora.plain import LONGEST_LINE, PlainRecord, read_plain, reason_of

DELIMITERS = (",", ";", "\t")

# Column names, lower case and without punctuation, and the field that each fills.
_COLUMNS = {
    "pmid": "pmid", "pubmed id": "pmid", "id": "pmid",
    "title": "title", "article title": "title",
    "abstract": "abstract",
    "journal": "journal", "journalbook": "journal", "journal title": "journal",
    "year": "year", "publication year": "year",
    "published": "published", "publication date": "published",
    "authors": "authors", "author": "authors",
    "publication types": "publication_types", "publication type": "publication_types",
    "mesh": "mesh", "mesh terms": "mesh", "keywords": "keywords",
    "doi": "doi", "pmcid": "pmcid", "languages": "languages", "language": "languages",
    "retracted": "retracted",
}  # fmt: skip
_LISTS = {"authors", "publication_types", "mesh", "keywords", "languages"}


def columns_of(header: str) -> dict[int, str]:
    """Which column fills which field; empty where the line is no header of literature."""
    best: dict[int, str] = {}
    for delimiter in DELIMITERS:
        names = next(csv.reader([header], delimiter=delimiter), [])
        found: dict[int, str] = {}
        for position, name in enumerate(names):
            known = _COLUMNS.get(re.sub(r"[^a-z ]", "", name.strip().lower()))
            if known and known not in found.values():
                found[position] = known
        if len(found) > len(best):
            best = found
    return best if {"pmid", "title"} <= set(best.values()) else {}


def read_table(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable rows of a table; its delimiter is told by the header.

    Lists (authors, keywords, …) are split at semicolons, authors without any at commas. A row needs
    an identifier ("pmid") and a title or an abstract.

    Raises:
        UnreadableFile: it is not UTF-8, or its quoting is broken.
    """
    csv.field_size_limit(LONGEST_LINE)
    # newline="" as the csv module asks: a quoted field may hold line breaks.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        header = text.readline(LONGEST_LINE)
        columns = columns_of(header.strip("\r\n"))
        delimiter = max(DELIMITERS, key=header.count)
        for position, row in enumerate(csv.reader(text, delimiter=delimiter, strict=True), start=1):
            if any(cell.strip() for cell in row):
                yield _row(row, columns, position)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"The table is not UTF-8 ({error.reason}).", "Save it as UTF-8 and import it again."
        ) from error
    except csv.Error as error:
        raise UnreadableFile(
            f"The table is broken: {error}.", "Check its quoting; nothing of it has been imported."
        ) from error
    finally:
        text.detach()


def _row(row: list[str], columns: dict[int, str], position: int) -> Record:
    fields: dict[str, object] = {}
    for place, name in columns.items():
        cell = row[place].strip() if place < len(row) else ""
        if cell:
            fields[name] = _list(cell, name) if name in _LISTS else cell
    try:
        return read_plain(PlainRecord.model_validate(fields), position)
    except pydantic.ValidationError as error:
        return BadRecord(position, str(fields.get("pmid", "")), reason_of(error))


def _list(cell: str, name: str) -> list[str]:
    separator = "," if name == "authors" and ";" not in cell else ";"
    return [part.strip(" .") for part in cell.split(separator) if part.strip(" .")]
