"""PMC full text (JATS XML): abstract and body into sections, in one streaming reader.

Tags are described at https://jats.nlm.nih.gov. What is read is the running text: tables, figures,
formulas as pictures, reference lists and back matter are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Record, Section
from corpora.dates import date_of
from corpora.labels import category_of
from corpora.typography import SetText, joined, set_lines
from corpora.xml_text import Element, child_text, element_text, set_text, stream_elements

_SKIPPED = frozenset(
    {"table-wrap", "fig", "fig-group", "disp-formula", "inline-formula", "tex-math", "graphic",
     "inline-graphic", "supplementary-material", "media", "boxed-text", "fn", "fn-group", "title",
     "label", "sec", "ref-list", "alternatives", "object-id", "code"}
)  # fmt: skip
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
}
# related-article-type → (what it says, whether this record is the notice itself).
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

    An article without a PMID goes by its PMCID. `version` is 0: the PubMed record of the same
    article, where there is one, says more about it (see `corpora.store`).

    Raises:
        UnreadableFile: the XML breaks off or is malformed.
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
    if not pmid:
        return BadRecord(position, "", "neither PMID nor PMCID")
    parts = (*_abstract(meta), *_body(element.find("body")))
    article = _article(pmid, identifiers, element, front.find("journal-meta"), meta, parts)
    if article.title or article.sections:
        return article
    return BadRecord(position, pmid, "neither title nor text")


def _article(
    pmid: str,
    identifiers: dict[str, str],
    element: Element,
    journal: Element | None,
    meta: Element,
    parts: Sequence[tuple[Section, SetText]],
) -> Article:
    title = set_text(meta.find("title-group/article-title"))
    published = _published(meta)
    kind = _TYPES.get(element.get("article-type", ""), "")
    language = element.get("{http://www.w3.org/XML/1998/namespace}lang", "")
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
        keywords=tuple(_keywords(meta)),
        doi=identifiers.get("doi", ""),
        pmcid=identifiers.get("pmcid", ""),
        languages=("eng",) if language == "en" else (),
        notices=tuple(_notices(meta)),
        version=0,
        typography=set_lines((title, *(text for _, text in parts))),
    )


def _identifiers(meta: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for identifier in meta.iterfind("article-id"):
        kind, text = identifier.get("pub-id-type", ""), element_text(identifier)
        if kind in ("pmc", "pmcid") and text:
            found.setdefault("pmcid", text if text.startswith("PMC") else f"PMC{text}")
        elif kind == "pmid" and text.isdigit():
            found.setdefault("pmid", text)
        elif kind == "doi" and text:
            found.setdefault("doi", text)
    return found


def _abstract(meta: Element) -> Iterator[tuple[Section, SetText]]:
    """The abstract itself; graphical, plain-language and translated ones are of other types."""
    for abstract in meta.iterfind("abstract"):
        if abstract.get("abstract-type") is None:
            yield from _sections(abstract, "", body=False, depth=0)
            return


def _body(body: Element | None) -> Iterator[tuple[Section, SetText]]:
    if body is not None:
        yield from _sections(body, "", body=True, depth=0)


def _sections(
    element: Element, label: str, *, body: bool, depth: int
) -> Iterator[tuple[Section, SetText]]:
    """One section of an element's own text, then those of its subsections, in print order.

    A subsection's label names what it is under ("Methods: Participants").
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
    """The earliest date of publication; PMC's own release date is not one."""
    dates = []
    for element in meta.iterfind("pub-date"):
        kind = element.get("pub-type") or element.get("date-type") or ""
        if kind not in ("pmc-release", "nihms-submitted"):
            parts = (child_text(element, name) for name in ("year", "month", "day"))
            dates.append(date_of(*parts))
    # Of dates in one year the more precise one; "2021" sorts before "2021-03".
    dates = [date for date in dates if date]
    year = min((date[:4] for date in dates), default="")
    return min((d for d in dates if d[:4] == year), key=lambda d: (-len(d), d), default="")


def _authors(meta: Element) -> Iterator[Author]:
    for person in meta.iterfind("contrib-group/contrib[@contrib-type='author']"):
        name = person.find("name")
        if name is None:
            name = person.find("name-alternatives/name")
        if name is not None:
            fore = child_text(name, "given-names")
            initials = "".join(part[0] for part in fore.replace("-", " ").split())
            yield Author(child_text(name, "surname"), fore, initials.upper())
        elif group := child_text(person, "collab"):
            yield Author(collective=group)


def _keywords(meta: Element) -> Iterator[str]:
    for word in meta.iterfind("kwd-group/kwd"):
        if text := element_text(word):
            yield text


def _notices(meta: Element) -> Iterator[Notice]:
    for related in meta.iterfind("related-article"):
        if known := _NOTICES.get(related.get("related-article-type", "")):
            kind, issued_by = known
            target = related.get("{http://www.w3.org/1999/xlink}href", "")
            is_pmid = related.get("ext-link-type") == "pubmed" and target.isdigit()
            yield Notice(kind, target if is_pmid else "", "", issued_by)
