"""PubMed XML as NLM publishes it (baseline, daily updates, E-utilities): a streaming reader.

Elements are described at https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html. The
reader holds one record at a time, follows no entity and fetches no DTD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from lxml import etree

from corpora.article import (
    Article,
    Author,
    BadRecord,
    Deletion,
    Notice,
    NoticeKind,
    Record,
    Section,
)
from corpora.errors import UnreadableFile

_Element = etree._Element

_SUPERSCRIPT = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_RAISABLE = frozenset("0123456789+-−=()n")
_LOWERABLE = frozenset("0123456789+-−=()")

_MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_YEAR = re.compile(r"\b(1[6-9]|20)\d\d\b")

# RefType → (what it says, whether this record is the notice itself).
_NOTICES = {
    "RetractionIn": (NoticeKind.RETRACTED, False),
    "RetractionOf": (NoticeKind.RETRACTED, True),
    "PartialRetractionIn": (NoticeKind.RETRACTED, False),
    "PartialRetractionOf": (NoticeKind.RETRACTED, True),
    "RetractedandRepublishedIn": (NoticeKind.RETRACTED, False),
    "RetractedandRepublishedFrom": (NoticeKind.RETRACTED, True),
    "ExpressionOfConcernIn": (NoticeKind.CONCERN, False),
    "ExpressionOfConcernFor": (NoticeKind.CONCERN, True),
    "ErratumIn": (NoticeKind.CORRECTED, False),
    "ErratumFor": (NoticeKind.CORRECTED, True),
    "CorrectedandRepublishedIn": (NoticeKind.CORRECTED, False),
    "CorrectedandRepublishedFrom": (NoticeKind.CORRECTED, True),
}


def read_pubmed_xml(stream: IO[bytes]) -> Iterator[Record]:
    """Articles, deletions and unreadable records of a PubMed XML stream, in file order.

    Args:
        stream: the decompressed file, open in binary mode.

    Raises:
        UnreadableFile: the XML breaks off or is malformed. What came before has been yielded.
    """
    context = etree.iterparse(
        stream,
        events=("end",),
        tag=("PubmedArticle", "DeleteCitation"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    position = 0
    try:
        for _, element in context:
            if element.tag == "DeleteCitation":
                for pmid in element.iterfind("PMID"):
                    yield Deletion(_text(pmid))
            else:
                position += 1
                yield _read(element, position)
            # Free this record and everything before it; lxml keeps siblings otherwise.
            element.clear(keep_tail=False)
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(
            f"The XML is broken after record {position}: {error.msg}.",
            "Fetch the file again; nothing of it has been imported.",
        ) from error


def _read(element: _Element, position: int) -> Article | BadRecord:
    citation = element.find("MedlineCitation")
    pmid = _text(citation.find("PMID")) if citation is not None else ""
    if citation is None or not pmid:
        return BadRecord(position, "", "no PMID")
    article = citation.find("Article")
    if article is None:
        return BadRecord(position, pmid, "no Article element")
    try:
        return _article(pmid, citation, article, element.find("PubmedData"))
    except (ValueError, TypeError, AttributeError) as error:
        return BadRecord(position, pmid, f"{type(error).__name__}: {error}")


def _article(pmid: str, citation: _Element, article: _Element, pubmed: _Element | None) -> Article:
    version = citation.find("PMID").get("Version", "1")  # type: ignore[union-attr]
    journal = article.find("Journal")
    issue = journal.find("JournalIssue") if journal is not None else None
    published = _published(issue, article, pubmed)
    doi, pmcid = _identifiers(article, pubmed)
    types = tuple(_texts(article.find("PublicationTypeList")))
    vernacular = _text(article.find("VernacularTitle"))
    return Article(
        pmid=pmid,
        title=_text(article.find("ArticleTitle")) or vernacular,
        sections=_sections(article.find("Abstract")),
        journal=_child(journal, "Title"),
        journal_abbreviation=_child(journal, "ISOAbbreviation"),
        volume=_child(issue, "Volume"),
        issue=_child(issue, "Issue"),
        pages=_child(article.find("Pagination"), "MedlinePgn"),
        year=int(published[:4]) if published else 0,
        published=published,
        authors=_authors(article.find("AuthorList")),
        publication_types=types,
        mesh=_mesh(citation.find("MeshHeadingList")),
        keywords=tuple(
            word for listed in citation.iterfind("KeywordList") for word in _texts(listed)
        ),
        doi=doi,
        pmcid=pmcid,
        languages=tuple(_text(language) for language in article.iterfind("Language")),
        vernacular_title=vernacular,
        notices=_notices(citation.find("CommentsCorrectionsList"), types),
        version=int(version) if version.isdigit() else 1,
        revised=_date(citation.find("DateRevised")),
    )


def _text(element: _Element | None) -> str:
    """All text under an element, whitespace collapsed; digits in sub and sup stay told apart."""
    if element is None:
        return ""
    text = "".join(_marked_up(element)) if len(element) else element.text
    return " ".join(text.split()) if text else ""


def _marked_up(element: _Element) -> Iterator[str]:
    """Text pieces; "10<sup>5</sup>" becomes "10⁵", since "105" would be another number."""
    if isinstance(element.tag, str):
        inner = "".join(
            ([element.text] if element.text else [])
            + [piece for child in element for piece in (*_marked_up(child), child.tail or "")]
        )
        tag = element.tag
        if tag == "sup" and inner and _RAISABLE.issuperset(inner):
            inner = inner.translate(_SUPERSCRIPT)
        elif tag == "sub" and inner and _LOWERABLE.issuperset(inner):
            inner = inner.translate(_SUBSCRIPT)
        yield inner


def _child(element: _Element | None, tag: str) -> str:
    return _text(element.find(tag)) if element is not None else ""


def _texts(element: _Element | None) -> Iterator[str]:
    if element is not None:
        for child in element:
            if text := _text(child):
                yield text


def _sections(abstract: _Element | None) -> tuple[Section, ...]:
    if abstract is None:
        return ()
    sections = []
    for part in abstract.iterfind("AbstractText"):
        if text := _text(part):
            category = part.get("NlmCategory", "")
            sections.append(
                Section(part.get("Label", ""), text, "" if category == "UNASSIGNED" else category)
            )
    return tuple(sections)


def _authors(listed: _Element | None) -> tuple[Author, ...]:
    if listed is None:
        return ()
    authors = []
    for author in listed:
        parts = {child.tag: child for child in author}
        name = Author(
            _text(parts.get("LastName")),
            _text(parts.get("ForeName")),
            _text(parts.get("Initials")),
            _text(parts.get("CollectiveName")),
        )
        if name.last or name.collective:
            authors.append(name)
    return tuple(authors)


def _mesh(listed: _Element | None) -> tuple[str, ...]:
    if listed is None:
        return ()
    return tuple(name for heading in listed if (name := _child(heading, "DescriptorName")))


def _identifiers(article: _Element, pubmed: _Element | None) -> tuple[str, str]:
    """(DOI, PMCID); the publisher's ELocationID stands in where PubMed lists no DOI."""
    found = {"doi": "", "pmc": ""}
    listed = pubmed.find("ArticleIdList") if pubmed is not None else None
    if listed is not None:
        for identifier in listed:
            kind = identifier.get("IdType", "")
            if kind in found and not found[kind]:
                found[kind] = _text(identifier)
    if not found["doi"]:
        for location in article.iterfind("ELocationID"):
            if location.get("EIdType") == "doi" and location.get("ValidYN") != "N":
                found["doi"] = _text(location)
                break
    return found["doi"], found["pmc"]


