"""RIS, the format that reference managers and other databases export."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Record
from corpora.dates import iso_date
from corpora.labels import labelled_sections
from corpora.notices import NOTICE_WORDS, read_notice
from corpora.tagged import TaggedRecord, made_identifier, read_tagged

_PMID = re.compile(r"^(?:PMID:?\s*|\S*pubmed\S*/)?(\d{5,9})/?$")
_PMCID = re.compile(r"\bPMC\d+\b")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
# What kind of work a record is, where that is a publication type of PubMed's too.
_TYPES = {"JOUR": "Journal Article", "BOOK": "Book", "CHAP": "Book chapter", "NEWS": "News",
          "UNPB": "Preprint", "CONF": "Congress"}  # fmt: skip


def read_ris(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable records of a RIS stream.

    A record is known by its PMID where it names one, else by its DOI, else by its title and year.
    """
    for position, record in enumerate(read_tagged(stream, "TY"), start=1):
        article = _article(record)
        if record.fault or not (article.title or article.sections):
            yield BadRecord(position, article.pmid, record.fault or "neither title nor abstract")
        else:
            yield article


def _article(record: TaggedRecord) -> Article:
    published = iso_date(record.first("DA", "PY", "Y1"))
    year = int(published[:4]) if published else 0
    found = _DOI.search(" ".join(record.all("DO", "M3", "UR", "L3")))
    doi = found.group() if found else ""
    title = record.first("TI", "T1")
    start, end = record.first("SP"), record.first("EP")
    return Article(
        pmid=_pmid(record) or made_identifier(doi, title, year),
        title=title,
        sections=labelled_sections(record.first("AB", "N2")),
        journal=record.first("JO", "JF", "T2"),
        journal_abbreviation=record.first("J2", "JA"),
        volume=record.first("VL"),
        issue=record.first("IS"),
        pages="-".join(part for part in (start, end) if part),
        year=year,
        published=published,
        authors=tuple(_author(name) for name in record.all("AU", "A1")),
        publication_types=_types(record),
        keywords=tuple(record.all("KW")),
        doi=doi,
        pmcid=next(iter(_PMCID.findall(" ".join(record.all("C2", "C7", "UR", "L2")))), ""),
        languages=tuple(value.lower()[:3] for value in record.all("LA")),
        notices=tuple(_notices(record)),
    )


def _types(record: TaggedRecord) -> tuple[str, ...]:
    """Publication types where the record names any, else what kind of work it is."""
    named = [kind.strip() for value in record.all("M3") for kind in value.split(";")]
    named = [kind for kind in named if kind and not _DOI.search(kind)]
    return tuple(named) or tuple(filter(None, [_TYPES.get(record.first("TY"), "")]))


def _notices(record: TaggedRecord) -> Iterator[Notice]:
    """Notices in NLM's words, "Retraction in: …", among the notes; a bare "RETRACTED" counts."""
    notes = record.all("N1")
    retracted = False
    for note in notes:
        for (kind, issued_by), words in NOTICE_WORDS.items():
            if note.startswith(f"{words}: "):
                retracted |= kind is NoticeKind.RETRACTED and not issued_by
                yield read_notice(kind, note.removeprefix(f"{words}: "), issued_by=issued_by)
    if "RETRACTED" in notes and not retracted:
        yield Notice(NoticeKind.RETRACTED)


def _pmid(record: TaggedRecord) -> str:
    """The PMID of PubMed's, Ovid's, EndNote's and Zotero's exports, each in its own place."""
    source = " ".join(record.all("DB", "DP", "N1", "UR", "L2")).lower()
    if "pubmed" not in source and "medline" not in source and "pmid" not in source:
        return ""
    for value in record.all("AN", "C1", "C6", "ID", "UR", "N1"):
        if found := _PMID.match(value):
            return found[1]
    return ""


def _author(name: str) -> Author:
    if name.endswith(","):
        return Author(collective=name[:-1])
    last, comma, fore = name.partition(",")
    if not comma:
        return Author(last=name)
    fore = fore.strip()
    return Author(
        last.strip(), fore, "".join(part[0] for part in re.split(r"[ .-]+", fore) if part)
    )
