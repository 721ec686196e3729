"""Streaming reader of PubMed XML as NLM publishes it (baseline, daily updates, E-utilities).

Elements are described at https://www.nlm.nih.gov/bsd/licensee/elements_descriptions.html. The
reader keeps one record in memory, resolves no entities and fetches no DTD.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

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
from corpora.dates import date_of, year_in
from corpora.readers.xml_text import (
    Element,
    child_text,
    element_text,
    line_of,
    set_text,
    stream_elements,
)
from corpora.typography import SetText, set_lines

_ARTICLE_NUMBER = re.compile(r"[A-Za-z]{0,6}[.-]?\d{1,8}[A-Za-z]?|\d{1,4}-\d{1,4}")
_TAGS = ("PubmedArticle", "PubmedBookArticle", "DeleteCitation")

_NAME_PARTS = {
    "LastName": "last",
    "ForeName": "fore",
    "Initials": "initials",
    "CollectiveName": "collective",
    "Suffix": "suffix",
}

# RefType → (kind of notice, whether this record is the notice itself).
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
        UnreadableFile: the XML is truncated or malformed. Earlier records have been yielded.
    """
    position = 0
    for element in stream_elements(stream, _TAGS):
        if element.tag == "DeleteCitation":
            for pmid in element.iterfind("PMID"):
                yield Deletion(element_text(pmid))
            continue
        position += 1
        try:
            yield (
                _read_book(element, position)
                if element.tag == "PubmedBookArticle"
                else _read(element, position)
            )
        except (ValueError, TypeError, AttributeError) as error:
            pmid_text = element.findtext("*/PMID") or ""
            yield BadRecord(position, pmid_text, f"{type(error).__name__}: {error}")


def _read(element: Element, position: int) -> Article | BadRecord:
    citation = element.find("MedlineCitation")
    pmid = element_text(citation.find("PMID")) if citation is not None else ""
    if citation is None or not pmid:
        return BadRecord(position, "", "no PMID", line_of(element))
    article = citation.find("Article")
    if article is None:
        return BadRecord(position, pmid, "no Article element")
    return _article(pmid, citation, article, element.find("PubmedData"))


def _read_book(element: Element, position: int) -> Article | BadRecord:
    """A book or a book chapter (GeneReviews, StatPearls), which has other tags."""
    document = element.find("BookDocument")
    pmid = child_text(document, "PMID")
    if document is None or not pmid:
        return BadRecord(position, "", "no PMID", line_of(element))
    book = document.find("Book")
    title = set_text(document.find("ArticleTitle"))
    if not title.text and book is not None:
        title = set_text(book.find("BookTitle"))
    if not title.text:
        return BadRecord(position, pmid, "neither ArticleTitle nor BookTitle")
    published = _date(document.find("ContributionDate"))
    if not published and book is not None:
        published = _date(book.find("PubDate"))
    identifiers = document.find("ArticleIdList")
    doi = identifiers.findtext("ArticleId[@IdType='doi']", "") if identifiers is not None else ""
    authors = document.find("AuthorList")
    if authors is None and book is not None:
        authors = book.find("AuthorList")
    abstract = _sections(document.find("Abstract"))
    return Article(
        pmid=pmid,
        title=title.text,
        sections=tuple(section for section, _ in abstract),
        journal=child_text(book, "BookTitle"),
        pages=child_text(document, "Pagination/MedlinePgn"),
        year=int(published[:4]) if published else 0,
        published=published,
        authors=_authors(authors),
        publication_types=tuple(
            element_text(kind) for kind in document.iterfind("PublicationType")
        ),
        keywords=tuple(
            word for listed in document.iterfind("KeywordList") for word in _texts(listed)
        ),
        doi=doi,
        languages=tuple(element_text(language) for language in document.iterfind("Language")),
        vernacular_title=child_text(document, "VernacularTitle"),
        version=max(1, int(document.find("PMID").get("Version", "1"))),  # type: ignore[union-attr]
        revised=_date(document.find("DateRevised")),
        typography=set_lines((title, *(text for _, text in abstract))),
    )


