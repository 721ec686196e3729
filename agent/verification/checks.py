"""Differences between a claim and a sentence that no similarity can excuse."""

from __future__ import annotations

import re

from agent.answer import Check

_NUMBER = re.compile(r"(?<![\w.])[-−–]?\d+(?:[.,·]\d+)*%?")
_NEGATION = re.compile(
    r"\b(?:no|not|nor|neither|never|without|none|cannot|failed to|lack(?:ed|s|ing)?(?: of)?|absence of)\b"
    r"|n['’]t\b|\bnon-?significant(?:ly)?\b|\binsignificant(?:ly)?\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\b(?:increas\w*|higher|greater|more|elevat\w*|rais(?:e[sd]?|ing)|rise[sn]?|improv\w*|superior\w*"
    r"|longer|enhanc\w*|upregulat\w*|up-regulat\w*|better|worsen\w*|gain\w*)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:decreas\w*|lower\w*|less|fewer|reduc\w*|declin\w*|inferior\w*|shorter|diminish\w*"
    r"|downregulat\w*|down-regulat\w*|attenuat\w*|suppress\w*|fall(?:s|en)?|fell|drop\w*)\b",
    re.IGNORECASE,
)


def numbers(text: str) -> set[str]:
    """The numbers of a text in one spelling: "1,234" as "1234", "0·56" as "0.56"."""
    found = set()
    for match in _NUMBER.findall(text):
        plain = match.replace("−", "-").replace("–", "-").replace("·", ".").lstrip("-")
        percent = plain.endswith("%")
        plain = re.sub(r",(?=\d{3}\b)", "", plain.rstrip("%")).replace(",", ".")
        if "." in plain:
            plain = plain.rstrip("0").rstrip(".")
        found.add(plain + ("%" if percent else ""))
    return found


def compare(claim: str, sentence: str) -> tuple[Check, ...]:
    """What a claim says otherwise than the sentence it rests on: numbers, negation, direction."""
    fired = []
    strange = numbers(claim) - numbers(sentence)
    if strange:
        fired.append(Check("numbers", f"not in the source: {', '.join(sorted(strange))}"))
    if bool(_NEGATION.search(claim)) != bool(_NEGATION.search(sentence)):
        denied = "the claim" if _NEGATION.search(claim) else "the source"
        fired.append(Check("negation", f"only {denied} denies"))
    up, down = bool(_UP.search(claim)), bool(_DOWN.search(claim))
    source_up, source_down = bool(_UP.search(sentence)), bool(_DOWN.search(sentence))
    if (up and not down and source_down and not source_up) or (
        down and not up and source_up and not source_down
    ):
        says = ("rises", "falls") if up else ("falls", "rises")
        fired.append(Check("direction", f"the claim says {says[0]}, the source {says[1]}"))
    return tuple(fired)
