"""Build `Filters` from the options of commands and forms."""

from __future__ import annotations

from corpora.errors import BadInput
from corpora.evidence_level import EvidenceLevel
from corpora.languages import language_code
from retrieval.filters import Filters


def make_filters(
    since: int | None,
    until: int | None,
    types: list[str] | None,
    designs: list[str] | None,
    languages: list[str] | None,
    journals: list[str] | None,
    people_only: bool,
    include_retracted: bool,
) -> Filters:
    """Build filters from options; languages are given by code or English name.

    Raises:
        BadInput: a study design is unknown, or the first year is after the last.
    """
    return Filters(
        first_year=since,
        last_year=until,
        publication_types=tuple(types or ()),
        designs=tuple(_level(name) for name in designs or ()),
        languages=tuple(language_code(name) or name for name in languages or ()),
        journals=tuple(journals or ()),
        people_only=people_only,
        include_retracted=include_retracted,
    )


def _level(name: str) -> EvidenceLevel:
    try:
        return EvidenceLevel[name.upper().replace("-", "_").replace("RANDOMIZED", "RANDOMISED")]
    except KeyError as error:
        designs = ", ".join(level.name.lower().replace("_", "-") for level in EvidenceLevel)
        raise BadInput(f"“{name}” is not a study design.", f"Choose from: {designs}.") from error
