"""Text of papers and users with its italics and raised figures, and everything else in it inert.

Some sources keep a title's typography as tags: "<i>H. pylori</i> and CO<sub>2</sub>". These few
tags, without attributes and in pairs, are typography; any other tag is text.
"""

from __future__ import annotations

import re
from html import escape

_PAIR = re.compile(r"&lt;(i|em|b|strong|sub|sup)&gt;((?:(?!&lt;).)*)&lt;/\1&gt;")
_SHIFTED = {
    "sup": str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ"),
    "sub": str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎"),
}
_EMPHASIS = {"i": "*", "em": "*", "b": "**", "strong": "**"}
_ACTIVE = re.compile(r"[\\`*_{}\[\]()#+!|$~:]")


def inline_html(text: str) -> str:
    """Text as HTML."""
    return _PAIR.sub(r"<\1>\2</\1>", escape(text))


def inline_markdown(text: str) -> str:
    """Text as Markdown, in which Markdown, HTML and LaTeX of its own do nothing."""
    escaped = _ACTIVE.sub(r"\\\g<0>", escape(text, quote=False))
    return _PAIR.sub(_emphasised, escaped)


def inline_plain(text: str) -> str:
    """Text without the tags."""
    return re.sub(r"<(i|em|b|strong|sub|sup)>([^<]*)</\1>", r"\2", text)


def _emphasised(found: re.Match[str]) -> str:
    tag, inner = found[1], found[2]
    if tag in _SHIFTED:
        return inner.translate(_SHIFTED[tag])
    # Markdown takes no emphasis whose mark touches white space.
    if not inner or inner != inner.strip():
        return inner
    return f"{_EMPHASIS[tag]}{inner}{_EMPHASIS[tag]}"
