"""Streaming reader of PMC full text (JATS XML): abstract and body as sections.

Tags are described at https://jats.nlm.nih.gov. It reads the running text with its formulas, and
tables row by row (see `corpora.readers.jats_tables`); figures, formulas as images, boxes, reference
lists and back matter are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Record, Section
from corpora.dates import date_of
from corpora.identifiers import doi_of, pmid_of
from corpora.labels import category_of
from corpora.names import author_of
from corpora.names import person as person_of
from corpora.readers.jats_tables import table_sections
from corpora.readers.xml_text import (
    Element,
    child_text,
    element_text,
    line_of,
    set_text,
    stream_elements,
)
from corpora.typography import SetText, joined, set_lines

_SKIPPED = frozenset(
    {"table-wrap", "table-wrap-group", "fig", "fig-group", "graphic", "inline-graphic",
     "supplementary-material", "media", "boxed-text", "fn", "fn-group", "title", "label", "sec",
     "ref-list", "object-id", "code"}
)  # fmt: skip
_MARKS = frozenset({"xref", "fn", "ext-link"})
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# article-type → PubMed's publication type.
_TYPES = {
    "research-article": "Journal Article",
    "review-article": "Review",
    "systematic-review": "Systematic Review",
    "case-report": "Case Reports",
    "editorial": "Editorial",
    "letter": "Letter",
    "article-commentary": "Comment",
    "news": "News",
    "retraction": "Retraction of Publication",
    "partial-retraction": "Retraction of Publication",
    "correction": "Published Erratum",
    "expression-of-concern": "Expression of Concern",
}
# related-article-type → (kind of notice, whether this record is the notice itself).
_NOTICES = {
    "retracted-article": (NoticeKind.RETRACTED, True),
    "retraction-forward": (NoticeKind.RETRACTED, False),
    "corrected-article": (NoticeKind.CORRECTED, True),
    "correction-forward": (NoticeKind.CORRECTED, False),
    "object-of-concern": (NoticeKind.CONCERN, True),
    "concern-forward": (NoticeKind.CONCERN, False),
}
_MOST_DEPTH = 20


def read_jats(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable records of a JATS stream: one article, or a set of them.

    An article without a PMID is identified by its PMCID, else by its DOI. `version` is 0: the
    PubMed record of the same article, if any, has richer metadata (see `corpora.store`).

    Raises:
        UnreadableFile: the XML is truncated or malformed.
    """
    for position, element in enumerate(stream_elements(stream, ("article",)), start=1):
        yield _read(element, position)


def _read(element: Element, position: int) -> Article | BadRecord:
    front = element.find("front")
    meta = front.find("article-meta") if front is not None else None
    if front is None or meta is None:
        return BadRecord(position, "", "no article-meta element")
    identifiers = _identifiers(meta)
    pmid = identifiers.get("pmid") or identifiers.get("pmcid", "")
    body = element.find("body")
    english = _english_abstract(meta, element.get(_LANGUAGE, ""))
    parts = (*_abstract(meta, english), *_body(body))
    article = _article(pmid, identifiers, element, front.find("journal-meta"), meta, parts)
    if article.title or article.sections:
        return article
    return BadRecord(position, pmid, "neither title nor text", line_of(element))


def _article(
    pmid: str,
    identifiers: dict[str, str],
    element: Element,
    journal: Element | None,
    meta: Element,
    parts: Sequence[tuple[Section, SetText]],
) -> Article:
    title = _title(meta.find("title-group"))
    language = element.get(_LANGUAGE, "")
    vernacular = ""
    if language and not language.startswith("en"):
        translated = meta.find(f"title-group/trans-title-group[@{_LANGUAGE}='en']")
        if (english := _title(translated, "trans-title", "trans-subtitle")).text:
            # NLM prints a translated title in brackets.
            vernacular, title = title.text, SetText(f"[{english.text.rstrip('.')}].")
    published = _published(meta)
    kind = _TYPES.get(element.get("article-type", ""), "")
    return Article(
        pmid=pmid,
        title=title.text,
        sections=tuple(section for section, _ in parts),
        journal=_journal(journal),
        volume=child_text(meta, "volume"),
        issue=child_text(meta, "issue"),
        pages=_pages(meta),
        year=int(published[:4]) if published else 0,
        published=published,
        authors=tuple(_authors(meta)),
        publication_types=(kind,) if kind else (),
        keywords=tuple(dict.fromkeys(_keywords(meta))),
        doi=identifiers.get("doi", ""),
        pmcid=identifiers.get("pmcid", ""),
        languages=(language,) if language else (),
        vernacular_title=vernacular,
        notices=tuple(_notices(meta)),
        version=0,
        typography=set_lines((title, *(text for _, text in parts))),
    )


def _title(group: Element | None, main: str = "article-title", sub: str = "subtitle") -> SetText:
    """A title with its subtitle, without footnote marks."""
    if group is None:
        return SetText("")
    title = set_text(group.find(main), _MARKS)
    subtitle = set_text(group.find(sub), _MARKS)
    if not subtitle.text:
        return title
    if title.text and title.text[-1] not in ".:?!":
        title = SetText(f"{title.text}.", title.stretches)
    return joined([title, subtitle])


