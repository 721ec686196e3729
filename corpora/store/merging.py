"""Merge the records of one article without loss, independently of their order.

PubMed's own record defines an article; a full text adds its body; other records fill the fields
that these leave empty. Of several records from one database the newest is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from corpora.article import Article, Author, Notice
from corpora.identity import PDF

_FILLED = ("title", "journal", "journal_abbreviation", "volume", "issue", "pages", "doi", "pmcid",
           "vernacular_title", "languages", "mesh", "major_mesh")  # fmt: skip
_PUBMED = "PubMed"
_PLAIN_TYPES = frozenset({"journal article", "article", "journal", "journalarticle"})


@dataclass(frozen=True, slots=True)
class Part:
    """A record an article is derived from. `first` is the first import of its file's bytes."""

    record: Article
    first: int
    number: int = 0

    @property
    def origin(self) -> str:
        """Where the record comes from: records of one origin replace each other, others add up."""
        if self.record.version == 0:
            return PDF if self.record.sources == (PDF,) else "full text"
        return _PUBMED if _from_pubmed(self.record) else " ".join(self.record.sources)

    @property
    def age(self) -> tuple[int, str, int, int]:
        """Sort key for records of one origin; revisions are equal if the files name none."""
        return self.record.version, self.record.revised, self.first, self.number


def _from_pubmed(record: Article) -> bool:
    return record.from_pubmed and record.sources in ((), (_PUBMED,))


def current(parts: Iterable[Part]) -> list[Part]:
    """The newest record of each origin: PubMed's first, then a full text, then the richest."""
    newest: dict[str, Part] = {}
    for part in parts:
        other = newest.get(part.origin)
        if other is None or part.age > other.age:
            newest[part.origin] = part
    return sorted(newest.values(), key=_rank)


def _rank(part: Part) -> tuple[int, int, str, bytes]:
    record = part.record
    order = {_PUBMED: 0, "full text": 1, PDF: 3}
    first = order.get(part.origin, 2)
    filled = sum(bool(getattr(record, name)) for name in ("sections", "authors", *_FILLED))
    return first, -filled, part.origin, record.to_json()


def merged(parts: Iterable[Part]) -> Article:
    """The article that these records describe."""
    records = [part.record for part in current(parts)]
    article = records[0]
    for other in records[1:]:
        article = _joined(article, other)
    if len(records) == 1:
        return article
    key = next((r.pmid for r in records if r.from_pubmed), article.pmid)
    ahead = article.ahead_of_print and not article.volume
    return replace(
        article,
        pmid=key,
        notices=_notices(records),
        sources=tuple(dict.fromkeys(source for record in records for source in record.sources)),
        ahead_of_print=ahead,
    )


def completed(record: Article, others: Sequence[Article]) -> Article:
    """A record with empty fields filled from others of its file; PubMed's own are complete."""
    if _from_pubmed(record) or record.version == 0:
        return record
    for other in others:
        if other != record:
            record = _joined(record, other)
    return record


def _joined(article: Article, other: Article) -> Article:
    if other.body and not article.body:
        article = article.with_body(other)
    elif not any(not section.body for section in article.sections):
        article = article.with_abstract(other)
    filled: dict[str, Any] = {
        name: getattr(other, name)
        for name in _FILLED
        if name != "title" and not getattr(article, name) and getattr(other, name)
    }
    if not article.title and other.title:
        article = article.with_title(other)
    filled["authors"] = _authors(article.authors, other.authors)
    if len(other.published) > len(article.published) and other.published.startswith(
        article.published
    ):
        filled |= {"published": other.published, "year": other.year}
    types = {kind.casefold() for kind in article.publication_types}
    if types <= _PLAIN_TYPES and other.publication_types:
        both = (*article.publication_types, *other.publication_types)
        filled["publication_types"] = tuple(
            {kind.casefold(): kind for kind in reversed(both)}.values()
        )[::-1]
    filled["keywords"] = _united(article.keywords, other.keywords)
    return replace(article, **filled)


def _united(words: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    present = {word.casefold() for word in words}
    return (*words, *(word for word in dict.fromkeys(others) if word.casefold() not in present))


def _authors(own: tuple[Author, ...], others: tuple[Author, ...]) -> tuple[Author, ...]:
    """The longer list, or of equally long lists the one with more full given names."""
    if len(own) != len(others):
        return max(own, others, key=len)
    full, other_full = (sum(bool(a.fore.strip(" .")[1:]) for a in names) for names in (own, others))
    return others if other_full > full else own


def _notices(records: Sequence[Article]) -> tuple[Notice, ...]:
    """All notices without duplicates; one that gives only its kind yields to one with a source."""
    notices: dict[tuple[object, ...], Notice] = {}
    for record in records:
        for notice in record.notices:
            notices.setdefault((notice.kind, notice.pmid, notice.doi, notice.issued_by), notice)
    placed = {(n.kind, n.issued_by) for n in notices.values() if n.pmid or n.doi or n.source}
    return tuple(
        n
        for n in notices.values()
        if n.pmid or n.doi or n.source or (n.kind, n.issued_by) not in placed
    )
