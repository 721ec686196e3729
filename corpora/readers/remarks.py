"""Remarks that several readers make."""

from __future__ import annotations

from collections.abc import Iterator

from corpora.article import Remark
from corpora.lines import Lines


def encoding_remark(lines: Lines) -> Iterator[Remark]:
    """Say that a file is not UTF-8, where it is not."""
    if lines.foreign:
        yield Remark(
            0, "", "not UTF-8: read as Windows-1252; look at accented letters", lines.foreign
        )
