"""RIS, the export format of reference managers and other databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from corpora.article import Article, BadRecord, Notice, NoticeKind, Record
from corpora.dates import best_date
from corpora.identifiers import doi_in, doi_of, pmcid_in, pmid_in, pmid_of
from corpora.labels import labelled_sections
from corpora.lines import Lines
from corpora.names import authors_of
from corpora.notices import NOTICE_WORDS, read_notice
from corpora.readers.remarks import encoding_remark
from corpora.readers.tagged_lines import TaggedRecord, read_tagged
from corpora.text_cleanup import cleaned_text

# RIS type → PubMed's publication type.
_TYPES = {"JOUR": "Journal Article", "BOOK": "Book", "CHAP": "Book chapter", "NEWS": "News",
          "UNPB": "Preprint", "CONF": "Congress", "CPAPER": "Congress", "ABST": "Abstract",
          "THES": "Academic Dissertation", "EJOUR": "Journal Article", "JFULL": "Journal Article"}  # fmt: skip
_RETRACTED = re.compile(
    r"(?:this (?:article|paper) (?:has been|was|is) )?retracted(?: (?:article|paper|publication))?\W*",
    re.I,
)
EPUB_AHEAD = "Epub ahead of print"
_FROM_PUBMED = re.compile(r"pubmed|medline", re.I)


def read_ris(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable records of a RIS stream.

    A record is identified by a PMID in any of its fields, else by its DOI, else by its title and
    year.
    """
    lines = Lines(stream)
    for position, record in enumerate(read_tagged(lines, "TY", "ER"), start=1):
        article = _article(record)
        if record.fault or not (article.title or article.sections):
            reason = record.fault or "neither title nor abstract"
            yield BadRecord(position, article.pmid, reason, record.line)
        else:
            yield article
    yield from encoding_remark(lines)


def _article(record: TaggedRecord) -> Article:
    published = best_date(*record.all("PY"), *record.all("Y1"), *record.all("DA"))
    addresses = " ".join(record.all("M3", "UR", "L3", "M1", "M2", "N1", "C7"))
    start, end = record.first("SP"), record.first("EP")
    start, _, own_end = (
        start.partition("-") if start.count("-") == 1 and not end else (start, "", "")
    )
    return Article(
        pmid=_pmid(record),
        title=record.first("TI", "T1", "CT", "BT"),
        sections=labelled_sections(record.first("AB", "N2")),
        journal=record.first("JO", "JF", "T2", "BT"),
        journal_abbreviation=record.first("J2", "JA", "J1"),
        volume=record.first("VL"),
        issue=record.first("IS"),
        pages="-".join(part for part in (start, end or own_end) if part) or record.first("C7"),
        year=int(published[:4] or 0),
        published=published,
        authors=authors_of(record.all("AU", "A1"), given_first=False),
        publication_types=_types(record),
        keywords=tuple(word.strip("*") for word in record.all("KW")),
        doi=doi_of(record.first("DO", "DI")) or doi_in(addresses),
        pmcid=pmcid_in(" ".join(record.all("C2", "C7", "UR", "L2", "N1", "M2", "AN"))),
        languages=tuple(record.all("LA")),
        notices=tuple(_notices(record)),
        ahead_of_print=EPUB_AHEAD in record.all("N1"),
        sources=tuple(filter(None, [record.first("DB", "DP")])),
    )


def _types(record: TaggedRecord) -> tuple[str, ...]:
    """The publication types a record names, else the one for its RIS type."""
    types = [kind.strip() for value in record.all("M3") for kind in value.split(";")]
    types = [kind for kind in types if kind and not doi_in(kind)]
    return tuple(types) or tuple(filter(None, [_TYPES.get(record.first("TY"), "")]))


def _notices(record: TaggedRecord) -> Iterator[Notice]:
    """Notices in NLM's words ("Retraction in: …") among the notes, or a bare "RETRACTED"."""
    notes = [cleaned_text(note) for note in record.all("N1")]
    retracted = False
    for note in notes:
        for (kind, issued_by), words in NOTICE_WORDS.items():
            if note.lower().startswith(f"{words}: ".lower()):
                retracted |= kind is NoticeKind.RETRACTED and not issued_by
                yield read_notice(kind, note[len(words) + 2 :], issued_by=issued_by)
    if not retracted and any(map(_RETRACTED.fullmatch, notes)):
        yield Notice(NoticeKind.RETRACTED)


def _pmid(record: TaggedRecord) -> str:
    """The PMID, which PubMed, Ovid, Embase, CENTRAL, EndNote and Zotero export in various fields.

    A bare number counts only if the record says that it comes from PubMed or MEDLINE: Embase and
    others number their own records.
    """
    fields = record.all(
        "AN", "C1", "C2", "C3", "C4", "C5", "C6", "C8", "ID", "M2", "N1", "L2", "UR"
    )
    for value in map(cleaned_text, fields):
        # "Retraction in: J 2022. PMID: 7" names another record.
        is_notice = any(value.lower().startswith(words.lower()) for words in NOTICE_WORDS.values())
        if not is_notice and (pmid := pmid_in(value)):
            return pmid
    if _FROM_PUBMED.search(" ".join(record.all("DB", "DP"))):
        for value in record.all("AN", "C1", "C6", "ID"):
            if pmid := pmid_of(value):
                return pmid
    return ""
