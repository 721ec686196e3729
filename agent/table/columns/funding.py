"""Funding: who paid, as the abstract states it."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, TextPiece, TextSpan
from agent.table.phrases import trimmed

_LABEL = re.compile(
    r"^\W*(?:fund(?:ing|ed)|(?:primary )?funding source|financial support|sponsor)", re.I
)
_PAID = re.compile(
    r"\b(?:(?:was|is|were) (?:\w+ )?|study |trial |research )?(?:funded|sponsored|supported) by (?:an? (?:unrestricted |educational |research )*grants? from )?(?=the [A-Z]|[A-Z])|^Funding(?: source)?: ",
)
_END = re.compile(r"[.;)](?=\s|$)|, (?:and )?(?:registered|number)|\(|\bClinicalTrials|$")


def find(abstract: Abstract) -> list[TextSpan]:
    """The funder's name, or a whole section on funding."""
    for piece in abstract.sentences:
        if match := _PAID.search(piece.text):
            return _to(piece, match.end())
        if _LABEL.search(piece.section):
            return _to(piece, 0)
    return []


def _to(piece: TextPiece, start: int) -> list[TextSpan]:
    match = _END.search(piece.text, start)
    end = trimmed(piece.text, start, match.start() if match else len(piece.text))
    return [piece.span(start, end)] if end > start else []
