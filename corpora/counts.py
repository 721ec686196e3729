"""Whole numbers as abstracts write them: "1,204", "1 204", "one hundred and twenty-nine"."""

from __future__ import annotations

import re

_UNITS_WORDS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
WORDS = "|".join(sorted([*_UNITS_WORDS, *_TENS, "hundred", "thousand"], key=len, reverse=True))
DIGITS = (
    r"(?<![\d.,/%-])(?:\d{1,3}(?:[,\u2009\u202f\u00a0 ]\d{3})+|\d{1,7})(?![\d%]|[.,]\d|-\w|/\d)"
)
NUMBER = rf"(?:{DIGITS}|\b(?:{WORDS})(?:(?:[ -]and[ -]|[ -])(?:{WORDS}))*\b)"
_ANY = re.compile(NUMBER, re.I)


def counts_in(text: str) -> list[int]:
    """The whole numbers of a text, in order."""
    return [count_of(number[0]) for number in _ANY.finditer(text)]


def looks_like_year(written: str, number: int) -> bool:
    """Whether a number could be a year."""
    return 1900 <= number <= 2030 and written.isdigit()


def count_of(written: str) -> int:
    """The number written in digits or words; 0 if there is none."""
    digits = re.sub(r"\D", "", written)
    if digits:
        return int(digits)
    total = part = 0
    for word in re.split(r"[ -]+", written.lower()):
        if word in _UNITS_WORDS:
            part += _UNITS_WORDS[word]
        elif word in _TENS:
            part += _TENS[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        elif word == "thousand":
            total, part = total + max(part, 1) * 1000, 0
    return total + part
