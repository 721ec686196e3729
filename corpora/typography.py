"""How the letters of a text are set: italics, and what stands below or above the line.

It is kept beside the text, which stays plain: search, quotes and verification know nothing of it.
Bold is left out, since papers use it for headings inside a text. Raised and lowered figures are
characters of the text itself ("CO₂", see `corpora.readers.xml_text`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

_WHITE = re.compile(r"\s+")


class TypeStyle(StrEnum):
    """A way to set letters, by the name of HTML's element for it."""

    ITALIC = "i"
    SUBSCRIPT = "sub"
    SUPERSCRIPT = "sup"


@dataclass(frozen=True, slots=True)
class Typography:
    """A stretch of an article's text that is set in a style of its own."""

    start: int
    end: int
    style: TypeStyle


# (start, end, style) in a text of its own. Readers make many, and tuples are made faster.
Stretch = tuple[int, int, TypeStyle]


class SetText(NamedTuple):
    """A plain text and its typography, by offsets in it."""

    text: str
    stretches: Sequence[Stretch] = ()


def set_line(raw: str, marked: Sequence[Stretch]) -> SetText:
    """A text with its white space collapsed, and the typography of `raw` in the one form it has.

    Stretches begin and end with a letter; those of one style neither touch nor overlap, and no
    white space alone parts them. Of two that begin together the longer comes first.
    """
    text = " ".join(raw.split())
    if not marked:
        return SetText(text)
    kept = _merged(raw, marked)
    # A line break that became a space moves nothing.
    return SetText(text, kept if len(text) == len(raw) else _moved(raw, kept))


def set_lines(lines: Iterable[SetText]) -> tuple[Typography, ...]:
    """The typography of the text of these lines."""
    return tuple(Typography(*stretch) for stretch in _one_after_the_other(lines))


def joined(texts: Sequence[SetText]) -> SetText:
    """Texts with a space between them."""
    return SetText(" ".join(text for text, _ in texts), _one_after_the_other(texts))


_SUPERSCRIPT = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_FIGURES = {TypeStyle.SUPERSCRIPT: _SUPERSCRIPT, TypeStyle.SUBSCRIPT: _SUBSCRIPT}


def figures_of(inner: str, style: TypeStyle) -> str:
    """Figures in the characters that show them raised or lowered, "" where they have none.

    "10<sup>5</sup>" becomes "10⁵": "105" would be another number.
    """
    figures = _FIGURES.get(style)
    return inner.translate(figures) if figures and figures.keys() >= set(map(ord, inner)) else ""


def within_text(line: SetText, start: int, end: int) -> SetText:
    """Part of a text with its typography."""
    inside = [
        (max(first, start) - start, min(last, end) - start, style)
        for first, last, style in line.stretches
        if first < end and last > start
    ]
    return SetText(line.text[start:end], inside)


def within(typography: Iterable[Typography], start: int, end: int) -> list[Stretch]:
    """What of it lies between two offsets, counted from the first of them."""
    return [
        (max(each.start, start) - start, min(each.end, end) - start, each.style)
        for each in typography
        if each.start < end and each.end > start
    ]


def _one_after_the_other(texts: Iterable[SetText]) -> list[Stretch]:
    """The stretches of texts that have one character between them."""
    found: list[Stretch] = []
    at = 0
    for text, stretches in texts:
        if stretches:
            found += [(start + at, end + at, style) for start, end, style in stretches]
        at += len(text) + 1
    return found


def _merged(raw: str, marked: Sequence[Stretch]) -> list[Stretch]:
    kept: list[Stretch] = []
    # The place in it of the last stretch of each style.
    last: dict[TypeStyle, int] = {}
    for start, end, style in sorted(marked, key=itemgetter(0)):
        inner = raw[start:end]
        first, after = end - len(inner.lstrip()), start + len(inner.rstrip())
        if first >= after:
            continue
        before = kept[last[style]] if style in last else None
        if before and not raw[before[1] : first].strip():
            kept[last[style]] = (before[0], max(before[1], after), style)
        else:
            last[style] = len(kept)
            kept.append((first, after, style))
    return sorted(kept, key=lambda each: (each[0], -each[1])) if len(kept) > 1 else kept


def _moved(raw: str, stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches by their offsets after white space has been collapsed."""
    ends, lost = [0], [0]
    for white in _WHITE.finditer(raw):
        ends.append(white.end())
        lost.append(lost[-1] + len(white[0]) - (white.start() > 0))

    def place(offset: int) -> int:
        return offset - lost[bisect_right(ends, offset) - 1]

    return [(place(start), place(end), style) for start, end, style in stretches]
