"""Convert MathML and TeX formulas to plain text in reading order.

Dropping a formula would drop the figures of its sentence ("odds ratio , 95% CI"), so what does not
fit on one line is linearised: "a/b", "x^2", "√(x)".
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from lxml import etree

from corpora.typography import TypeStyle, figures_of

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

Element = etree._Element

_BODY = re.compile(r"\$\$(.+?)\$\$|\\begin\{document\}(.+?)\\end\{document\}", re.DOTALL)
_SCRIPT = re.compile(r"([_^])(?:\{([^{}]*)\}|(\S))")
_STYLE_OF = {"^": TypeStyle.SUPERSCRIPT, "_": TypeStyle.SUBSCRIPT}
# Elements that repeat the formula in another notation, or hide it.
_REPEATED = {"annotation", "annotation-xml", "mphantom"}
_MOST_DEPTH = 60


def local_name(element: Element) -> str:
    """The name of an element without its namespace, "" for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def all_text(element: Element) -> str:
    """All text under an element, unchanged."""
    return "".join(map(str, element.itertext()))


def formula_text(element: Element) -> str:
    """A formula as one line: from its MathML, else its TeX, else its text."""
    for child in element.iter():
        if local_name(child) == "math" and (text := _line(_mathml(child, 0))):
            return text
    for child in element.iter():
        if local_name(child) == "tex-math":
            return tex_text(all_text(child))
    text = all_text(element)
    return tex_text(text) if "\\" in text else _line(text)


def tex_text(tex: str) -> str:
    r"""TeX as one line of plain text: "$\alpha \leq 10^{-5}$" is "α≤10⁻⁵"."""
    body = _BODY.search(tex)
    inner = next(filter(None, body.groups())) if body else tex
    inner = _SCRIPT.sub(_set_script, inner)
    try:
        text = _tex().latex_to_text(inner)
    except Exception:
        text = re.sub(r"\\[A-Za-z]+|[{}$]", " ", inner)
    return _line(text)


@cache
def _tex() -> LatexNodes2Text:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text", strict_latex_spaces="macros", keep_comments=True)


def _line(text: str) -> str:
    return " ".join(text.split())


def _set_script(match: re.Match[str]) -> str:
    inner = match[2] if match[2] is not None else match[3]
    return figures_of(inner, _STYLE_OF[match[1]]) or match[0]


def _scripted(inner: str, sign: str) -> str:
    if shown := figures_of(inner, _STYLE_OF[sign]):
        return shown
    return f"{sign}{inner}" if len(inner) == 1 or sign == "_" else f"{sign}({inner})"


def _mathml(element: Element, depth: int) -> str:
    name = local_name(element)
    if name in _REPEATED or depth > _MOST_DEPTH:
        return ""
    parts = [_mathml(child, depth + 1) for child in element]
    if not parts:
        return " " if name == "mspace" else element.text or ""
    if name == "semantics":
        return parts[0]
    text = _set(name, parts)
    return text if text is not None else "".join(parts)


def _set(name: str, parts: list[str]) -> str | None:
    """The text of an element with two or three parts; None if its parts are just concatenated."""
    first, second = parts[0], parts[1] if len(parts) > 1 else ""
    if name in ("msub", "munder"):
        return first + (_scripted(second.strip(), "_") if second.strip() else "")
    if name in ("msup", "mover"):
        return first + (_scripted(second.strip(), "^") if second.strip() else "")
    if name in ("msubsup", "munderover") and len(parts) > 2:
        return first + _scripted(second.strip(), "_") + _scripted(parts[2].strip(), "^")
    if name == "mfrac":
        return f"{_grouped(first)}/{_grouped(second)}"
    if name == "msqrt":
        return f"√{_grouped(''.join(parts))}"
    if name == "mfenced":
        return f"({','.join(parts)})"
    if name == "mtr":
        return " ".join(parts) + " "
    return None


def _grouped(text: str) -> str:
    text = _line(text)
    return text if re.fullmatch(r"[\w.,%]*", text) else f"({text})"
