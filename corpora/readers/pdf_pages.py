"""Extract lines of text from the pages of a PDF in reading order, with pypdfium2."""

from __future__ import annotations

import ctypes
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from corpora.errors import UnreadableFile

_MOST_PAGES = 2_000
# Fraction of the page height at top and bottom that contains running heads.
_MARGIN = 0.125
# Overlap, as a fraction of the smaller height, for two fragments to be on one line.
_SAME_LINE = 0.5
# PDFium's codes for a hyphen at a line end, and ligatures: as Unicode characters and at the codes
# of TeX's bitmap fonts.
_SPELLED = {
    0x02: "-", 0xFFFE: "-",
    0x0B: "ff", 0x0C: "fi", 0x0E: "ffi", 0x0F: "ffl",
    0x1B: "ff", 0x1C: "fi", 0x1D: "fl", 0x1E: "ffi", 0x1F: "ffl",
    0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl",
    0xFB05: "ft", 0xFB06: "st",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line; coordinates in points from the lower left. `alone`: no text beside it."""

    text: str
    page: int
    left: float
    right: float
    bottom: float
    top: float
    size: float
    marginal: bool = False
    alone: bool = True

    def with_text(self, text: str) -> Line:
        return replace(self, text=text)


@dataclass(slots=True)
class Page:
    """A page; `number` counts from 1."""

    number: int
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """The pages of a file and its metadata."""

    pages: list[Page]
    title: str
    subject: str
    created: str


def read_pages(data: bytes) -> Document:
    """The pages of a PDF.

    Raises:
        UnreadableFile: the file is damaged or locked, or pypdfium2 is not installed.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise UnreadableFile(
            "PDF files need the extra `pdf`.", "Install it: pip install 'medcite[pdf]'."
        ) from error
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = "assword" in str(error)
        raise UnreadableFile(
            "The PDF is locked with a password." if locked else f"The PDF is damaged ({error}).",
            "Save an unlocked copy." if locked else "Fetch it again.",
        ) from error
    try:
        metadata = document.get_metadata_dict()
        pages = []
        for number in range(min(len(document), _MOST_PAGES)):
            try:
                pages.append(_page(document[number], number + 1))
            except pypdfium2.PdfiumError:
                pages.append(Page(number + 1, 1, 1))
    finally:
        document.close()
    _put_in_order(pages)
    if not pages:
        raise UnreadableFile("The PDF has no pages.", "Fetch it again.")
    return Document(
        pages,
        metadata.get("Title", ""),
        metadata.get("Subject", ""),
        metadata.get("CreationDate", "")[2:6],
    )


def _page(page: Any, number: int) -> Page:  # noqa: ANN401 - pypdfium2 has no types
    width, height = page.get_size()
    result = Page(number, width, height)
    text = page.get_textpage()
    fragments = list(_fragments(text, number, height))
    text.close()
    page.close()
    result.lines = fragments
    return result


def _put_in_order(pages: list[Page]) -> None:
    """Sort all pages into reading order; a page without clear columns uses the most common ones."""
    own = [_gutters(page.lines, page.width) for page in pages]
    shared = Counter(tuple(round(g / 10) for g in gutters) for gutters in own if gutters)
    usual = shared.most_common(1)[0][0] if shared else ()
    common = next((g for g in own if tuple(round(x / 10) for x in g) == usual), [])
    for page, gutters in zip(pages, own, strict=True):
        page.lines = _ordered(page.lines, gutters or common)


def _fragments(text: Any, number: int, height: float) -> list[Line]:  # noqa: ANN401
    """PDFium's runs of text, with adjacent runs on one line joined."""
    from pypdfium2 import raw

    fragments: list[Line] = []
    for place in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(place)
        content = text.get_text_bounded(left, bottom, right, top).translate(_SPELLED).strip("\r\n")
        if not content.strip() or top <= bottom:
            continue
        content = " ".join(content.split("\r\n"))
        middle = (left + right) / 2, (bottom + top) / 2
        index = raw.FPDFText_GetCharIndexAtPos(
            text.raw, ctypes.c_double(left + 1), ctypes.c_double(middle[1]), 4.0, 4.0
        )
        size = raw.FPDFText_GetFontSize(text.raw, index) if index >= 0 else 0.0
        if size <= 1.5:
            # Some programs scale a one-point font.
            size = top - bottom
        marginal = top > height * (1 - _MARGIN) or bottom < height * _MARGIN
        fragments.append(Line(content, number, left, right, bottom, top, size, marginal))
    return _joined(fragments)


def _joined(fragments: list[Line]) -> list[Line]:
    lines: list[Line] = []
    for fragment in fragments:
        last = lines[-1] if lines else None
        if (
            last
            and _one_line(last, fragment)
            and -2 < fragment.left - last.right < max(fragment.size, last.size) * 1.2
        ):
            gap = " " if fragment.left - last.right > last.size * 0.12 else ""
            lines[-1] = Line(
                (last.text.rstrip() if gap else last.text) + gap + fragment.text,
                last.page,
                last.left,
                max(last.right, fragment.right),
                min(last.bottom, fragment.bottom),
                max(last.top, fragment.top),
                max(last.size, fragment.size),
                last.marginal or fragment.marginal,
            )
        else:
            lines.append(fragment)
    return lines


def _one_line(one: Line, other: Line) -> bool:
    overlap = min(one.top, other.top) - max(one.bottom, other.bottom)
    return overlap > _SAME_LINE * min(one.top - one.bottom, other.top - other.bottom)


def _ordered(lines: list[Line], columns: list[float]) -> list[Line]:
    """Reading order: bands between lines that span the page, column by column in each band."""
    ordered: list[Line] = []
    band: list[Line] = []
    for line in sorted(lines, key=lambda other: (-round(other.top), other.left)):
        spans = any(line.left < gutter - 6 and line.right > gutter + 6 for gutter in columns)
        if spans or not columns:
            ordered += _by_column(band, columns)
            band = []
            ordered.append(line)
        else:
            band.append(line)
    ordered += _by_column(band, columns)
    return ordered


def _by_column(band: list[Line], gutters: list[float]) -> list[Line]:
    def column(line: Line) -> int:
        return sum((line.left + line.right) / 2 > gutter for gutter in gutters)

    return sorted(band, key=lambda line: (column(line), -round(line.top), line.left))


def _gutters(lines: list[Line], width: float) -> list[float]:
    """Gutters between columns: positions that few lines cross, with text on both sides."""
    body = [line for line in lines if not line.marginal and line.right - line.left > width * 0.12]
    if len(body) < 8:
        return []
    places: list[float] = []
    step = width / 120
    place = width * 0.2
    while place < width * 0.8:
        crossing = sum(line.left < place - 1 and line.right > place + 1 for line in body)
        left = sum(line.right <= place + 2 for line in body)
        right = sum(line.left >= place - 2 for line in body)
        if crossing <= 0.25 * len(body) and min(left, right) >= 0.15 * len(body):
            places.append(place)
        place += step
    return _middles(places, step)


def _middles(places: list[float], step: float) -> list[float]:
    """The middle of each run of adjacent positions."""
    runs: list[list[float]] = []
    for place in places:
        if runs and place - runs[-1][-1] < step * 1.5:
            runs[-1].append(place)
        else:
            runs.append([place])
    return [run[len(run) // 2] for run in runs]
