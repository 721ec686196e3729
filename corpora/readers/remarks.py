"""Remarks shared by several readers."""

from __future__ import annotations

from collections.abc import Iterator

from corpora.article import Remark
from corpora.lines import Lines


def encoding_remark(lines: Lines) -> Iterator[Remark]:
    """Yield a remark if a file is not UTF-8."""
    if lines.foreign:
        yield Remark(
            0, "", "not UTF-8: read as Windows-1252; check accented letters", lines.foreign
        )
