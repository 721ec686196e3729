"""Typography of a text: italics, subscripts and superscripts.

It is stored beside the text, which stays plain: search, quotations and verification ignore it. Bold
is dropped, since papers use it for run-in headings. Superscript and subscript figures are
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
    """A type style, named by its HTML element."""

    ITALIC = "i"
    SUBSCRIPT = "sub"
    SUPERSCRIPT = "sup"


@dataclass(frozen=True, slots=True)
class Typography:
    """A stretch of an article's text with a type style."""

    start: int
    end: int
    style: TypeStyle


# (start, end, style) in one text. A tuple, since readers create many and tuples are faster.
Stretch = tuple[int, int, TypeStyle]


class SetText(NamedTuple):
    """A plain text and its typography, by offsets in it."""

    text: str
    stretches: Sequence[Stretch] = ()


def set_line(raw: str, marked: Sequence[Stretch]) -> SetText:
    """A text with white space collapsed, and the typography of `raw` in canonical form.

    Stretches begin and end with a non-space character; those of one style do not touch or overlap
    and are separated by more than white space. Of two that begin together the longer comes first.
    """
    text = " ".join(raw.split())
    if not marked:
        return SetText(text)
    kept = _merged(raw, marked)
    # Replacing a line break by a space shifts no offset.
    return SetText(text, kept if len(text) == len(raw) else _moved(raw, kept))


def set_lines(lines: Iterable[SetText]) -> tuple[Typography, ...]:
    """The typography of the text formed by these lines."""
    return tuple(Typography(*stretch) for stretch in _one_after_the_other(lines))


def joined(texts: Sequence[SetText]) -> SetText:
    """Join texts with a space between them."""
    return SetText(" ".join(text for text, _ in texts), _one_after_the_other(texts))


_SUPERSCRIPT = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_SUBSCRIPT = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_FIGURES = {TypeStyle.SUPERSCRIPT: _SUPERSCRIPT, TypeStyle.SUBSCRIPT: _SUBSCRIPT}


def figures_of(inner: str, style: TypeStyle) -> str:
    """Figures as superscript or subscript characters, "" if some have none.

    "10<sup>5</sup>" becomes "10⁵", since "105" would be another number.
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
    """The typography between two offsets, relative to the first of them."""
    return [
        (max(stretch.start, start) - start, min(stretch.end, end) - start, stretch.style)
        for stretch in typography
        if stretch.start < end and stretch.end > start
    ]


def _one_after_the_other(texts: Iterable[SetText]) -> list[Stretch]:
    """The stretches of texts that are joined by one character."""
    joined_stretches: list[Stretch] = []
    at = 0
    for text, stretches in texts:
        if stretches:
            joined_stretches += [(start + at, end + at, style) for start, end, style in stretches]
        at += len(text) + 1
    return joined_stretches


def _merged(raw: str, marked: Sequence[Stretch]) -> list[Stretch]:
    kept: list[Stretch] = []
    # Index in `kept` of the last stretch of each style.
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
    return sorted(kept, key=lambda stretch: (stretch[0], -stretch[1])) if len(kept) > 1 else kept


def _moved(raw: str, stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches with their offsets after white space was collapsed."""
    ends, lost = [0], [0]
    for white in _WHITE.finditer(raw):
        ends.append(white.end())
        lost.append(lost[-1] + len(white[0]) - (white.start() > 0))

    def place(offset: int) -> int:
        return offset - lost[bisect_right(ends, offset) - 1]

    return [(place(start), place(end), style) for start, end, style in stretches]
