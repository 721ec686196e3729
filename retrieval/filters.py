"""The conditions that an article must meet, shared by the command line, pages, API and search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from corpora.article import Article
from corpora.errors import BadInput
from corpora.evidence_level import EvidenceLevel

# MeSH check tags, case-folded.
HUMANS, ANIMALS = "humans", "animals"


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on articles. Empty means no condition; names are compared case-insensitively.

    `first_year` and `last_year` are inclusive; an article with an unknown year fails both.
    `publication_types` are PubMed's; `designs` are also derived from an article's own words, which
    most recent records need. The values of these fields and of `languages`, `journals` (full title
    or abbreviation) and `mesh` are alternatives; all fields must match. `people_only` excludes
    animal and laboratory studies; it does not require "Humans", which recent records lack.
    """

    first_year: int | None = None
    last_year: int | None = None
    publication_types: tuple[str, ...] = ()
    designs: tuple[EvidenceLevel, ...] = ()
    languages: tuple[str, ...] = ()
    journals: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    people_only: bool = False
    include_retracted: bool = False

    def __post_init__(self) -> None:
        first, last = self.first_year, self.last_year
        if first is not None and last is not None and first > last:
            raise BadInput(f"No year is between {first} and {last}.", "Swap the two years.")

    @property
    def narrows(self) -> bool:
        """Whether any condition is set, except on retraction, which is checked afterwards."""
        return bool(
            self.first_year is not None
            or self.last_year is not None
            or self.publication_types
            or self.designs
            or self.languages
            or self.journals
            or self.mesh
            or self.people_only
        )

    def to_dict(self, *, only_set: bool = False) -> dict[str, Any]:
        """The conditions as a JSON object, designs by name; `from_dict` restores them.

        Args:
            only_set: omit conditions that are not set.
        """
        fields: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            if name == "designs":
                value = [level.name for level in self.designs]
            elif isinstance(value, tuple):
                value = list(value)
            if not only_set or value not in (None, [], False):
                fields[name] = value
        return fields

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Filters:
        """The filters written by `to_dict`."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields.items()
        }
        values["designs"] = tuple(EvidenceLevel[name] for name in values.get("designs", ()))
        return cls(**values)

    def accept(self, article: Article) -> bool:
        """Whether the article meets all conditions; the index must agree with this method."""
        if article.retracted and not self.include_retracted:
            return False
        if (self.first_year is not None or self.last_year is not None) and not article.year:
            return False
        if self.first_year is not None and article.year < self.first_year:
            return False
        if self.last_year is not None and article.year > self.last_year:
            return False
        if self.designs and article.evidence_level not in self.designs:
            return False
        if self.people_only and not in_people(article):
            return False
        return (
            _any_of(self.publication_types, article.publication_types)
            and _any_of(self.languages, article.languages)
            and _any_of(self.journals, (article.journal, article.journal_abbreviation))
            and _any_of(self.mesh, article.mesh)
        )


def in_people(article: Article) -> bool:
    """Whether an article passes `people_only`."""
    headings = {heading.casefold() for heading in article.mesh}
    if HUMANS in headings:
        return True
    return ANIMALS not in headings and article.evidence_level is not EvidenceLevel.LABORATORY


def _any_of(required: tuple[str, ...], present: tuple[str, ...]) -> bool:
    return not required or not {w.casefold() for w in required}.isdisjoint(
        p.casefold() for p in present
    )
