"""Significance: claimed where the source found none, denied where it found it, or the claim's own."""

from __future__ import annotations

import re

from agent.answer import Check
from agent.verification.checks.polarity import denied_at
from agent.verification.words import words

_SIGNIFICANT = re.compile(r"\bsignifican(?:t|tly|ce)\b", re.I)
_INSIGNIFICANT = re.compile(
    r"\b(?:non-?significan\w*|insignifican\w*|not (?:statistically )?significan\w*|no (?:statistically )?significan\w*)",
    re.I,
)
_P_VALUE = re.compile(
    r"\bp\s*(?:-?value\s*)?(?:of\s*)?(?P<op>[<>=≤≥])\s*(?P<value>0?[.·]\d+)", re.I
)


def check(claim: str, source: str) -> Check | None:
    """“Significant" of what the source found not to be, and the other way."""
    mine, its = _significance(claim), _significance(source)
    if not mine or not its or mine & its:
        return None
    said = ("significant", "not") if "yes" in mine else ("not significant", "significant")
    return Check("significance", f"the claim says {said[0]}, the source {said[1]}")


def check_claimed(claim: str, source: str) -> Check | None:
    """“Significantly” of what the source only reports."""
    match = _SIGNIFICANT.search(claim)
    if match is None or "yes" not in _significance(claim) or "yes" in _significance(source):
        return None
    return Check("significance", f"“{match[0]}” is the claim's own")


def _significance(text: str) -> set[str]:
    said: set[str] = set()
    for match in _INSIGNIFICANT.finditer(text):
        said.add("no")
        text = text[: match.start()] + " " * len(match[0]) + text[match.end() :]
    all_words = words(text)
    for i, word in enumerate(all_words):
        if _SIGNIFICANT.fullmatch(word.folded):
            said.add("no" if denied_at(all_words, i) else "yes")
    for match in _P_VALUE.finditer(text):
        value = float(match["value"].replace("·", "."))
        if match["op"] in "<≤=" and value <= 0.05:
            said.add("yes")
        elif match["op"] in ">≥=" and value >= 0.05:
            said.add("no")
    return said
