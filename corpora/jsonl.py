"""One article a line: `{"pmid", "title", "abstract", …}`, the simplest way to bring one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO

import pydantic

from corpora.article import BadRecord, Record
from corpora.plain import PlainRecord, bounded_lines, read_plain, reason_of

_PMID = re.compile(rb'"pmid"\s*:\s*"?([\w.-]{1,100})')


def read_jsonl(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable lines of a JSON Lines stream; blank lines are skipped.

    `abstract` is a string or a list of `{"label", "text"}`. Only `pmid` is required, with a title
    or an abstract beside it.
    """
    position = 0
    for line in bounded_lines(stream):
        if not line.strip():
            continue
        position += 1
        try:
            yield read_plain(PlainRecord.model_validate_json(line), position)
        except pydantic.ValidationError as error:
            found = _PMID.search(line)
            pmid = found.group(1).decode("ascii", "replace") if found else ""
            yield BadRecord(position, pmid, reason_of(error))
