"""Format counts, sizes and times."""

from __future__ import annotations

from datetime import UTC, datetime


def ago(moment: str, now: datetime | None = None) -> str:
    """Format how long ago an ISO time was, in the largest unit that fits."""
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(moment)).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds // length)
        if count >= 1:
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def to_the_minute(moment: str) -> str:
    """Format an ISO time for tables: "2026-01-31 09:15"."""
    return moment[:16].replace("T", " ")


def size(count: int) -> str:
    """Format bytes: "11.0 MB"."""
    amount, unit = count / 1e3, "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1e3, larger
    return f"{amount:,.1f} {unit}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Format a number with its noun: "1 article", "2,765 articles"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Format seconds: "45 s", "3 min", "2 h 10 min"."""
    whole = max(0, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
