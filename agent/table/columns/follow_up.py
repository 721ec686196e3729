"""Follow-up: how long people were followed."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, Role, Span

_COUNT = r"(?:\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|eighteen|twenty-four)"
_TIME = rf"(?:{_COUNT})(?: ?[±+] ?\d+(?:\.\d+)?)?(?:(?: to | ?[-–] ?| and | or ){_COUNT})?[- ]?(?:hours?|days?|weeks?|months?|years?|yrs?|mo\b|wk\b)"
_PATTERNS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"(?:median|mean|average|minimum|maximum|total)? ?follow[- ]?up(?: (?:period|time|duration|length|interval))?(?: \([^)]*\))?(?: (?:was|of|for|were))? (?:at least |up to |approximately |about |a (?:median|mean) of )?(?P<t>{_TIME})",
        rf"\b(?:median|mean|average) (?:duration of follow[- ]?up|observation(?: period| time)?)(?: was| of)? (?P<t>{_TIME})",
        rf"\bfollowed[- ]?(?:up)? (?:\w+ )?(?:for|over|during|up to|until)? ?(?:an? (?:mean|median|average|maximum|minimum|total) (?:\w+ )?of |at least |up to |approximately |a period of )?(?P<t>{_TIME})",
        rf"(?P<t>{_TIME}) (?:of )?(?:post[- ]?\w+ )?follow[- ]?up",
    )
)


def find(abstract: Abstract) -> list[Span]:
    """The first statement of it, of the words that say how long."""
    pieces = abstract.of(Role.METHODS, Role.RESULTS, Role.UNKNOWN)
    for pattern in _PATTERNS:
        for piece in (*pieces, abstract.title):
            if found := pattern.search(piece.text):
                return [piece.span(found.start("t"), found.end("t"))]
    return []
