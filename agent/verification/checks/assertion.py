"""What a source only asks, supposes, reports of others or takes back, told as if it said so."""

from __future__ import annotations

import re

from agent.answer import Check
from agent.wording import stems

# A finding that has this share of its words within what is left open is that which is left open.
_WITHIN = 0.6

_ASKS = re.compile(
    r"\bwhether\b|\bif\b|\bhypothes[ie][sz]\w*|\b(?:aim|purpose|objective|goal)s?\b|\b(?:aimed|sought|designed|intended) to\b"
    r"|^\W*to (?:determine|assess|evaluate|investigate|examine|compare|explore|identify|test|study|establish|find out)\b"
    r"|\b(?:tests?|being tested|(?:will|plan(?:s|ned)? to|going to) (?:\w+ly )?(?:test|assess|evaluate|investigate|determine|examine|compare|study))\b"
    r"|\b(?:question|debate|controversy|doubts?)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"\b(?:claim(?:s|ed)|alleg(?:es?|ed(?:ly)?)|argu(?:es?|ed)|speculat(?:es?|ed)|suppos(?:es?|ed(?:ly)?)|assum(?:es?|ed|ption)"
    r"|believ(?:es?|ed)|belief|expect(?:s|ed|ation)|postulat(?:es?|ed)|propos(?:es?|ed|al)|rumou?r(?:s|ed)?|myth|misconception)\b",
    re.IGNORECASE,
)
_CONTRARY = re.compile(
    r"\b(?:contrary to|in contrast (?:to|with)|contradict(?:s|ed|ing)|refut(?:es?|ed|ing)|disprov(?:es?|ed|ing)|dispels?"
    r"|reject(?:s|ed|ing)|unlike|challeng(?:es?|ed|ing)|call(?:s|ed)? into question|argu(?:es?|ed) against)\b",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(
    r"\b(?:not|never|n't|cannot|nor|neither|hardly|failed to)\s+(?:yet\s+|been\s+|be\s+|so far\s+|always\s+|fully\s+|clearly\s+|consistently\s+)*"
    r"(?:confirm|support|replicat|reproduc|demonstrat|verif|substantiat|prove|corroborat|establish|show|seen|observed|found|detect|evident"
    r"|apparent|sustain|maintain|warrant|justif)\w*"
    r"|\b(?:was|were|is|are|been|be) (?:refuted|disproved|disproven|rejected|contradicted|debunked|unfounded|unsubstantiated|unconfirmed"
    r"|questioned|challenged|retracted|withdrawn|ruled out|excluded)\b",
    re.IGNORECASE,
)
_OPEN = re.compile(
    r"\b(?:(?:is|are|was|were|remains?|remained|still|be)\s+(?:\w+ly\s+|still\s+|also\s+)*"
    r"(?:unclear|unknown|uncertain|controversial|debated|disputed|undetermined|unresolved|unproven|inconclusive|questionable|elusive|doubtful)"
    r"|(?:remains?|has|have|needs?|yet|is|are) (?:yet )?to be (?:\w+ly )?(?:determined|established|confirmed|elucidated|shown|proven|seen|investigated|clarified|evaluated|tested)"
    r"|\b(?:under way|underway|ongoing|planned|recruiting)\b|will be (?:\w+ly )?(?:tested|assessed|evaluated|investigated|studied|compared|determined)"
    r"|(?:need|require|warrant|await)s? (?:further |more |to be )?(?:study|studies|research|confirm\w*|investigat\w*))",
    re.IGNORECASE,
)
# Where what is asked or taken back ends, and something else begins.
_BREAK = re.compile(
    r"[;:]|,\s+(?:and|but|we|our|yet|while|whereas|the|this|it)\b"
    r"|\s(?:but|whereas|although|though|however)\s"
)


def check(claim: str, source: str) -> Check | None:
    """What the source leaves open, and the claim says."""
    if source.rstrip().endswith("?") and "?" not in claim:
        return Check("assertion", "the source only asks it")
    if found := _over(_ASKS, claim, source):
        return Check("assertion", f"the source only asks or supposes it (“{found}”)")
    if found := _over(_OTHERS, claim, source):
        return Check("assertion", f"the source only tells it as a view (“{found}”)")
    if found := _under(_OPEN, claim, source):
        return Check("assertion", f"the source leaves it open (“{found}”)")
    return None


def check_denied(claim: str, source: str) -> Check | None:
    """What the source takes back, and the claim says."""
    if found := _over(_CONTRARY, claim, source) or _under(_TAKEN_BACK, claim, source):
        return Check("negation", f"only the source denies: “{found}”")
    return None


def _over(sign: re.Pattern[str], claim: str, source: str) -> str | None:
    """The sign, where what follows it is what the claim says, and the rest of the source is not."""
    if sign.search(claim):
        return None
    for found in sign.finditer(source):
        end = _BREAK.search(source, found.end())
        last = end.start() if end else len(source)
        if _is_said(claim, source[found.end() : last], source[: found.start()] + source[last:]):
            return found[0]
    return None


def _under(sign: re.Pattern[str], claim: str, source: str) -> str | None:
    """The sign, where what precedes it is what the claim says, and the rest of the source is not."""
    if sign.search(claim):
        return None
    for found in sign.finditer(source):
        breaks = [each.end() for each in _BREAK.finditer(source, 0, found.start())]
        first = breaks[-1] if breaks else 0
        if _is_said(claim, source[first : found.start()], source[:first] + source[found.end() :]):
            return found[0]
    return None


def _is_said(claim: str, there: str, elsewhere: str) -> bool:
    held = stems(claim)
    if not held:
        return False
    return len(held & stems(there)) >= _WITHIN * len(held) > len(held & stems(elsewhere))
