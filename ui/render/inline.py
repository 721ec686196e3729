"""Text of papers and users with its italics and raised figures, and everything else in it inert.

Its typography comes from two sides: from beside the text, where a format's reader put it
(`corpora.typography`), and from tags in the text, where a format knows no other way: "<i>H.
pylori</i> and CO<sub>2</sub>". A few tags, without attributes and in pairs, are typography; any
other tag is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby, pairwise, takewhile
from string import punctuation
from unicodedata import category

from corpora.typography import Typography

Span = tuple[int, int]
# Characters that are set alike, and the tags around them, the outermost first.
Run = tuple[str, tuple[str, ...]]

_PAIR = re.compile(r"<(i|em|b|strong|sub|sup)>([^<\n]*)</\1>")
# Beside the tags: what is one itself, and not shown.
_HIDDEN = ""
# What encloses what; so that no mark breaks off where italics begin.
_OUTERMOST_FIRST = ("mark", "b", "strong", "em", "i", "sub", "sup")
_SHIFTED = {
    "sup": str.maketrans("0123456789+-−=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾"),
    "sub": str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎"),
}
_EMPHASIS = {"i": "*", "em": "*", "b": "**", "strong": "**"}
_APART = frozenset({"Zs", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"})
_ACTIVE = re.compile(r"[\\`*_{}\[\]()#+!|$~:]")


def runs(
    text: str,
    typography: Iterable[Typography] = (),
    start: int = 0,
    end: int | None = None,
    marks: Iterable[Span] = (),
) -> Iterator[Run]:
    """What stands between two offsets of a text, split where it begins to be set otherwise.

    Args:
        typography: of the whole text; also what reaches over the offsets, or over itself.
        marks: spans of the whole text to highlight.
    """
    end = len(text) if end is None else end
    layers = [(first, last, "mark") for first, last in marks]
    layers += [(each.start, each.end, each.style.value) for each in typography]
    for pair in _PAIR.finditer(text):
        layers += [(*pair.span(2), pair[1])]
        layers += [(pair.start(), pair.start(2), _HIDDEN), (pair.end(2), pair.end(), _HIDDEN)]
    turns: dict[int, list[tuple[str, int]]] = {start: [], end: []}
    for first, last, tag in layers:
        low, high = max(first, start), min(last, end)
        if low < high:
            turns.setdefault(low, []).append((tag, 1))
            turns.setdefault(high, []).append((tag, -1))
    here = dict.fromkeys((_HIDDEN, *_OUTERMOST_FIRST), 0)
    for low, high in pairwise(sorted(turns)):
        for tag, change in turns[low]:
            here[tag] += change
        if not here[_HIDDEN]:
            yield text[low:high], tuple(tag for tag in _OUTERMOST_FIRST if here[tag])


def inline_html(text: str) -> str:
    """Text as HTML."""
    return html_of(runs(text)) if "<" in text else escape(text)


def inline_markdown(text: str) -> str:
    """Text as Markdown, in which Markdown, HTML and LaTeX of its own do nothing."""
    return markdown_of(runs(text))


def inline_plain(text: str) -> str:
    """Text without the tags."""
    return _PAIR.sub(r"\2", text)


def html_of(made: Iterable[Run]) -> str:
    """Runs as HTML; every tag that is opened is closed, in its order."""
    pieces: list[str] = []
    opened: tuple[str, ...] = ()
    for text, tags in (*made, ("", ())):
        kept = _shared(opened, tags)
        pieces += [f"</{tag}>" for tag in reversed(opened[kept:])]
        pieces += [f"<{tag}>" for tag in tags[kept:]]
        pieces.append(escape(text))
        opened = tags
    return "".join(pieces)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many tags both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def markdown_of(made: Iterable[Run]) -> str:
    """Runs as Markdown: emphasis, raised and lowered figures, and Streamlit's directive for what is
    highlighted; raised letters stay on the line.
    """
    alike = [
        (sign, marked, "".join(_figures(text, tags) for text, tags in group))
        for (sign, marked), group in groupby(made, lambda run: (_sign(run[1]), "mark" in run[1]))
    ]
    around = ["", *(text for _, _, text in alike), ""]
    pieces = []
    for place, (sign, marked, text) in enumerate(alike):
        takes = sign and _takes_emphasis(around[place], text, around[place + 2])
        piece = f"{sign}{_inert(text)}{sign}" if takes else _inert(text)
        pieces.append(f":yellow-background[{piece}]" if marked else piece)
    return "".join(pieces)


def _sign(tags: Sequence[str]) -> str:
    return next((_EMPHASIS[tag] for tag in tags if tag in _EMPHASIS), "")


def _figures(text: str, tags: Sequence[str]) -> str:
    tables = (_SHIFTED[tag] for tag in tags if tag in _SHIFTED)
    return text.translate(next(tables, {}))


def _takes_emphasis(before: str, text: str, after: str) -> bool:
    """Whether Markdown knows it for emphasis: not with white space inside its marks, and with
    other signs than letters there only where no letter stands outside.
    """
    sides = ((before[-1:], text[0]), (after[:1], text[-1]))
    return not any(
        inside.isspace() or not (inside.isalnum() or _apart(outside)) for outside, inside in sides
    )


def _apart(character: str) -> bool:
    """Whether words end at it: white space, punctuation, or nothing at all."""
    known = character in "\n\t" or character in punctuation
    return known or category(character) in _APART


def _inert(text: str) -> str:
    return _ACTIVE.sub(r"\\\g<0>", escape(text, quote=False))
