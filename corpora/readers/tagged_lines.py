"""Records of tagged lines ("TI  - A title"), the shape that MEDLINE text and RIS share.

rispy and Bio.Medline read whole files into memory and stop at the first line they cannot read; this
holds one record at a time and gives back what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from corpora.lines import Lines
from corpora.readers.fields import one_line

_MOST_LINES = 100_000
# MEDLINE text: the tag fills four columns. "CD44-positive" at the start of a line is none.
_MEDLINE = re.compile(r"^([A-Z][A-Z0-9 ]{3})-(?: (.*)|$)")
# RIS: two characters and two spaces. "IL-6" and "TNF-alpha" at the start of a line are none.
_RIS = re.compile(r"^\s?([A-Z][A-Z0-9])  -(?: ?(.*)|$)")
# Some programs write one space before the dash, then all through a file.
_LOOSE_RIS = re.compile(r"^\s?([A-Z][A-Z0-9]) ?-(?: (.*)|$)")


@dataclass(slots=True)
class TaggedRecord:
    """The values of each tag in file order, what could not be read, and where the record begins."""

    values: dict[str, list[str]] = field(default_factory=dict)
    fault: str = ""
    line: int = 0

    def first(self, *tags: str) -> str:
        """The first value of the first of these tags that has one, else ""."""
        return next((one_line(v) for tag in tags for v in self.values.get(tag, ()) if v), "")

    def all(self, *tags: str) -> list[str]:
        """All values of these tags."""
        return [text for tag in tags for v in self.values.get(tag, ()) if (text := one_line(v))]


def read_tagged(lines: Lines, first_tag: str, last_tag: str = "") -> Iterator[TaggedRecord]:
    """Records that each begin with `first_tag`; lines without a tag continue the one before.

    Args:
        last_tag: ends a record, where the format has such a tag; what stands between that and the
            next record (search strategies, links, numbers) belongs to none.
    """
    record: TaggedRecord | None = None
    form = _RIS if last_tag else _MEDLINE
    tag, count = "", 0
    for line in lines:
        line = line.rstrip().removeprefix("\ufeff")  # noqa: PLW2901
        found = form.match(line)
        if last_tag and (not found or record is None):
            loose = _LOOSE_RIS.match(line)
            if loose and loose[1] == first_tag:
                found = loose
                form = _RIS if _RIS.match(line) else _LOOSE_RIS
        name = found[1].rstrip() if found else ""
        if found and name == first_tag:
            if record is not None:
                yield record
            record, count, tag = TaggedRecord(line=lines.number), 0, ""
        if record is None or not line:
            continue
        count += 1
        if count > _MOST_LINES:
            record.fault = f"more than {_MOST_LINES:,} lines"
        elif found and name == last_tag:
            yield record
            record = None
        elif found:
            tag = name
            record.values.setdefault(tag, []).append(found[2] or "")
        elif tag:
            record.values[tag][-1] += " " + line.strip()
    if record is not None:
        yield record
