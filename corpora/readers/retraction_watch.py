"""Retraction Watch's table of retractions, corrections and expressions of concern.

It contains no articles: each row is a statement about one identified by DOI or PMID.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import IO

from corpora.article import BadRecord, Notice, NoticeKind, Record, Statement
from corpora.dates import iso_date
from corpora.errors import UnreadableFile
from corpora.identifiers import doi_of, pmid_of
from corpora.lines import LONGEST_LINE, Lines

COLUMNS = frozenset({"RetractionNature", "OriginalPaperDOI", "OriginalPaperPubMedID"})
_KINDS = {
    "retraction": NoticeKind.RETRACTED,
    "expression of concern": NoticeKind.CONCERN,
    "correction": NoticeKind.CORRECTED,
}


def read_retraction_watch(stream: IO[bytes]) -> Iterator[Record]:
    """A statement for each identifier of each row's article; reinstatements are skipped.

    Raises:
        UnreadableFile: the table's quoting is malformed.
    """
    csv.field_size_limit(LONGEST_LINE)
    lines = Lines(stream)
    rows = csv.DictReader((f"{line}\n" for line in lines), strict=True)
    try:
        for position, row in enumerate(rows, start=1):
            yield from _row(row, position, lines.number)
    except csv.Error as error:
        raise UnreadableFile(
            f"The table is malformed at line {lines.number}: {error}.",
            "Fetch it again; nothing was imported from it.",
        ) from error


def _row(row: dict[str, str], position: int, line: int) -> Iterator[Record]:
    nature = (row.get("RetractionNature") or "").strip().casefold()
    kind = _KINDS.get(nature)
    if kind is None:
        if nature != "reinstatement":
            yield BadRecord(position, "", f"“{nature[:40]}” is not a kind of notice", line)
        return
    pmid, doi = (
        pmid_of(row.get("OriginalPaperPubMedID") or ""),
        doi_of(row.get("OriginalPaperDOI") or ""),
    )
    if not (pmid or doi):
        yield BadRecord(position, "", "neither PMID nor DOI of the article", line)
        return
    # US order of month and day: "1/15/2020 0:00".
    month, _, rest = (row.get("RetractionDate") or "").partition("/")
    day, _, year = rest.partition("/")
    date = iso_date(f"{year[:4]}-{month.zfill(2)}-{day.zfill(2)}") if year[:4].isdigit() else ""
    source = " ".join(part for part in ("Retraction Watch", date) if part)
    reasons = [r.strip("+ ") for r in (row.get("Reason") or "").split(";") if r.strip("+ ")]
    if reasons:
        source += f": {'; '.join(reasons[:3])}"
    issuer = pmid_of(row.get("RetractionPubMedID") or "")
    own_doi = doi_of(row.get("RetractionDOI") or "")
    # Identifiers equal to the article's own do not point to a separate notice.
    same = issuer == pmid and own_doi.casefold() == doi.casefold()
    notice = Notice(kind, "" if same else issuer, source, False, "" if same or issuer else own_doi)
    if pmid:
        yield Statement(pmid, notice)
    if doi:
        yield Statement(f"doi:{doi.lower()}", notice)