def _identifiers(meta: Element) -> dict[str, str]:
    identifiers: dict[str, str] = {}
    for identifier in meta.iterfind("article-id"):
        kind, text = identifier.get("pub-id-type", ""), element_text(identifier)
        if kind in ("pmc", "pmcid") and text:
            identifiers.setdefault("pmcid", text if text.startswith("PMC") else f"PMC{text}")
        elif kind == "pmid" and text.isdigit():
            identifiers.setdefault("pmid", text)
        elif kind == "doi" and text:
            identifiers.setdefault("doi", text)
    return identifiers


def _english_abstract(meta: Element, language: str) -> Element | None:
    """The English abstract of an article in another language, if there is one."""
    if not language or language.startswith("en"):
        return None
    return meta.find(f"trans-abstract[@{_LANGUAGE}='en']")


def _abstract(meta: Element, english: Element | None) -> Iterator[tuple[Section, SetText]]:
    """The main abstract, without graphical, plain-language and other types."""
    own = next(
        (part for part in meta.iterfind("abstract") if part.get("abstract-type") is None), None
    )
    chosen = english if english is not None else own
    if chosen is None:
        chosen = meta.find("trans-abstract")
    if chosen is not None:
        yield from _sections(chosen, "", body=False, depth=0)


def _body(body: Element | None) -> Iterator[tuple[Section, SetText]]:
    if body is None:
        return
    yield from _sections(body, "", body=True, depth=0)
    for table in table_sections(body):
        yield table, SetText(table.text)


def _sections(
    element: Element, label: str, *, body: bool, depth: int
) -> Iterator[tuple[Section, SetText]]:
    """A section of the element's own text, then those of its subsections, in print order.

    A subsection's label includes that of its parent ("Methods: Participants").
    """
    own = joined([text for child in element if (text := _running_text(child)).text])
    if own.text:
        yield Section(label, own.text, category_of(label.partition(":")[0]), body), own
    for part in element.iterfind("sec"):
        if depth < _MOST_DEPTH:
            title = child_text(part, "title").rstrip(":.")
            inner = f"{label}: {title}" if label and title else label or title
            yield from _sections(part, inner, body=body, depth=depth + 1)


def _running_text(element: Element) -> SetText:
    if not isinstance(element.tag, str) or element.tag in _SKIPPED:
        return SetText("")
    return set_text(element, _SKIPPED)


def _journal(journal: Element | None) -> str:
    if journal is None:
        return ""
    return child_text(journal, "journal-title-group/journal-title") or child_text(
        journal, "journal-title"
    )


def _pages(meta: Element) -> str:
    first, last = child_text(meta, "fpage"), child_text(meta, "lpage")
    return "-".join(part for part in (first, last) if part) or child_text(meta, "elocation-id")


def _published(meta: Element) -> str:
    """The earliest publication date, ignoring PMC's release date."""
    dates = []
    for element in meta.iterfind("pub-date"):
        kind = element.get("pub-type") or element.get("date-type") or ""
        if kind not in ("pmc-release", "nihms-submitted"):
            parts = (child_text(element, name) for name in ("year", "month", "day"))
            dates.append(date_of(*parts))
    # Among dates of one year prefer the more precise; "2021" sorts before "2021-03".
    dates = [date for date in dates if date]
    year = min((date[:4] for date in dates), default="")
    return min((d for d in dates if d[:4] == year), key=lambda d: (-len(d), d), default="")


def _authors(meta: Element) -> Iterator[Author]:
    """Authors in print order, without members listed inside a group's name."""
    for person in meta.iterfind("contrib-group/contrib"):
        if person.get("contrib-type", "author") != "author":
            continue
        name = next((part for path in _NAMES if (part := person.find(path)) is not None), None)
        if name is not None and (author := _named(name)):
            yield author
            continue
        group = person.find("collab")
        if group is None:
            group = person.find("collab-alternatives/collab")
        if text := element_text(group, _IN_GROUPS):
            yield Author(collective=text)


_NAMES = ("name", "name-alternatives/name", "string-name", "name-alternatives/string-name")
_IN_GROUPS = frozenset({"contrib-group", "xref", "fn", "aff", "address", "email", "contrib-id"})


def _named(name: Element) -> Author | None:
    last, fore = child_text(name, "surname"), child_text(name, "given-names")
    if not (last or fore):
        return author_of(element_text(name))
    return person_of(last, fore, child_text(name, "suffix"))


def _keywords(meta: Element) -> Iterator[str]:
    for word in meta.iterfind("kwd-group/kwd"):
        if text := element_text(word):
            yield text


def _notices(meta: Element) -> Iterator[Notice]:
    for related in meta.iterfind("related-article"):
        if relation := _NOTICES.get(related.get("related-article-type", "")):
            kind, issued_by = relation
            target = related.get("{http://www.w3.org/1999/xlink}href", "")
            pmid = pmid_of(target) if related.get("ext-link-type") in ("pubmed", "pmid") else ""
            yield Notice(kind, pmid, "", issued_by, "" if pmid else doi_of(target))
