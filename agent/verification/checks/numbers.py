"""Numbers of a claim that its source does not have, or has for something else."""

from __future__ import annotations

import re
from itertools import pairwise

from agent.answer import Check
from agent.verification.quantities import Quantity, quantities
from agent.verification.words import Word, around, words

_ROUGHLY = re.compile(
    r"\b(?:about|approximately|around|roughly|nearly|almost|some|over|more than|close to|up to)\s*$",
    re.I,
)
_REMAINDER = re.compile(r"\b(?:reduc|lower|decreas|fewer|less|declin|fell|fall|drop|cut)\w*", re.I)
_RATIO = {"hr", "or", "rr", "irr"}
# An ordinary number in words is seldom a finding: "two groups", "one of the".
_SMALL = 10


def check(claim: str, source: str, article: str) -> Check | None:
    """A number that the source lacks: another value, unit, statistic, or side of a threshold.

    One that stands elsewhere in the article counts where a word beside it is the same.
    """
    held = quantities(source)
    strange = []
    for number in quantities(claim):
        if any(number.same_as(other) for other in held):
            continue
        if number.text.isalpha() and number.value <= _SMALL and not _measures(number, claim):
            continue
        if _rounded(number, claim, held) or _derived(number, claim, held, source):
            continue
        if _elsewhere(number, claim, article):
            continue
        strange.append(number)
    if strange:
        said = ", ".join(dict.fromkeys(_shown(number) for number in strange))
        return Check("numbers", f"not in the source: {said}")
    return _exchanged(claim, source)


def _elsewhere(number: Quantity, claim: str, article: str) -> bool:
    """Whether the article has the number beside a word that is beside it in the claim."""
    near = _near(number, words(claim))
    found = [other for other in quantities(article) if number.same_as(other)]
    return any(near & _near(other, words(article)) for other in found)


def _shown(number: Quantity) -> str:
    label = f"{number.label.upper()} " if number.label and number.label not in number.text else ""
    return f"{label}{number.text}"


def _measures(number: Quantity, claim: str) -> bool:
    """Whether a number in words counts something measured ("twice", "three weeks")."""
    after = claim[number.start + len(number.text) :].lstrip(" -").lower()
    measured = (
        "day",
        "week",
        "month",
        "year",
        "hour",
        "time",
        "fold",
        "mg",
        "dose",
        "patient",
        "of ",
    )
    return not number.text.isalpha() or after.startswith(measured) or number.value < 1


def _rounded(number: Quantity, claim: str, held: tuple[Quantity, ...]) -> bool:
    """About 44% of 43.6%: said to be rough, and the source's number to fewer places."""
    rough = _ROUGHLY.search(claim[: number.start].rstrip("<>=~≈ ") + " ") is not None
    if not rough:
        return False
    return any(
        other.percent == number.percent
        and other.unit == number.unit
        and other.places > number.places
        and round(other.value, number.places) == number.value
        for other in held
    )


def _derived(number: Quantity, claim: str, held: tuple[Quantity, ...], source: str) -> bool:
    """44% where the source has a ratio of 0.56 and the claim speaks of a reduction; 25% of 12/48."""
    if not number.percent:
        return False
    if _REMAINDER.search(claim):
        less = [(1 - other.value) * 100 for other in held if other.label in _RATIO]
        if any(abs(each - number.value) < 0.05 + 0.5 * 10**-number.places for each in less):
            return True
    counted = [other for other in held if not other.percent and not other.unit and not other.places]
    for one, other in pairwise(counted):
        joined = source[one.start + len(one.text) : other.start].strip().lower()
        if joined in ("of", "/", "out of", "of the", "of a total of") and other.value:
            share = 100 * one.value / other.value
            if abs(share - number.value) <= 0.5 * 10**-number.places:
                return True
    return False


def _exchanged(claim: str, source: str) -> Check | None:
    """Two numbers that stand for each other's things: "71% against 61%" told as "61% against 71%"."""
    claimed, there = quantities(claim), quantities(source)
    if len(claimed) < 2:
        return None
    theirs, ours = words(source), words(claim)
    for one, other in pairwise(claimed):
        at_one = [q for q in there if q.same_as(one)]
        at_other = [q for q in there if q.same_as(other)]
        if len(at_one) != 1 or len(at_other) != 1 or at_one[0].start < at_other[0].start:
            continue
        ours_one, ours_other = _apart(_near(one, ours), _near(other, ours))
        at_first, at_second = at_other[0], at_one[0]
        first, second = _apart(_near(at_first, theirs), _near(at_second, theirs))
        crossed = len(ours_one & first) + len(ours_other & second)
        straight = len(ours_one & second) + len(ours_other & first)
        if crossed > straight:
            return Check("numbers", f"{one.text} and {other.text} stand the other way round")
    return None


def _near(number: Quantity, all_words: tuple[Word, ...]) -> frozenset[str]:
    """Stems of the words on both sides of a number."""
    at = next(i for i, word in enumerate(all_words) if word.end > number.start)
    return frozenset(s for s in around(all_words, at, 4, 4) if not s[0].isdigit())


def _apart(one: frozenset[str], other: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """What is near the one but not near the other."""
    return one - other, other - one
