"""How many were studied, as an abstract says it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.language.quantities import quantities
from corpora.article import Article

_PEOPLE = (
    r"(?:patients?|participants?|subjects?|individuals?|people|persons?|adults?|children|women|men|infants?|neonates?|newborns?"
    r"|volunteers?|cases|controls|respondents?|students?|pregnancies|births|eyes|mice|rats|rabbits|dogs|pigs|monkeys|animals)"
)
_COUNT = r"(?<![\w.,\-])(?P<count>\d{1,3}(?:,\d{3})+|\d+)(?![\d.,]*\d|%| ?%)"
_COUNTED = re.compile(
    rf"{_COUNT}\s+(?:(?!of\b|and\b|to\b)[a-z][\w-]*\s+){{0,4}}?{_PEOPLE}\b", re.IGNORECASE
)
_NUMBERED = re.compile(rf"\b(?:n|N)\s*=\s*{_COUNT}")
_TOTAL = re.compile(
    r"\b(?:total of|in total|overall|altogether|enrol\w*|randomi[sz]\w*|includ\w*|recruit\w*|compris\w*|involv\w*|analy[sz]\w*|studied)\b[^.]{0,60}$",
    re.IGNORECASE,
)
# An age or a year before such a noun is no count: "65-year-old patients", "2019 patients".
_LARGEST_YEAR_LIKE = range(1950, 2031)


@dataclass(frozen=True, slots=True)
class Size:
    """A count, and the words that say so."""

    count: int
    text: str


def study_size(article: Article) -> Size | None:
    """The number studied: one that is called a total, else the largest; None where none is given.

    It does not add up groups, and it knows nothing of who was left out of the analysis.
    """
    text = " ".join(section.text for section in article.sections)
    found: list[tuple[bool, Size]] = []
    for pattern in (_COUNTED, _NUMBERED):
        for match in pattern.finditer(text):
            count = int(match["count"].replace(",", ""))
            if count < 2 or (count in _LARGEST_YEAR_LIKE and "," not in match["count"]):
                continue
            # A bare "n = 12" is as often a group, or of studies; it is never called a total.
            before = text[max(0, match.start() - 80) : match.start()]
            total = pattern is _COUNTED and bool(_TOTAL.search(before))
            found.append((total, Size(count, match[0])))
    if found:
        return max(found, key=lambda each: (each[0], each[1].count))[1]
    return _spelled(text)


def _spelled(text: str) -> Size | None:
    """Where the count is a word: "Twelve patients were studied"."""
    for quantity in quantities(text):
        if not quantity.text.isalpha():
            continue
        end = quantity.start + len(quantity.text)
        match = re.match(rf"\s+(?:[a-z-]+\s+){{0,2}}?{_PEOPLE}\b", text[end:], re.IGNORECASE)
        if match and quantity.value >= 2:
            return Size(int(quantity.value), text[quantity.start : end] + match[0])
    return None
