"""PubMed's “Abstract (text)” format: records laid out for reading, numbered, separated by blank lines.

Fields without a tag (title, authors) are identified by their position.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

from corpora.article import Record
from corpora.lines import Lines
from corpora.readers.fields import one_line, read_fields
from corpora.readers.remarks import encoding_remark

START = re.compile(r"^\d+\. \S.{3,}?(?:\. |;)(?:[A-Z(]|1[6-9]\d\d|20\d\d)", re.MULTILINE)
_END = re.compile(r"^PMID: (\d+)")
_SOURCE = re.compile(
    r"^\d+\. (?P<journal>.+?)\. (?P<date>(?:1[6-9]|20)\d\d[^;:.]*)(?:;(?P<volume>[^(:;.]*)(?:\((?P<issue>[^)]*)\))?)?"
    r"(?::(?P<pages>[^.;]+))?[.;]"
)
_ABOUT = re.compile(
    r"^(?:Author information|Collaborators|Comment (?:in|on)|Conflict of interest|Copyright|©|Erratum|Update|Plain [Ll]anguage|Publisher|Republished|Retraction|Summary for|Expression of concern)"
)
_AFFILIATION = re.compile(r"\(\d+(?:\)\(\d+)*\)")
_NUMBERS = {"doi": re.compile(r"\bDOI: (\S+)"), "pmcid": re.compile(r"\b(PMC\d+)"),
            "pmid": re.compile(r"\bPMID: (\d+)")}  # fmt: skip
_MOST_LINES = 5_000


def read_abstract_text(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable records of PubMed's abstract format."""
    lines = Lines(stream)
    for position, (line, blocks) in enumerate(_records(lines), start=1):
        yield from read_fields(_fields(blocks), position, line)
    yield from encoding_remark(lines)


def _records(lines: Lines) -> Iterator[tuple[int, list[str]]]:
    """(line, paragraphs) of each record."""
    block: list[str] = []
    start, ended = 0, True
    for line in lines:
        if ended and START.match(line):
            if block:
                yield start, _paragraphs(block)
            block, start, ended = [], lines.number, False
        if start and len(block) < _MOST_LINES:
            block.append(line.rstrip())
        if start and _END.match(line):
            ended = True
    if block:
        yield start, _paragraphs(block)


def _paragraphs(lines: list[str]) -> list[str]:
    blocks = re.split(r"\n\s*\n", "\n".join(lines))
    return [block.strip() for block in blocks if block.strip()]


def _fields(blocks: list[str]) -> dict[str, object]:
    source = one_line(blocks[0])
    fields: dict[str, object] = {"source": "PubMed"}
    if match := _SOURCE.match(source):
        fields |= {
            "journal_abbreviation": match["journal"], "published": match["date"],
            "volume": match["volume"], "issue": match["issue"], "pages": match["pages"],
        }  # fmt: skip
    tail = next((block for block in reversed(blocks) if _NUMBERS["pmid"].search(block)), "")
    for name, form in _NUMBERS.items():
        if number := form.search(tail) or (form.search(source) if name == "doi" else None):
            fields[name] = number[1].rstrip(".")
    rest = [block for block in blocks[1:] if block is not tail]
    if rest:
        fields["title"] = one_line(rest.pop(0))
    if rest and _is_authors(rest[0]):
        names = one_line(_AFFILIATION.sub("", rest.pop(0))).rstrip(".;")
        fields["authors"] = (
            names.split("; ")[0].split(", ") if "; " not in names else re.split(r"[;,] ", names)
        )
    if rest and rest[0].startswith("[Article in"):
        fields["languages"] = rest.pop(0).removeprefix("[Article in").strip(" ]")
    body = [block for block in rest if not _ABOUT.match(block)]
    fields["abstract"] = " ".join(map(one_line, body))
    return fields


def _is_authors(block: str) -> bool:
    names = _AFFILIATION.sub("", one_line(block)).rstrip(".").split(", ")
    return all(len(name.split()) <= 6 for name in names) and bool(
        _AFFILIATION.search(block)
        or re.search(r"\b[A-Z]{1,3}(?: Jr)?(?:,|;|\.$|$)", one_line(block))
    )
