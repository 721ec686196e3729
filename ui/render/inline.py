"""Render inline typography of article and user text; all other markup in it is inert.

Typography comes from two places: from spans beside the text, set by a format's reader
(`corpora.typography`), and from tags in the text, in formats without another way: "<i>H.
pylori</i> and CO<sub>2</sub>". A few tags count, in pairs and without attributes; any other tag is
text.
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
# Characters with the same typography, and the tags around them, outermost first.
Run = tuple[str, tuple[str, ...]]

_PAIR = re.compile(r"<(i|em|b|strong|sub|sup)>([^<\n]*)</\1>")
# A pseudo-tag for the tags themselves, which are not shown.
_HIDDEN = ""
# Nesting order, such that italics do not interrupt a mark.
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
    """Split a text between two offsets into runs of the same typography.

    Args:
        typography: spans of the whole text; they may overlap, and extend beyond the offsets.
        marks: spans of the whole text to highlight.
    """
    end = len(text) if end is None else end
    layers = [(first, last, "mark") for first, last in marks]
    layers += [(span.start, span.end, span.style.value) for span in typography]
    for pair in _PAIR.finditer(text):
        layers += [(*pair.span(2), pair[1])]
        layers += [(pair.start(), pair.start(2), _HIDDEN), (pair.end(2), pair.end(), _HIDDEN)]
    changes: dict[int, list[tuple[str, int]]] = {start: [], end: []}
    for first, last, tag in layers:
        low, high = max(first, start), min(last, end)
        if low < high:
            changes.setdefault(low, []).append((tag, 1))
            changes.setdefault(high, []).append((tag, -1))
    depth = dict.fromkeys((_HIDDEN, *_OUTERMOST_FIRST), 0)
    for low, high in pairwise(sorted(changes)):
        for tag, change in changes[low]:
            depth[tag] += change
        if not depth[_HIDDEN]:
            yield text[low:high], tuple(tag for tag in _OUTERMOST_FIRST if depth[tag])


def inline_html(text: str) -> str:
    """Render text as HTML."""
    return html_of(runs(text)) if "<" in text else escape(text)


def inline_markdown(text: str) -> str:
    """Render text as Markdown; Markdown, HTML and LaTeX in the text are inert."""
    return markdown_of(runs(text))


def inline_plain(text: str) -> str:
    """Return text without typographic tags."""
    return _PAIR.sub(r"\2", text)


def html_of(runs_: Iterable[Run]) -> str:
    """Render runs as HTML with properly nested tags."""
    pieces: list[str] = []
    opened: tuple[str, ...] = ()
    for text, tags in (*runs_, ("", ())):
        shared = _shared(opened, tags)
        pieces += [f"</{tag}>" for tag in reversed(opened[shared:])]
        pieces += [f"<{tag}>" for tag in tags[shared:]]
        pieces.append(escape(text))
        opened = tags
    return "".join(pieces)


def _shared(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the common prefix."""
    return sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False))
    )


def markdown_of(runs_: Iterable[Run]) -> str:
    """Render runs as Markdown: emphasis, superscript and subscript digits, and Streamlit's
    directive for highlights; superscript letters are rendered plain.
    """
    groups = [
        (sign, marked, "".join(_figures(text, tags) for text, tags in group))
        for (sign, marked), group in groupby(runs_, lambda run: (_sign(run[1]), "mark" in run[1]))
    ]
    texts = ["", *(text for _, _, text in groups), ""]
    pieces = []
    for place, (sign, marked, text) in enumerate(groups):
        takes = sign and _takes_emphasis(texts[place], text, texts[place + 2])
        piece = f"{sign}{_inert(text)}{sign}" if takes else _inert(text)
        pieces.append(f":yellow-background[{piece}]" if marked else piece)
    return "".join(pieces)


def _sign(tags: Sequence[str]) -> str:
    return next((_EMPHASIS[tag] for tag in tags if tag in _EMPHASIS), "")


def _figures(text: str, tags: Sequence[str]) -> str:
    tables = (_SHIFTED[tag] for tag in tags if tag in _SHIFTED)
    return text.translate(next(tables, {}))


def _takes_emphasis(before: str, text: str, after: str) -> bool:
    """Whether Markdown would parse it as emphasis: no white space just inside the marks, and
    punctuation there only if no letter is just outside.
    """
    sides = ((before[-1:], text[0]), (after[:1], text[-1]))
    return not any(
        inside.isspace() or not (inside.isalnum() or _apart(outside)) for outside, inside in sides
    )


def _apart(character: str) -> bool:
    """Whether a character delimits words: white space, punctuation, or the end of the text."""
    ascii_delimiter = character in "\n\t" or character in punctuation
    return ascii_delimiter or category(character) in _APART


def _inert(text: str) -> str:
    return _ACTIVE.sub(r"\\\g<0>", escape(text, quote=False))
