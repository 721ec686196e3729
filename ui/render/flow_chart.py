"""Draw the PRISMA 2020 flow diagram as SVG, for the screening of titles and abstracts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from textwrap import wrap

_WIDTH, _GAP, _MARGIN, _BAND = 340, 60, 20, 34
_LINE, _PADDING, _CHARACTERS = 20, 14, 46
# Minimum row height: the name of the phase runs vertically beside the row.
_LEAST = 100
_STYLE = (
    "text{font:14px sans-serif;fill:#1b1b1b}.box{fill:#fff;stroke:#4a4a4a}"
    ".band{fill:#d5e4f0}.arrow{stroke:#4a4a4a;fill:none;marker-end:url(#tip)}"
)


@dataclass(frozen=True, slots=True)
class FlowStage:
    """A row of the diagram: its phase, the text of its box, and that of the box of exclusions."""

    phase: str
    text: Sequence[str]
    leaving: Sequence[str] = ()


def flow_chart(stages: Sequence[FlowStage], title: str) -> str:
    """Return the diagram as an SVG document; long lines of text are wrapped."""
    left = _MARGIN + _BAND + 16
    right = left + _WIDTH + _GAP
    y, shapes, tops = _MARGIN, [], []
    for stage in stages:
        text, leaving = _wrapped(stage.text), _wrapped(stage.leaving)
        height, leaving_height = _height(text), _height(leaving) if leaving else 0
        row = max(height, leaving_height, _LEAST)
        tops.append((y, height))
        shapes.append(_band(y, row, stage.phase))
        shapes.append(_box(left, y, height, text))
        if leaving:
            middle = y + min(height, leaving_height) / 2
            shapes.append(_box(right, y, leaving_height, leaving))
            shapes.append(_arrow(left + _WIDTH, middle, right, middle))
        y += row + _GAP // 2
    centre = left + _WIDTH / 2
    for (top, height), (below, _) in pairwise(tops):
        shapes.append(_arrow(centre, top + height, centre, below))
    width, total = right + _WIDTH + _MARGIN, y - _GAP // 2 + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {total}" width="{width}"'
        f' height="{total}" role="img"><title>{escape(title)}</title><style>{_STYLE}</style>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8"'
        ' markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#4a4a4a"/></marker></defs>'
        f'<rect width="{width}" height="{total}" fill="#fff"/>{"".join(shapes)}</svg>\n'
    )


def _wrapped(lines: Sequence[str]) -> list[str]:
    return [part for line in lines for part in wrap(line, _CHARACTERS, subsequent_indent="  ")]


def _height(lines: Sequence[str]) -> int:
    return len(lines) * _LINE + 2 * _PADDING


def _box(x: float, y: float, height: float, lines: Sequence[str]) -> str:
    spans = "".join(
        f'<tspan x="{x + _PADDING}" y="{y + _PADDING + (n + 0.75) * _LINE:g}"'
        f' xml:space="preserve">{escape(line)}</tspan>'
        for n, line in enumerate(lines)
    )
    frame = f'<rect class="box" x="{x}" y="{y}" width="{_WIDTH}" height="{height}"/>'
    return f"{frame}<text>{spans}</text>"


def _band(y: float, height: float, phase: str) -> str:
    x, middle = _MARGIN, y + height / 2
    centre = x + _BAND / 2 + 5
    return (
        f'<rect class="band" x="{x}" y="{y}" width="{_BAND}" height="{height}" rx="6"/>'
        f'<text x="{centre}" y="{middle}" text-anchor="middle"'
        f' transform="rotate(-90 {centre} {middle})">{escape(phase)}</text>'
    )


def _arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<path class="arrow" d="M{x:g} {y:g}L{to_x:g} {to_y:g}"/>'
