"""Follow-up: how long people were followed."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, SentenceRole, TextSpan
from corpora.counts import WORDS
from corpora.evidence_level import EvidenceLevel

_COUNT = rf"(?:\d+(?:\.\d+)?|(?:{WORDS})(?:-(?:{WORDS}))?)"
_TIME = rf"(?:{_COUNT})(?: ?[±+] ?\d+(?:\.\d+)?)?(?:(?: to | ?[-–] ?| and | or ){_COUNT})?[- ]?(?:hours?|days?|weeks?|months?|years?|yrs?|mo|wk)\b"
_PATTERNS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?:median|mean|average|minimum|maximum|total)? ?follow[- ]?up(?: (?:period|time|duration|length|interval))?(?: \([^)]*\))?(?: (?:was|of|for|were))? (?:at least |up to |approximately |about |a (?:median|mean) of )?(?P<t>{_TIME})",
        rf"\b(?:median|mean|average) (?:duration of follow[- ]?up|observation(?: period| time)?)(?: was| of)? (?P<t>{_TIME})",
        rf"\bfollowed[- ]?(?:up)? (?:\w+ )?(?:for|over|during|up to|until)? ?(?:an? (?:mean|median|average|maximum|minimum|total) (?:\w+ )?of |at least |up to |approximately |a period of )?(?P<t>{_TIME})",
        rf"(?P<t>{_TIME}) (?:of )?(?:post[- ]?\w+ )?follow[- ]?up",
    )
)


# Not hours: a treatment may last hours, a follow-up does not.
_WEEKS = rf"(?:{_COUNT})(?: ?(?:to|[-–]) ?{_COUNT})?[- ](?:days?|weeks?|months?|years?)"
_TREATED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b(?:for|over) (?:a |an |another )?(?:(?:period|duration|total) of )?(?P<t>{_WEEKS})(?! (?:before|after|prior|earlier|of age|old|ago|or (?:more|less)))\b",
        rf"\b(?P<t>{_WEEKS}) (?:[\w-]+ ){{0,2}}(?:program(?:me)?|intervention|treatment|training|course)\b",
        rf"\b(?:primary|main) (?:outcome|end ?-?point)[^.]*? (?:at|within|over|to) (?P<t>{_WEEKS})",
    )
)
_TRIALS = frozenset({EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.TRIAL})


def find(abstract: Abstract) -> list[TextSpan]:
    """The duration in the first statement of follow-up; for trials without one, the duration of
    treatment.
    """
    pieces = abstract.of(SentenceRole.METHODS, SentenceRole.RESULTS, SentenceRole.UNKNOWN)
    for pattern in _PATTERNS:
        for piece in (*pieces, abstract.title):
            if match := pattern.search(piece.text):
                return [piece.span(match.start("t"), match.end("t"))]
    if abstract.level in _TRIALS:
        for pattern in _TREATED:
            for piece in abstract.of(SentenceRole.METHODS, SentenceRole.UNKNOWN):
                if match := pattern.search(piece.text):
                    return [piece.span(match.start("t"), match.end("t"))]
    return []
