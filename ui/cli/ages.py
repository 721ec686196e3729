"""Ages as written in options: 90d, 12w, 6m, 2y."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import timedelta

_UNITS = {"d": 1, "w": 7, "m": 30, "y": 365}
AgeOption = Annotated[str, typer.Option("--older-than", help="An age: 90d, 12w, 6m or 2y.")]


def parse_age(text: str) -> timedelta:
    """Parse an age.

    Raises:
        BadInput: the text is not an age.
    """
    from datetime import timedelta

    from corpora.errors import BadInput

    match = re.fullmatch(r"(\d{1,5})\s*([dwmy])", text.strip().lower())
    if not match:
        raise BadInput(f"“{text}” is not an age.", "Write 90d, 12w, 6m or 2y.")
    return timedelta(days=int(match[1]) * _UNITS[match[2]])
