"""Records of retrieval: Passage, SearchQuery, Evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from corpora.article import Article
from retrieval.filters import Filters

if TYPE_CHECKING:
    # Imports numpy, which commands that only show answers do not need.
    from retrieval.encoder import Meaning


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
class SearchQuery:
    """One search query. `weight` is its share if several queries are fused.

    `vector` is the text's, from `Retriever.meaning`; without it the retriever encodes the text.
    """

    text: str
    filters: Filters = field(default_factory=Filters)
    weight: float = 1.0
    vector: Sequence[float] | None = field(default=None, compare=False, repr=False)


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
        """The texts' vectors, encoded in one batch."""
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