def _article(pmid: str, citation: Element, article: Element, pubmed: Element | None) -> Article:
    version = citation.find("PMID").get("Version", "1")  # type: ignore[union-attr]
    journal = article.find("Journal")
    issue = journal.find("JournalIssue") if journal is not None else None
    published = _published(issue, article, pubmed)
    doi, pmcid = _identifiers(article, pubmed)
    types = tuple(_texts(article.find("PublicationTypeList")))
    vernacular = set_text(article.find("VernacularTitle"))
    title = set_text(article.find("ArticleTitle"))
    if not title.text:
        title = vernacular
    abstract = _sections(article.find("Abstract")) or _sections(citation.find("OtherAbstract"))
    return Article(
        pmid=pmid,
        title=title.text,
        sections=tuple(section for section, _ in abstract),
        journal=child_text(journal, "Title"),
        journal_abbreviation=child_text(journal, "ISOAbbreviation"),
        volume=child_text(issue, "Volume"),
        issue=child_text(issue, "Issue"),
        pages=_pages(article),
        year=int(published[:4]) if published else 0,
        published=published,
        authors=_authors(article.find("AuthorList")),
        publication_types=types,
        mesh=_mesh(citation.find("MeshHeadingList")),
        major_mesh=_major_mesh(citation.find("MeshHeadingList")),
        keywords=tuple(
            word for listed in citation.iterfind("KeywordList") for word in _texts(listed)
        ),
        doi=doi,
        pmcid=pmcid,
        languages=tuple(element_text(language) for language in article.iterfind("Language")),
        vernacular_title=vernacular.text,
        notices=_notices(citation.find("CommentsCorrectionsList")),
        version=int(version) if version.isdigit() else 1,
        ahead_of_print=child_text(pubmed, "PublicationStatus") == "aheadofprint",
        revised=_date(citation.find("DateRevised")),
        typography=set_lines((title, *(text for _, text in abstract))),
    )


def _texts(element: Element | None) -> Iterator[str]:
    if element is not None:
        for child in element:
            if text := element_text(child):
                yield text


def _sections(abstract: Element | None) -> list[tuple[Section, SetText]]:
    if abstract is None:
        return []
    sections = []
    for part in abstract.iterfind("AbstractText"):
        if (text := set_text(part)).text:
            category = part.get("NlmCategory", "")
            category = "" if category == "UNASSIGNED" else category
            sections.append((Section(part.get("Label", ""), text.text, category), text))
    return sections


def _authors(listed: Element | None) -> tuple[Author, ...]:
    if listed is None:
        return ()
    authors = []
    for author in listed:
        if author.get("ValidYN") == "N":
            # A misprinted name, followed by the corrected one.
            continue
        parts = {
            field: element_text(child) for child in author if (field := _NAME_PARTS.get(child.tag))
        }
        if not parts.get("last") and parts.get("fore"):
            parts["last"] = parts.pop("fore")
        name = Author(**parts)
        if name.last or name.collective:
            authors.append(name)
    return tuple(authors)


def _mesh(listed: Element | None) -> tuple[str, ...]:
    if listed is None:
        return ()
    return tuple(name for heading in listed if (name := child_text(heading, "DescriptorName")))


def _major_mesh(listed: Element | None) -> tuple[str, ...]:
    """Headings that are major topics themselves or through one of their subheadings."""
    if listed is None:
        return ()
    return tuple(
        name
        for heading in listed
        if any(part.get("MajorTopicYN") == "Y" for part in heading)
        and (name := child_text(heading, "DescriptorName"))
    )


def _identifiers(article: Element, pubmed: Element | None) -> tuple[str, str]:
    """(DOI, PMCID); the publisher's ELocationID is used if PubMed lists no DOI."""
    identifiers = {"doi": "", "pmc": ""}
    listed = pubmed.find("ArticleIdList") if pubmed is not None else None
    if listed is not None:
        for identifier in listed:
            kind = identifier.get("IdType", "")
            if kind in identifiers and not identifiers[kind]:
                identifiers[kind] = element_text(identifier)
    if not identifiers["doi"]:
        for location in article.iterfind("ELocationID"):
            if location.get("EIdType") == "doi" and location.get("ValidYN") != "N":
                identifiers["doi"] = element_text(location)
                break
    return identifiers["doi"], identifiers["pmc"]


def _notices(listed: Element | None) -> tuple[Notice, ...]:
    notices = []
    for reference in listed if listed is not None else ():
        if relation := _NOTICES.get(reference.get("RefType", "")):
            kind, issued_by = relation
            notices.append(
                Notice(
                    kind,
                    child_text(reference, "PMID"),
                    child_text(reference, "RefSource"),
                    issued_by,
                )
            )
    return tuple(notices)


def _pages(article: Element) -> str:
    """Pages, else the article number of an electronic journal."""
    pagination = article.find("Pagination")
    if pages := child_text(pagination, "MedlinePgn"):
        return pages
    first, last = child_text(pagination, "StartPage"), child_text(pagination, "EndPage")
    if first:
        return f"{first}-{last}" if last and last != first else first
    for location in article.iterfind("ELocationID"):
        if location.get("EIdType") == "pii" and location.get("ValidYN") != "N":
            number = element_text(location)
            # The long item numbers of Elsevier and others are not article numbers.
            return number if _ARTICLE_NUMBER.fullmatch(number) else ""
    return ""


def _published(issue: Element | None, article: Element, pubmed: Element | None) -> str:
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


def _date(element: Element | None) -> str:
    """ISO date as precise as the element: Year/Month/Day, Year/Season, or MedlineDate's year."""
    if element is None:
        return ""
    year = child_text(element, "Year")
    return date_of(year, child_text(element, "Month"), child_text(element, "Day")) or year_in(
        child_text(element, "MedlineDate")
    )
