"""EndNote's XML export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from corpora.article import Record
from corpora.readers.fields import one_line, read_fields
from corpora.readers.formulas import all_text
from corpora.readers.xml_text import Element, child_text, line_of, stream_elements

_SET = {"italic": "i", "subscript": "sub", "superscript": "sup"}


def read_endnote(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable records of EndNote XML.

    Raises:
        UnreadableFile: the XML is truncated or malformed.
    """
    for position, record in enumerate(stream_elements(stream, ("record",)), start=1):
        yield from read_fields(_fields(record), position, line_of(record))


def _fields(record: Element) -> dict[str, object]:
    kind = record.find("ref-type")
    return {
        "title": _text(record.find("titles/title")),
        "abstract": _text(record.find("abstract")),
        "journal": child_text(record, "periodical/full-title")
        or child_text(record, "titles/secondary-title"),
        "journal_abbreviation": child_text(record, "periodical/abbr-1")
        or child_text(record, "titles/alt-title"),
        "volume": child_text(record, "volume"),
        "issue": child_text(record, "number") or child_text(record, "issue"),
        "pages": child_text(record, "pages"),
        "year": child_text(record, "dates/year"),
        "published": child_text(record, "dates/pub-dates/date"),
        "authors": [
            child_text(author, ".") for author in record.iterfind("contributors/authors/author")
        ],
        "keywords": [child_text(word, ".") for word in record.iterfind("keywords/keyword")],
        "publication_types": child_text(record, "work-type")
        or (kind.get("name", "") if kind is not None else ""),
        "doi": child_text(record, "electronic-resource-num"),
        "pmcid": child_text(record, "custom2"),
        "accession": child_text(record, "accession-num"),
        "languages": child_text(record, "language"),
        "source": child_text(record, "remote-database-name"),
        "extra": child_text(record, "notes"),
        "url": child_text(record, "urls/related-urls/url"),
    }


def _text(element: Element | None) -> str:
    """A styled text, with the styles that Medcite supports as tags."""
    if element is None:
        return ""
    pieces = [element.text or ""]
    for style in element:
        inner = all_text(style)
        face = next((tag for name, tag in _SET.items() if name in style.get("face", "")), "")
        pieces.append(f"<{face}>{inner}</{face}>" if face and inner.strip() else inner)
        pieces.append(style.tail or "")
    return one_line("".join(pieces))
