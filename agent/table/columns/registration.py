"""Registration: the identifiers of trial and review registers."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, TextSpan

_NUMBER = re.compile(
    r"\b(?:NCT ?\d{8}|ISRCTN ?\d{6,8}|ACTRN ?\d{14}|ChiCTR[-\w]*\d{6,}|UMIN ?\d{9}|DRKS ?\d{8}|CTRI[/\d]{10,}|EudraCT[: ]+(?:(?:number|no\.?):? )?\d{4}-\d{6}-\d{2}"
    r"|NTR ?\d{3,5}|NL\d{4,5}|IRCT ?[\dN]{8,}|KCT ?\d{7}|PACTR ?\d{15,16}|TCTR ?\d{11}|jRCTs?\d{9,10}|JPRN-\w+|RBR-\w{5,7}|SLCTR/\d{4}/\d{3}|CRD ?\d{8,}|INPLASY ?\d{6,})\b",
)


def find(abstract: Abstract) -> list[TextSpan]:
    """All registration identifiers, without repeats."""
    spans: dict[str, TextSpan] = {}
    for piece in abstract.sentences:
        for match in _NUMBER.finditer(piece.text):
            spans.setdefault(re.sub(r"\W", "", match[0]), piece.span(match.start(), match.end()))
    return list(spans.values())
