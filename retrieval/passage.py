"""Records of retrieval: Passage, SearchQuery with its Filters, Evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from corpora.article import Article
from corpora.errors import BadInput
from corpora.evidence_level import EvidenceLevel

if TYPE_CHECKING:
    # Imports numpy, which commands that only show answers do not need.
    from retrieval.encoder import Meaning

# MeSH check tags, case-folded.
HUMANS, ANIMALS = "humans", "animals"


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive sentences of one article.

    `start` and `end` are the offsets of `text` in `Article.text`. `section` is the label of the
    section in which the passage starts, "" for an unstructured abstract or a title.
    """

    id: str
    pmid: str
    section: str
    start: int
    end: int
    text: str


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
        """Whether the article passes; authoritative for the filters that the index applies."""
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


def _any_of(required: tuple[str, ...], present: tuple[str, ...]) -> bool:
    return not required or not {w.casefold() for w in required}.isdisjoint(
        p.casefold() for p in present
    )


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """One search query. `weight` is its share if several queries are fused."""

    text: str
    filters: Filters = field(default_factory=Filters)
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A retrieved passage, its article, and the components of its rank.

    `rank` counts from 1. `dense_rank` and `lexical_rank` are the article's ranks in the two lists,
    None if it was not among their candidates. `dense_score` is a cosine, `lexical_score` BM25 as a
    share of its maximum, plus the presence score (`retrieval.engines.lexical`), `feedback_score`
    the cosine to the mean of the best articles; the list is ordered by `score`, which combines them
    (`retrieval.ranking`), or by the reranker's score.
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
    """Retrieves evidence for queries."""

    @property
    def fingerprint(self) -> str:
        """The encoder's fingerprint; see `EncoderIdentity`."""
        ...

    def search(self, queries: list[SearchQuery], k: int) -> list[list[Evidence]]:
        """For each query at most `k` pieces of evidence, one per article, best first."""
        ...

    def gather(self, queries: list[SearchQuery], k: int) -> list[Evidence]:
        """One fused list for variants of one question with the same filters, the question first.

        An article's score is the weighted mean of its scores for the queries.
        """
        ...

    def meaning(self, texts: list[str]) -> Meaning:
        """The texts' vectors, encoded in one batch; `gather` reuses them for the same texts."""
        ...

    def companions(self, evidence: Evidence) -> list[Evidence]:
        """The other passages of its article, in order; in a long article only the adjacent ones."""
        ...

    def terms(self, text: str) -> list[str]:
        """The distinct index terms of a text, in order, without stop words."""
        ...

    def frequency(self, term: str) -> int:
        """The number of articles that contain an index term."""
        ...

    def near(self, term: str) -> str:
        """The most frequent index term at edit distance one, "" if there is none."""
        ...

    def heading_frequency(self, heading: str) -> int:
        """The number of articles with a MeSH heading."""
        ...

    def __len__(self) -> int:
        """The number of articles in the index."""
        ...
