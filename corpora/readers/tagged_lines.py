"""Records of tagged lines ("TI  - A title"), as in MEDLINE text and RIS.

rispy and Bio.Medline read whole files into memory and stop at the first unreadable line; this
reader keeps one record in memory and reports its errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from corpora.lines import Lines
from corpora.readers.fields import one_line

_MOST_LINES = 100_000
# MEDLINE text: the tag fills four columns. "CD44-positive" at the start of a line is not a tag.
_MEDLINE = re.compile(r"^([A-Z][A-Z0-9 ]{3})-(?: (.*)|$)")
# RIS: two characters and two spaces. "IL-6" and "TNF-alpha" at the start of a line are not tags.
_RIS = re.compile(r"^\s?([A-Z][A-Z0-9])  -(?: ?(.*)|$)")
# Some programs write one space before the dash, consistently throughout a file.
_LOOSE_RIS = re.compile(r"^\s?([A-Z][A-Z0-9]) ?-(?: (.*)|$)")


@dataclass(slots=True)
class TaggedRecord:
    """The values of each tag in file order, an error if any, and the line of its beginning."""

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
    """Records that begin with `first_tag`; lines without a tag continue the previous value.

    Args:
        last_tag: tag that ends a record, if the format has one; text between it and the next
            record (search strategies, links, numbers) is ignored.
    """
    record: TaggedRecord | None = None
    form = _RIS if last_tag else _MEDLINE
    tag, count = "", 0
    for line in lines:
        line = line.rstrip().removeprefix("\ufeff")  # noqa: PLW2901
        match = form.match(line)
        if last_tag and (not match or record is None):
            loose = _LOOSE_RIS.match(line)
            if loose and loose[1] == first_tag:
                match = loose
                form = _RIS if _RIS.match(line) else _LOOSE_RIS
        name = match[1].rstrip() if match else ""
        if match and name == first_tag:
            if record is not None:
                yield record
            record, count, tag = TaggedRecord(line=lines.number), 0, ""
        if record is None or not line:
            continue
        count += 1
        if count > _MOST_LINES:
            record.fault = f"more than {_MOST_LINES:,} lines"
        elif match and name == last_tag:
            yield record
            record = None
        elif match:
            tag = name
            record.values.setdefault(tag, []).append(match[2] or "")
        elif tag:
            record.values[tag][-1] += " " + line.strip()
    if record is not None:
        yield record
