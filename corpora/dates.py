"""Dates as literature prints them, into ISO dates as precise as they are."""

from __future__ import annotations

import re

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NUMBER_OF = {name: number for number, name in enumerate(MONTHS, start=1)}
_LAST_MONTH, _LAST_DAY = 12, 31
_YEAR = re.compile(r"\b(?:1[6-9]|20)\d\d\b")
_COMPACT = re.compile(r"^(\d{4})(\d\d)(\d\d)$")
_PARTS = re.compile(r"^(\d{4})(?:[ /-]+([A-Za-z]{3,9}|\d{1,2}))?(?:[ /-]+(\d{1,2}))?(?![\d-])")


def date_of(year: str, month: str, day: str) -> str:
    """ISO date out of its parts as printed, as precise as they are; "" without a year.

    `month` is a number or an English name.
    """
    if not (len(year) == len("2021") and year.isdigit()):
        return ""
    number = int(month) if month.isdigit() else _NUMBER_OF.get(month[:3].lower(), 0)
    if not 1 <= number <= _LAST_MONTH:
        return year
    if not (day.isdigit() and 1 <= int(day) <= _LAST_DAY):
        return f"{year}-{number:02d}"
    return f"{year}-{number:02d}-{int(day):02d}"


def iso_date(text: str) -> str:
    """ISO date of "2021 Mar 5", "20210305" or "2021/03/05"; a year where no more is said."""
    if found := _COMPACT.match(text):
        return date_of(*found.groups())
    if found := _PARTS.match(text):
        return date_of(found[1], found[2] or "", found[3] or "")
    return year_in(text)


def year_in(text: str) -> str:
    """The first year in a text such as "Winter 1976-77", "" where there is none."""
    found = _YEAR.search(text)
    return found.group() if found else ""
