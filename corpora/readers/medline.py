"""MEDLINE text as PubMed exports it (`.nbib`, E-utilities' rettype=medline).

Tags are described at https://www.nlm.nih.gov/bsd/mms/medlineelements.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Record
from corpora.dates import iso_date
from corpora.identifiers import pmid_of
from corpora.labels import labelled_sections
from corpora.lines import Lines
from corpora.names import author_of, person
from corpora.notices import read_notice
from corpora.readers.remarks import encoding_remark
from corpora.readers.tagged_lines import TaggedRecord, read_tagged

# Tag → (kind of notice, whether this record is the notice itself).
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
_AHEAD = "aheadofprint"


def read_medline(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable records of a MEDLINE text stream."""
    lines = Lines(stream)
    for position, record in enumerate(read_tagged(lines, "PMID"), start=1):
        identifier = record.first("PMID")
        pmid = pmid_of(identifier)
        article = _article(pmid, record)
        if record.fault:
            yield BadRecord(position, identifier, record.fault, record.line)
        elif not (article.title or article.sections):
            yield BadRecord(position, identifier, "neither title nor abstract", record.line)
        else:
            yield article
    yield from encoding_remark(lines)


def _article(pmid: str, record: TaggedRecord) -> Article:
    published = iso_date(record.first("DP")) or iso_date(record.first("DEP"))
    return Article(
        pmid=pmid,
        title=record.first("TI", "BTI", "TT"),
        sections=labelled_sections(record.first("AB") or record.first("OAB")),
        journal=record.first("JT"),
        journal_abbreviation=record.first("TA"),
        volume=record.first("VI"),
        issue=record.first("IP"),
        pages=record.first("PG") or _identifier(record, "pii", "LID"),
        year=int(published[:4]) if published else 0,
        published=published,
        authors=tuple(_authors(record)),
        publication_types=tuple(record.all("PT")),
        mesh=tuple(dict.fromkeys(h.split("/")[0].strip("*") for h in record.all("MH"))),
        major_mesh=tuple(
            dict.fromkeys(h.split("/")[0].strip("*") for h in record.all("MH") if "*" in h)
        ),
        keywords=tuple(word.strip("*") for word in record.all("OT")),
        doi=_identifier(record, "doi"),
        pmcid=record.first("PMC"),
        languages=tuple(record.all("LA")),
        vernacular_title=record.first("TT"),
        notices=tuple(_notices(record)),
        revised=iso_date(record.first("LR")),
        ahead_of_print=record.first("PST") == _AHEAD,
    )


def _authors(record: TaggedRecord) -> Iterator[Author]:
    """People from FAU and AU, then groups; MEDLINE text does not give their common order."""
    short = [author_of(name) or Author() for name in record.all("AU")]
    full = record.all("FAU")
    for position, name in enumerate(full):
        short_form = short[position] if position < len(short) else Author()
        last, comma, fore = name.partition(", ")
        if not comma:
            yield short_form if short_form.initials else Author(name)
            continue
        suffix = short_form.suffix
        if suffix and fore.rstrip(".").endswith(suffix):
            fore = fore.rstrip(".").removesuffix(suffix).rstrip(" ,")
        yield person(last, fore, suffix, short_form.initials)
    if not full:
        yield from short
    for group in record.all("CN"):
        yield Author(collective=group)


def _identifier(record: TaggedRecord, kind: str, *tags: str) -> str:
    ending = f" [{kind}]"
    values = record.all(*(tags or ("LID", "AID")))
    return next((v.removesuffix(ending) for v in values if v.endswith(ending)), "")


def _notices(record: TaggedRecord) -> Iterator[Notice]:
    for tag, (kind, issued_by) in NOTICES.items():
        for value in record.all(tag):
            yield read_notice(kind, value, issued_by=issued_by)
