"""Read editorial notices in NLM's words."""

from __future__ import annotations

import re

from corpora.article import Notice, NoticeKind
from corpora.identifiers import doi_in

# NLM's words before the source of a notice, by kind and whether the record itself is the notice.
NOTICE_WORDS = {
    (NoticeKind.RETRACTED, False): "Retraction in",
    (NoticeKind.RETRACTED, True): "Retraction of",
    (NoticeKind.CONCERN, False): "Expression of concern in",
    (NoticeKind.CONCERN, True): "Expression of concern for",
    (NoticeKind.CORRECTED, False): "Erratum in",
    (NoticeKind.CORRECTED, True): "Erratum for",
}
_PMID = re.compile(r"PMID: ?(\d+)")


def read_notice(kind: NoticeKind, place: str, *, issued_by: bool) -> Notice:
    """The notice with a source such as "Arch Invent Trials. 2022;13(1):5. PMID: 99000002"."""
    match = _PMID.search(place)
    source = place[: match.start()].strip(" .") if match else place
    # If a PMID identifies the record, a DOI is part of the source.
    doi = "" if match else doi_in(source)
    if doi and re.fullmatch(r"\W*(?:doi\W*)?", source.replace(doi, ""), re.IGNORECASE):
        source = ""
    return Notice(kind, match[1] if match else "", source, issued_by, doi)
