"""Parse and serialise queries in PubMed's syntax, independently of the search's own parser."""

from __future__ import annotations

import re
from typing import Any

# A node is ("term", text, tag, quoted) or (operator, [nodes]).
Tree = tuple[Any, ...]

_ABSENT = frozenset(
    {"sh", "subheading", "nm", "supplementary concept", "pa", "pharmacological action"}
)
_TAGS = {
    "mesh": "mh", "mesh terms": "mh", "title/abstract": "tiab", "publication type": "pt",
    "mesh major topic": "majr", "jour": "ta", "journal": "ta", "author": "au", "title": "ti",
    "language": "la", "pdat": "dp", "date - publication": "dp", "text word": "tw", "": "all",
    "all fields": "all", "mesh:noexp": "mh", "mh:noexp": "mh",
}  # fmt: skip


def read(text: str) -> tuple[Tree | None, bool]:
    """(tree, whether anything was omitted) of a query in PubMed's syntax.

    Raises:
        ValueError: the query is invalid.
    """
    text = re.sub("[“”„]", '"', text)
    pieces = re.findall(r'\(|\)|"[^"]*"|\[[^\]]*\]|[^\s()\[\]"]+', text)
    left_out: list[str] = []
    tree, rest = _expression(pieces, left_out)
    if rest:
        raise ValueError("unbalanced closing parenthesis")
    return tree, bool(left_out)


def _expression(pieces: list[str], left_out: list[str]) -> tuple[Tree | None, list[str]]:
    tree: Tree | None = None
    operator = "AND"
    while pieces and pieces[0] != ")":
        piece = pieces[0]
        if piece.upper() in {"AND", "OR", "NOT"}:
            operator = "NOT" if operator == "NOT" and piece.upper() == "AND" else piece.upper()
            pieces = pieces[1:]
            continue
        if piece == "(":
            node, pieces = _expression(pieces[1:], left_out)
            if not pieces:
                raise ValueError("a parenthesis is not closed")
            pieces = pieces[1:]
        else:
            node, pieces = _term(pieces, left_out)
        if node is not None:
            tree = node if tree is None else (operator, [tree, node])
        operator = "AND"
    return tree, pieces


def _term(pieces: list[str], left_out: list[str]) -> tuple[Tree | None, list[str]]:
    quoted = pieces[0].startswith('"')
    words = [pieces[0].strip('"')]
    rest = pieces[1:]
    if not quoted:
        ahead = 0
        while ahead < len(rest) and not re.match(r'[()\["]|(?:AND|OR|NOT)$', rest[ahead]):
            ahead += 1
        if ahead < len(rest) and rest[ahead].startswith("["):
            words += rest[:ahead]
            rest = rest[ahead:]
    tag = ""
    if rest and rest[0].startswith("["):
        tag = " ".join(rest[0][1:-1].lower().split())
        rest = rest[1:]
    if tag in _ABSENT:
        left_out.append(tag)
        return None, rest
    return ("term", " ".join(" ".join(words).split()), _TAGS.get(tag, tag), quoted), rest


def written(tree: Tree) -> str:
    """A tree as a query."""
    if tree[0] == "term":
        _, text, tag, quoted = tree
        shown = f'"{text}"' if quoted else text
        return shown if tag == "all" else f"{shown}[{tag}]"
    return f" {tree[0]} ".join(
        written(node) if node[0] == "term" else f"({written(node)})" for node in tree[1]
    )
