"""Options of commands and forms into Filters."""

from __future__ import annotations

from corpora.errors import BadInput
from corpora.evidence_level import EvidenceLevel
from corpora.languages import language_code
from retrieval.passage import Filters


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
    """The filters that the options name; a language by its code or its English name.

    Raises:
        BadInput: a study design is unknown, or no year can be both.
    """
    return Filters(
        first_year=since,
        last_year=until,
        publication_types=tuple(types or ()),
        designs=tuple(_level(name) for name in designs or ()),
        languages=tuple(language_code(each) or each for each in languages or ()),
        journals=tuple(journals or ()),
        people_only=people_only,
        include_retracted=include_retracted,
    )


def _level(name: str) -> EvidenceLevel:
    try:
        return EvidenceLevel[name.upper().replace("-", "_").replace("RANDOMIZED", "RANDOMISED")]
    except KeyError as error:
        known = ", ".join(level.name.lower().replace("_", "-") for level in EvidenceLevel)
        raise BadInput(f"“{name}” is no study design.", f"Choose from: {known}.") from error
