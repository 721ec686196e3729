"""MEDLINE text as PubMed exports it (`.nbib`, E-utilities' rettype=medline).

Tags are described at https://www.nlm.nih.gov/bsd/mms/medlineelements.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Record
from corpora.dates import iso_date
from corpora.labels import labelled_sections
from corpora.notices import read_notice
from corpora.tagged import TaggedRecord, read_tagged

# Tag → (what it says, whether this record is the notice itself).
NOTICES = {
    "RIN": (NoticeKind.RETRACTED, False),
    "ROF": (NoticeKind.RETRACTED, True),
    "PRIN": (NoticeKind.RETRACTED, False),
    "PROF": (NoticeKind.RETRACTED, True),
    "RPI": (NoticeKind.RETRACTED, False),
    "RPF": (NoticeKind.RETRACTED, True),
    "ECI": (NoticeKind.CONCERN, False),
    "ECF": (NoticeKind.CONCERN, True),
    "EIN": (NoticeKind.CORRECTED, False),
    "EFR": (NoticeKind.CORRECTED, True),
    "CRI": (NoticeKind.CORRECTED, False),
    "CRF": (NoticeKind.CORRECTED, True),
}
_INITIALS = re.compile(r" ([^\W\d_]{1,4})(?: (?:Jr|Sr|\d(?:st|nd|rd|th)))?$")


def read_medline(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable records of a MEDLINE text stream."""
    for position, record in enumerate(read_tagged(stream, "PMID"), start=1):
        pmid = record.first("PMID")
        if record.fault or not pmid.isdigit():
            yield BadRecord(position, pmid, record.fault or "no PMID")
        else:
            article = _article(pmid, record)
            if article.title or article.sections:
                yield article
            else:
                yield BadRecord(position, pmid, "neither title nor abstract")


def _article(pmid: str, record: TaggedRecord) -> Article:
    published = iso_date(record.first("DP")) or iso_date(record.first("DEP"))
    types = tuple(record.all("PT"))
    return Article(
        pmid=pmid,
        title=record.first("TI", "BTI", "TT"),
        sections=labelled_sections(record.first("AB")),
        journal=record.first("JT"),
        journal_abbreviation=record.first("TA"),
        volume=record.first("VI"),
        issue=record.first("IP"),
        pages=record.first("PG"),
        year=int(published[:4]) if published else 0,
        published=published,
        authors=tuple(_authors(record)),
        publication_types=types,
        mesh=tuple(dict.fromkeys(h.split("/")[0].strip("*") for h in record.all("MH"))),
        keywords=tuple(word.strip("*") for word in record.all("OT")),
        doi=_identifier(record, "doi"),
        pmcid=record.first("PMC"),
        languages=tuple(record.all("LA")),
        vernacular_title=record.first("TT"),
        notices=tuple(_notices(record, types)),
        revised=iso_date(record.first("LR")),
    )


def _authors(record: TaggedRecord) -> Iterator[Author]:
    short = record.all("AU")
    for position, full in enumerate(record.all("FAU") or short):
        last, comma, fore = full.partition(", ")
        found = _INITIALS.search(short[position] if position < len(short) else "")
        initials = found[1] if found and found[1].isupper() else ""
        if found and initials and not comma:
            last = full.removesuffix(found[0])
        yield Author(last, fore, initials)
    for group in record.all("CN"):
        yield Author(collective=group)


def _identifier(record: TaggedRecord, kind: str) -> str:
    ending = f" [{kind}]"
    found = (v.removesuffix(ending) for v in record.all("LID", "AID") if v.endswith(ending))
    return next(found, "")


def _notices(record: TaggedRecord, types: tuple[str, ...]) -> Iterator[Notice]:
    retracted = False
    for tag, (kind, issued_by) in NOTICES.items():
        for value in record.all(tag):
            retracted |= kind is NoticeKind.RETRACTED and not issued_by
            yield read_notice(kind, value, issued_by=issued_by)
    # A retraction may reach the publication types before the link to its notice does.
    if not retracted and "Retracted Publication" in types:
        yield Notice(NoticeKind.RETRACTED)
