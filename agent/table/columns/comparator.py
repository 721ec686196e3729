"""Comparator: what the intervention was compared with."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, TextSpan
from agent.table.columns.compared import comparison
from corpora.evidence_level import EvidenceLevel

_NAMED = re.compile(
    r"\b(?:placebo(?! effect)|sham (?:stimulation|treatment|surgery|procedure|acupuncture|control|intervention|therapy)|(?:usual|standard|routine|conventional) care|treatment as usual|wait(?:ing)?[- ]?list(?: control)?)\b",
    re.I,
)
_AGAINST = re.compile(
    rf"(?:versus|vs\.?|(?:compared|comparison) (?:with|to)(?: that of)?|than|over) (?P<b>{_NAMED.pattern})",
    re.I,
)


def find(abstract: Abstract) -> list[TextSpan]:
    """The words after "versus", otherwise a control that a trial names."""
    if against := comparison(abstract).against:
        return [against]
    if abstract.level is EvidenceLevel.RANDOMISED_TRIAL:
        pattern, group = _NAMED, 0
    elif abstract.level is EvidenceLevel.SYSTEMATIC_REVIEW:
        pattern, group = _AGAINST, 1
    else:
        return []
    for piece in abstract.sentences:
        if match := pattern.search(piece.text):
            return [piece.span(match.start(group), match.end(group))]
    return []