def _notices(listed: _Element | None, types: tuple[str, ...]) -> tuple[Notice, ...]:
    notices = []
    for reference in listed if listed is not None else ():
        if known := _NOTICES.get(reference.get("RefType", "")):
            kind, issued_by = known
            notices.append(
                Notice(kind, _child(reference, "PMID"), _child(reference, "RefSource"), issued_by)
            )
    # A retraction may reach the publication types before the link to its notice does.
    said = any(n.kind is NoticeKind.RETRACTED and not n.issued_by for n in notices)
    if not said and "Retracted Publication" in types:
        notices.append(Notice(NoticeKind.RETRACTED))
    return tuple(notices)


def _published(issue: _Element | None, article: _Element, pubmed: _Element | None) -> str:
    """The issue's date, else the electronic one, else the day PubMed received the record."""
    candidates = [
        issue.find("PubDate") if issue is not None else None,
        article.find("ArticleDate"),
        pubmed.find("History/PubMedPubDate[@PubStatus='pubmed']") if pubmed is not None else None,
    ]
    for candidate in candidates:
        if date := _date(candidate):
            return date
    return ""


def _date(element: _Element | None) -> str:
    """ISO date as precise as the element: Year/Month/Day, Year/Season, or MedlineDate's year."""
    if element is None:
        return ""
    year = _child(element, "Year")
    if not (len(year) == 4 and year.isdigit()):
        found = _YEAR.search(_child(element, "MedlineDate"))
        return found.group() if found else ""
    month = _child(element, "Month")
    number = int(month) if month.isdigit() else _MONTHS.get(month[:3].lower(), 0)
    if not 1 <= number <= 12:
        return year
    day = _child(element, "Day")
    if not (day.isdigit() and 1 <= int(day) <= 31):
        return f"{year}-{number:02d}"
    return f"{year}-{number:02d}-{int(day):02d}"
