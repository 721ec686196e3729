"""The records of retrieval: Passage, SearchQuery with its Filters, Evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from corpora.article import Article
from corpora.errors import BadInput
from corpora.evidence_level import EvidenceLevel

if TYPE_CHECKING:
    # With it comes numpy, which a command that only shows answers does without.
    from retrieval.encoder import Meaning

# MeSH check tags, without case.
HUMANS, ANIMALS = "humans", "animals"


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive sentences of one article.

    `start` and `end` are offsets in `Article.text`, which give back `text`. `section` is the label
    of the section in which the passage starts, "" for an unstructured abstract or a title.
    """

    id: str
    pmid: str
    section: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What an article must be to count. Empty means no condition; names compare without case.

    `first_year` and `last_year` are inclusive; an article of unknown year fails either.
    `publication_types` are PubMed's; `designs` also go by an article's own words, which most recent
    records need. These and `languages`, `journals` (full title or abbreviation) and `mesh` are
    alternatives within each field; all fields must hold. `people_only` leaves out what was studied
    in animals or the laboratory alone: recent records carry no "Humans" yet, and must stay.
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
            raise BadInput(f"No year is both from {first} and up to {last}.", "Swap the two years.")

    @property
    def narrows(self) -> bool:
        """Whether any condition is set (retraction apart, which is looked at afterwards)."""
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
        """The conditions as JSON has them, designs by name; `from_dict` gives them back.

        Args:
            only_set: leave out those that are not set.
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
        """The filters that `to_dict` wrote."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in fields.items()
        }
        values["designs"] = tuple(EvidenceLevel[name] for name in values.get("designs", ()))
        return cls(**values)

    def accept(self, article: Article) -> bool:
        """Whether the article passes; the index narrows by the same rule, this is its truth."""
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
        if self.people_only and not _in_people(article):
            return False
        return (
            _any_of(self.publication_types, article.publication_types)
            and _any_of(self.languages, article.languages)
            and _any_of(self.journals, (article.journal, article.journal_abbreviation))
            and _any_of(self.mesh, article.mesh)
        )


def _in_people(article: Article) -> bool:
    headings = {heading.casefold() for heading in article.mesh}
    if HUMANS in headings:
        return True
    return ANIMALS not in headings and article.evidence_level is not EvidenceLevel.LABORATORY


def _any_of(wanted: tuple[str, ...], present: tuple[str, ...]) -> bool:
    return not wanted or not {w.casefold() for w in wanted}.isdisjoint(
        p.casefold() for p in present
    )


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """One thing to look for. `weight` is its share where several queries are fused."""

    text: str
    filters: Filters = field(default_factory=Filters)
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage that was found, its article, and where its rank came from.

    `rank` counts from 1. `dense_rank` and `lexical_rank` are the article's places in the two lists,
    None where it was not among their candidates. `dense_score` is a cosine, `lexical_score` BM25 as
    a share of the most it could be, with what all terms being there adds
    (`retrieval.engines.lexical`), `feedback_score` the cosine to what the best articles have in
    common; `score`, of which they are parts (`retrieval.ranking`), is what the list is ordered by,
    unless a reranker gave another.
    """

    passage: Passage
    article: Article
    rank: int
    score: float
    dense_rank: int | None = None
    dense_score: float | None = None
    lexical_rank: int | None = None
    lexical_score: float | None = None
    feedback_score: float | None = None
    reranked: bool = False


class Retriever(Protocol):
    """Anything that turns queries into evidence."""

    @property
    def fingerprint(self) -> str:
        """Of the encoder; see `EncoderIdentity`."""
        ...

    def search(self, queries: list[SearchQuery], k: int) -> list[list[Evidence]]:
        """For each query at most `k` pieces of evidence, one an article, best first."""
        ...

    def gather(self, queries: list[SearchQuery], k: int) -> list[Evidence]:
        """One such list for queries that ask the same under the same filters, the question first.

        An article's score is the weighted mean of what it has for each query.
        """
        ...

    def meaning(self, texts: list[str]) -> Meaning:
        """The texts' vectors, made in one batch; `gather` of the same texts takes them over."""
        ...

    def companions(self, evidence: Evidence) -> list[Evidence]:
        """The other passages of its article, in order; of a long article only those beside it."""
        ...

    def terms(self, text: str) -> list[str]:
        """The distinct index terms of a text, in order, stop words left out."""
        ...

    def frequency(self, term: str) -> int:
        """How many articles hold an index term."""
        ...

    def near(self, term: str) -> str:
        """The index term one slip away that most articles hold, "" where there is none."""
        ...

    def heading_frequency(self, heading: str) -> int:
        """How many articles carry a MeSH heading."""
        ...

    def __len__(self) -> int:
        """Articles in the index."""
        ...
