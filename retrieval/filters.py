"""The conditions that an article must meet, shared by the command line, pages, API and search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from corpora.article import Article
from corpora.errors import BadInput
from corpora.evidence_level import EvidenceLevel
from corpora.languages import language_code

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
            or any(field.required(self) for field in FIELDS)
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

    @classmethod
    def from_options(
        cls,
        *,
        since: int | None = None,
        until: int | None = None,
        types: Sequence[str] | None = None,
        designs: Sequence[str] | None = None,
        languages: Sequence[str] | None = None,
        journals: Sequence[str] | None = None,
        people_only: bool = False,
        include_retracted: bool = False,
    ) -> Filters:
        """The filters of a command's or form's options; languages by code or English name.

        Raises:
            BadInput: a study design is unknown, or the first year is after the last.
        """
        return cls(
            first_year=since,
            last_year=until,
            publication_types=tuple(types or ()),
            designs=tuple(_level(name) for name in designs or ()),
            languages=tuple(language_code(name) or name for name in languages or ()),
            journals=tuple(journals or ()),
            people_only=people_only,
            include_retracted=include_retracted,
        )

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
        if self.people_only and not in_people(article):
            return False
        return all(
            _share_a_name(required, field.values(article))
            for field in FIELDS
            if (required := field.required(self))
        )


@dataclass(frozen=True, slots=True)
class FilterField:
    """A field of names, of which an article must have one of those that `Filters` requires.

    Names are compared case-insensitively.

    Attributes:
        name: of the field in the word index and in the filter table.
        values: the names that an article has.
        required: the names of which one is required; empty means no condition.
        label: what a name is called in messages; "" if the names are not typed by users.
        single: whether every article has exactly one name.
    """

    name: str
    values: Callable[[Article], Sequence[str]]
    required: Callable[[Filters], Sequence[str]]
    label: str = ""
    single: bool = False


# Indexes have these fields in this order; `FORMAT_VERSION` counts their changes.
FIELDS = (
    FilterField(
        "type", lambda a: a.publication_types, lambda f: f.publication_types, "publication type"
    ),
    FilterField(
        "design",
        lambda a: (a.evidence_level.name,),
        lambda f: tuple(level.name for level in f.designs),
        single=True,
    ),
    FilterField("language", lambda a: a.languages, lambda f: f.languages, "language"),
    FilterField(
        "journal", lambda a: (a.journal, a.journal_abbreviation), lambda f: f.journals, "journal"
    ),
    FilterField("mesh", lambda a: a.mesh, lambda f: f.mesh, "MeSH heading"),
)


def in_people(article: Article) -> bool:
    """Whether an article passes `people_only`."""
    headings = {heading.casefold() for heading in article.mesh}
    if HUMANS in headings:
        return True
    return ANIMALS not in headings and article.evidence_level is not EvidenceLevel.LABORATORY


def _share_a_name(required: Sequence[str], present: Sequence[str]) -> bool:
    return not {w.casefold() for w in required}.isdisjoint(p.casefold() for p in present)


def _level(name: str) -> EvidenceLevel:
    try:
        return EvidenceLevel[name.upper().replace("-", "_").replace("RANDOMIZED", "RANDOMISED")]
    except KeyError as error:
        designs = ", ".join(level.name.lower().replace("_", "-") for level in EvidenceLevel)
        raise BadInput(f"“{name}” is not a study design.", f"Choose from: {designs}.") from error
