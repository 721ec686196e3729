"""CSL-JSON, written by Zotero, Pandoc and Crossref: map items to the fields of `readers.fields`.

The schema is described at https://docs.citationstyles.org.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corpora.article import Record
from corpora.readers.fields import read_fields

_TYPES = {
    "article-journal": "Journal Article",
    "article": "Preprint",
    "book": "Book",
    "chapter": "Book chapter",
    "review": "Review",
    "paper-conference": "Congress",
    "thesis": "Academic Dissertation",
}


def is_csl(item: Mapping[str, Any]) -> bool:
    """Whether an object is a CSL-JSON item."""
    names = {"container-title", "issued", "DOI", "container-title-short", "page"}
    return bool(names & item.keys()) and ("title" in item or "type" in item)


def read_csl(item: Mapping[str, Any], position: int, line: int) -> Iterator[Record]:
    """The article of an item, and a remark if a field is invalid."""
    kind = item.get("type")
    genre = item.get("genre")
    fields = {
        "pmid": item.get("PMID"),
        "pmcid": item.get("PMCID"),
        "doi": _text(item.get("DOI")),
        "id": item.get("id")
        if not isinstance(item.get("id"), str) or "://" not in item["id"]
        else None,
        "title": _text(item.get("title")),
        "abstract": item.get("abstract"),
        "journal": _text(item.get("container-title")),
        "journal_abbreviation": _text(
            item.get("container-title-short") or item.get("journalAbbreviation")
        ),
        "volume": item.get("volume"),
        "issue": item.get("issue"),
        "pages": item.get("page") or item.get("number") or item.get("article-number"),
        "published": _date(item.get("issued")),
        "authors": item.get("author"),
        "publication_types": genre or _TYPES.get(kind if isinstance(kind, str) else ""),
        "keywords": item.get("keyword"),
        "languages": item.get("language"),
        "extra": item.get("note"),
        "url": _text(item.get("URL")),
        "source": item.get("source"),
    }
    yield from read_fields(fields, position, line)


def _text(value: Any) -> Any:  # noqa: ANN401 - Crossref gives lists where CSL gives text
    return value[0] if isinstance(value, list) and value else value or None


def _date(issued: Any) -> str | None:  # noqa: ANN401
    if isinstance(issued, str | int):
        return str(issued)
    if not isinstance(issued, Mapping):
        return None
    parts = issued.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        return "-".join(str(part) for part in parts[0] if part is not None)
    return next((str(issued[name]) for name in ("raw", "literal") if issued.get(name)), None)
