"""Parse dates as printed in the literature into ISO dates of the same precision."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_NUMBER_OF = {name: number for number, name in enumerate(MONTHS, start=1)}
_LAST_MONTH = 12
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_MONTH_NAMES = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_COMPACT = re.compile(r"^(\d{4})(\d\d)(\d\d)$")
_PARTS = re.compile(
    rf"^(\d{{4}})(?!\d)(?:\.0+$|[ /.-]+({_MONTH_NAMES}|\d{{1,2}})(?!\d))?(?:[ /.-]+(\d{{1,2}})(?!\d))?",
    re.IGNORECASE,
)
_NAMED_MONTH = re.compile(
    rf"(?:\b(\d{{1,2}})(?:st|nd|rd|th)?[ .-]+)?\b({_MONTH_NAMES})(?:[ .-]+(\d{{1,2}})(?!\d),?)?[ ,.-]+(\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_YEAR_LAST = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)|^(\d{1,2})[/.-](\d{4})$")


def now() -> str:
    """The present moment in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def now_to_the_microsecond() -> str:
    """As `now`, for what may happen several times a second."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def date_of(year: str, month: str, day: str) -> str:
    """ISO date from its printed parts, as precise as they are; "" without a year.

    `month` is a number or an English name. A day that does not exist in its month is dropped.
    """
    if not (re.fullmatch(r"[0-9]{4}", year) and _YEAR.fullmatch(year)):
        return ""
    plain = re.fullmatch(r"[0-9]{1,2}", month)
    number = int(month) if plain else _NUMBER_OF.get(month[:3].lower(), 0)
    if not 1 <= number <= _LAST_MONTH:
        return year
    days = calendar.monthrange(int(year), number)[1]
    if not (re.fullmatch(r"[0-9]{1,2}", day) and 1 <= int(day) <= days):
        return f"{year}-{number:02d}"
    return f"{year}-{number:02d}-{int(day):02d}"


def iso_date(text: str) -> str:
    """ISO date of "2021 Mar 5", "20210305", "2021/03/05", "5 March 2021" or "2020.0".

    Only the year if nothing more is given or the order is ambiguous ("05/03/2021"); "" without a
    year.
    """
    text = text.strip()
    if match := _COMPACT.match(text):
        return date_of(*match.groups())
    if (match := _PARTS.match(text)) and (
        date := date_of(match[1], match[2] or "", match[3] or "")
    ):
        return date
    if match := _NAMED_MONTH.search(text):
        return date_of(match[4], match[2], match[1] or match[3] or "")
    if match := _YEAR_LAST.match(text):
        first, second, year, month, own = match.groups()
        if own:
            return date_of(own, month, "")
        if int(first) > _LAST_MONTH or first == second:
            return date_of(year, second, first)
        return date_of(year, first, second) if int(second) > _LAST_MONTH else date_of(year, "", "")
    return year_in(text)


def best_date(*texts: str) -> str:
    """The most precise date among those that share the year of the first one with a year.

    A part without a year ("Mar 15") takes the year given by another part.
    """
    dates = [date for text in texts if (date := iso_date(text))]
    if not dates:
        return ""
    year = dates[0][:4]
    for text in texts:
        if text.strip() and not year_in(text) and re.match(r"[A-Za-z]{3}", text.strip()):
            dates.append(iso_date(f"{year} {text.strip()}"))
    return max((date for date in dates if date[:4] == year), key=len)


def year_in(text: str) -> str:
    """The first year in a text such as "Winter 1976-77", "" if there is none."""
    match = _YEAR.search(text)
    return match.group() if match else ""
