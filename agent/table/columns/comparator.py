"""Comparator: what it was compared with."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, Span
from agent.table.columns.compared import comparison
from corpora.evidence_level import EvidenceLevel

_NAMED = re.compile(
    r"\b(?:placebo(?! effect)|sham (?:stimulation|treatment|surgery|procedure|acupuncture|control|intervention|therapy)|(?:usual|standard|routine|conventional) care|treatment as usual|wait(?:ing)?[- ]?list(?: control)?)\b",
    re.I,
)
_TRIALS = frozenset({EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.SYSTEMATIC_REVIEW})


def find(abstract: Abstract) -> list[Span]:
    """What stands after "versus", else a control that trials name."""
    if against := comparison(abstract).against:
        return [against]
    if abstract.level in _TRIALS:
        for piece in abstract.sentences:
            if found := _NAMED.search(piece.text):
                return [piece.span(found.start(), found.end())]
    return []
