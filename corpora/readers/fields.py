"""Build an Article from named fields, as shared by JSON, tables and BibTeX.

An invalid field is dropped with a remark; a record needs only a title or an abstract, since an
identifier can be created.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Record, Remark, Section
from corpora.dates import best_date, iso_date, year_in
from corpora.identifiers import doi_in, doi_of, pmcid_in, pmcid_of, pmid_in, pmid_of
from corpora.labels import labelled_sections
from corpora.names import author_from_parts, authors_of, names_in

_ABSENT = frozenset({"", "nan", "null", "none", "n/a", "<na>", "undefined", "nat"})
_TRUE = frozenset({"true", "1", "1.0", "yes", "y", "retracted"})
_FALSE = frozenset({"false", "0", "0.0", "no", "n"})
_LONGEST_IDENTIFIER = 100
# An unlabelled number counts as a PMID only from this length, that of PMIDs of this century.
_FEWEST_DIGITS_UNNAMED = 6
_FROM_PUBMED = re.compile(r"pubmed|medline", re.IGNORECASE)


def one_line(text: str) -> str:
    """Text with every run of white space replaced by one space."""
    return " ".join(text.split())


@dataclass(slots=True)
class Fields:
    """The fields of one record by name, and the errors in them."""

    values: Mapping[str, Any]
    wrong: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        """A field as one line; "" if it is absent, null or NaN."""
        value = self.values.get(name)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return ""
        if isinstance(value, bool | Mapping):
            self.wrong.append(f"{name} is not text")
            return ""
        if isinstance(value, list | tuple):
            value = " ".join(self._texts(name, value))
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = one_line(str(value))
        return "" if text.casefold() in _ABSENT else text

    def texts(self, name: str) -> tuple[str, ...]:
        """A multi-valued field: a list, or one text split at semicolons."""
        value = self.values.get(name)
        if isinstance(value, list | tuple):
            return tuple(self._texts(name, value))
        return tuple(p for part in self.text(name).split(";") if (p := part.strip(" .")))

    def _texts(self, name: str, values: list[Any] | tuple[Any, ...]) -> Iterator[str]:
        for value in values:
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                text = Fields({"": value}).text("")
                if text:
                    yield text
            elif value is not None:
                self.wrong.append(f"{name}: “{str(value)[:40]}” is not text")

    def authors(self) -> tuple[Author, ...]:
        value = self.values.get("authors")
        if isinstance(value, Mapping):
            value = [value]
        if not isinstance(value, list | tuple):
            return authors_of(names_in(self.text("authors")))
        authors: list[Author] = []
        for entry in value:
            if isinstance(entry, Mapping):
                author = author_from_parts(entry)
                authors += [author] if author else []
            elif isinstance(entry, str):
                authors += authors_of([entry])
            elif entry is not None and not (isinstance(entry, float) and math.isnan(entry)):
                self.wrong.append(f"authors: “{str(entry)[:40]}” is not a name")
        return tuple(authors)

    def sections(self) -> tuple[Section, ...]:
        value = self.values.get("abstract")
        if isinstance(value, Mapping):
            value = [{"label": label, "text": text} for label, text in value.items()]
        if not isinstance(value, list | tuple):
            return labelled_sections(self.text("abstract"))
        sections = []
        for entry in value:
            part = Fields(entry if isinstance(entry, Mapping) else {"text": entry})
            if text := part.text("text"):
                sections.append(Section(part.text("label"), text))
            self.wrong += [f"abstract: {what}" for what in part.wrong]
        return tuple(sections)

    def date(self) -> str:
        """The publication date, as precise as year, month, day and date fields together allow."""
        published = self.text("published")
        parts = " ".join(filter(None, (self.text("year"), self.text("month"), self.text("day"))))
        date = best_date(*filter(None, (self.text("year"), parts, published)))
        for name in ("year", "published"):
            text = self.text(name)
            if text and not iso_date(text) and re.search(r"[1-9A-Za-z]", text):
                self.wrong.append(f"{name}: “{text[:40]}” is not a date")
        if year_in(self.text("year")) == "" and not iso_date(self.text("year")):
            date = iso_date(published)
        return date

    def retracted(self) -> bool:
        value = self.values.get("retracted")
        if isinstance(value, bool):
            return value
        text = self.text("retracted").casefold()
        if text and text not in _TRUE | _FALSE:
            self.wrong.append(f"retracted: “{text[:40]}” is neither true nor false")
        return text in _TRUE

    def identifiers(self) -> tuple[str, str, str]:
        """(key, DOI, PMCID); the key is the PMID if there is one, else the file's own, else ""."""
        doi, pmcid = self._doi(), pmcid_of(self.text("pmcid"))
        extra = self.text("extra")
        doi = doi or doi_in(self.text("url"))
        pmcid = pmcid or pmcid_in(extra)
        accession = self.text("accession")
        own = self.text("pmid")
        key = pmid_of(own) or pmid_in(extra) or pmid_in(self.text("url")) or pmid_in(accession)
        if not key and accession and _FROM_PUBMED.search(self.text("source")):
            key = pmid_of(accession)
        if not key and own:
            key = self._own_key(own, "pmid")
        if not key and (identifier := self.text("id")):
            number = pmid_of(identifier)
            if number and len(number) >= _FEWEST_DIGITS_UNNAMED:
                key = number
            elif not (number or identifier.isdigit() or doi):
                key = self._own_key(identifier, "id")
        return key, doi, pmcid

    def _doi(self) -> str:
        text = self.text("doi")
        doi = doi_of(text)
        if text and not doi:
            self.wrong.append(f"doi: “{text[:40]}” is not a DOI")
        return doi

    def _own_key(self, text: str, name: str) -> str:
        if doi := doi_of(text):
            return f"doi:{doi.lower()}"
        if pmcid := pmcid_in(text):
            return pmcid
        if text.isprintable() and " " not in text and len(text) <= _LONGEST_IDENTIFIER:
            return text
        self.wrong.append(f"{name}: “{text[:40]}” is not an identifier")
        return ""


def read_fields(
    values: Mapping[str, Any], position: int, line: int = 0, source: str = ""
) -> Iterator[Record]:
    """The article that named fields describe, and a remark on invalid ones.

    Args:
        source: database the file comes from, if the record does not say.
    """
    fields = Fields(values)
    key, doi, pmcid = fields.identifiers()
    published = fields.date()
    first, last = fields.text("first_page"), fields.text("last_page")
    pages = fields.text("pages") or "-".join(filter(None, (first, last)))
    database = fields.text("source") or source
    article = Article(
        pmid=key,
        title=fields.text("title"),
        sections=fields.sections(),
        journal=fields.text("journal"),
        journal_abbreviation=fields.text("journal_abbreviation"),
        volume=fields.text("volume"),
        issue=fields.text("issue"),
        pages=pages or fields.text("article_number"),
        year=int(published[:4] or 0),
        published=published,
        authors=fields.authors(),
        publication_types=fields.texts("publication_types"),
        mesh=fields.texts("mesh"),
        keywords=tuple(dict.fromkeys((*fields.texts("keywords"), *fields.texts("index_terms")))),
        doi=doi,
        pmcid=pmcid,
        languages=fields.texts("languages"),
        notices=(Notice(NoticeKind.RETRACTED),) if fields.retracted() else (),
        sources=(database,) if database else (),
    )
    if not (article.title or article.sections):
        yield BadRecord(position, key, "neither title nor abstract", line)
        return
    yield article
    if fields.wrong:
        yield Remark(
            position, key, "; ".join(dict.fromkeys(fields.wrong)) + "; the rest was read", line
        )
