"""Funding: who paid, as the abstract says it."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, Piece, Span
from agent.table.phrases import trimmed

_LABEL = re.compile(
    r"^\W*(?:fund(?:ing|ed)|(?:primary )?funding source|financial support|sponsor)", re.I
)
_PAID = re.compile(
    r"\b(?:(?:was|is|were) (?:\w+ )?|study |trial |research )?(?:funded|sponsored|supported) by (?:an? (?:unrestricted |educational |research )*grants? from )?(?=the [A-Z]|[A-Z])|^Funding(?: source)?: ",
)
_END = re.compile(r"[.;)](?=\s|$)|, (?:and )?(?:registered|number)|\(|\bClinicalTrials|$")


def find(abstract: Abstract) -> list[Span]:
    """The funder's name; a section on funding as it stands."""
    for piece in abstract.sentences:
        if found := _PAID.search(piece.text):
            return _to(piece, found.end())
        if _LABEL.search(piece.section):
            return _to(piece, 0)
    return []


def _to(piece: Piece, start: int) -> list[Span]:
    found = _END.search(piece.text, start)
    end = trimmed(piece.text, start, found.start() if found else len(piece.text))
    return [piece.span(start, end)] if end > start else []
