"""Records of tagged lines ("TI  - A title"), the shape that MEDLINE text and RIS share.

rispy and Bio.Medline read whole files into memory and stop at the first line they cannot read; this
holds one record at a time and gives back what is wrong with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from corpora.plain import bounded_lines, one_line

_TAG = re.compile(r"^([A-Z][A-Z0-9]{1,3}) {0,2}- ?(.*)$")
_MOST_LINES = 100_000


@dataclass(slots=True)
class TaggedRecord:
    """The values of each tag in file order, and what could not be read."""

    values: dict[str, list[str]] = field(default_factory=dict)
    fault: str = ""

    def first(self, *tags: str) -> str:
        """The first value of the first of these tags that has one, else ""."""
        return next((one_line(v) for tag in tags for v in self.values.get(tag, ()) if v), "")

    def all(self, *tags: str) -> list[str]:
        """All values of these tags."""
        return [text for tag in tags for v in self.values.get(tag, ()) if (text := one_line(v))]


def read_tagged(stream: IO[bytes], first_tag: str) -> Iterator[TaggedRecord]:
    """Records that each begin with `first_tag`; lines without a tag continue the one before."""
    record: TaggedRecord | None = None
    tag, lines = "", 0
    for raw in bounded_lines(stream):
        try:
            line = raw.decode("utf-8-sig").rstrip()
        except UnicodeDecodeError:
            line = raw.decode("utf-8", "replace").rstrip()
            if record is not None:
                record.fault = "a line is not UTF-8"
        found = _TAG.match(line)
        if found and found[1] == first_tag:
            if record is not None:
                yield record
            record, lines = TaggedRecord(), 0
        if record is None or not line:
            continue
        lines += 1
        if lines > _MOST_LINES:
            record.fault = f"more than {_MOST_LINES:,} lines"
        elif found:
            tag = found[1]
            record.values.setdefault(tag, []).append(found[2])
        elif tag:
            record.values[tag][-1] += " " + line.strip()
    if record is not None:
        yield record


def made_identifier(doi: str, title: str, year: int) -> str:
    """A stable identifier for a record that names none: its DOI, else a hash of title and year."""
    if doi:
        return f"doi:{doi.lower()}"
    digest = hashlib.blake2b(f"{title.casefold()}|{year}".encode(), digest_size=8)
    return f"title:{digest.hexdigest()}"
