"""The Milvus engine: an index version as two collections, searched through pymilvus.

`…_passages` has one vector per passage, `…_words` one sparse vector per article; both include the
filter fields. Terms are weighted here rather than by Milvus's own BM25, which supports neither
weighted terms nor a score for their presence, and computes IDF per segment: the sparse vector holds
the term-frequency part of BM25 plus the presence score, the query each term's IDF and weight, and
their product is Medcite's own lexical score. Only this module and `retrieval.publishing` use
pymilvus, which the extra `milvus` installs.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from corpora.article import Article
from corpora.errors import BadInput, EngineError, NoIndex
from retrieval.encoder import Vectors
from retrieval.engines.analysis import ENGLISH, fold
from retrieval.engines.dense import Numbers
from retrieval.engines.lexical import (
    PRESENCE,
    SATURATION,
    LexicalHit,
    WeightedTerm,
    indexed_text,
)
from retrieval.engines.local import Owners
from retrieval.engines.protocol import PassageVectors, Selection
from retrieval.filters import FIELDS, FilterField, Filters, in_people

if TYPE_CHECKING:
    from pymilvus import MilvusClient

# BM25 parameters of tantivy.
_K1, _B = 1.2, 0.75
# Milvus's limit on the results of one search.
_MOST_HITS = 16_384
# Ids in one condition.
_IDS_AT_ONCE = 1_000
_DIMENSIONS = 2**32 - 2
PASSAGES, WORDS = "passages", "words"
# Columns that are not named like their fields.
_COLUMNS = {"type": "types", "language": "languages", "journal": "journals"}


def open_client(uri: str, token: str = "") -> MilvusClient:
    """A client for a server (`http://…`) or a Milvus Lite file (`….db`).

    Raises:
        BadInput: pymilvus is not installed.
        EngineError: the server does not answer.
    """
    try:
        from pymilvus import MilvusClient
        from pymilvus.exceptions import MilvusException
    except ImportError as error:
        raise BadInput(
            f"{uri} needs pymilvus, which is not installed.", "Run: pip install 'medcite[milvus]'."
        ) from error
    try:
        return MilvusClient(uri, token=token)
    except (MilvusException, OSError, ValueError) as error:
        raise EngineError(
            f"Milvus at {uri} does not answer: {error}", "Check the address and the server."
        ) from error


@contextmanager
def milvus_errors() -> Iterator[None]:
    """Convert pymilvus errors to EngineError.

    Raises:
        EngineError: the server did not answer, or refused the request.
    """
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("pymilvus", "grpc")):
            raise
        raise EngineError(
            f"Milvus does not answer, or refuses the request: {error}",
            "Check the server; or rank on this machine: unset MEDCITE_MILVUS.",
        ) from error


def collection_name(prefix: str, version: str, part: str) -> str:
    """The name of the collection for a part of an index version."""
    return f"{prefix}_{version.replace('-', '_')}_{part}"


def sparse_row(article: Article, mean_length: float) -> dict[int, float]:
    """Each term's score in an article before IDF: its part of BM25 plus its presence."""
    counts = Counter(index_terms(article))
    length = _K1 * (1 - _B + _B * sum(counts.values()) / mean_length)
    return {
        dimension_of(term): count / (count + length) * (_K1 + 1) / SATURATION + PRESENCE
        for term, count in counts.items()
    }


def index_terms(article: Article) -> list[str]:
    """The index terms of an article, with repetitions."""
    return [str(term) for term in ENGLISH.analyze(fold(indexed_text(article)))]


def dimension_of(term: str) -> int:
    """The dimension of a term in sparse vectors."""
    digest = hashlib.blake2b(term.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % _DIMENSIONS


def column_of(field: FilterField) -> str:
    """The column of a filter field: a string if the field is `single`, else an array of names."""
    return _COLUMNS.get(field.name, field.name)


def filter_columns(article: Article) -> dict[str, Any]:
    """The filter columns of an article in both collections; names in arrays are case-folded."""
    columns: dict[str, Any] = {"year": article.year, "people": in_people(article)}
    for field in FIELDS:
        values = field.values(article)
        columns[column_of(field)] = values[0] if field.single else _names(values)
    return columns


def _names(values: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(value.casefold() for value in values if value))


def condition(filters: Filters) -> str:
    """The filters as a Milvus expression; retraction is checked afterwards."""
    parts = []
    if filters.first_year is not None or filters.last_year is not None:
        # Year 0 means unknown, which fails every condition on years.
        parts.append(f"year >= {max(filters.first_year or 1, 1)}")
    if filters.last_year is not None:
        parts.append(f"year <= {filters.last_year}")
    if filters.people_only:
        parts.append("people == true")
    for field in FIELDS:
        if required := field.required(filters):
            column = column_of(field)
            if field.single:
                parts.append(f"{column} in {_listed(required)}")
            else:
                parts.append(f"array_contains_any({column}, {_listed(_names(required))})")
    return " and ".join(parts)


def _listed(values: Sequence[str]) -> str:
    return orjson.dumps(list(values)).decode()


class MilvusEngine:
    """An `Engine` over the collections of a published index version.

    Args:
        version: the version's name.
        owners: the version's passage table, which has the same numbers.

    Raises:
        NoIndex: the version has not been published completely.
    """

    selects = True

    def __init__(
        self, client: MilvusClient, prefix: str, version: str, owners: Owners, passages: int
    ) -> None:
        self._client, self._owners = client, owners
        self._passages = collection_name(prefix, version, PASSAGES)
        self._words = collection_name(prefix, version, WORDS)
        with milvus_errors():
            for name in (self._passages, self._words):
                if not client.has_collection(name):
                    raise NoIndex(
                        f"Index {version} has not been published to Milvus.",
                        "Publish it: medcite index publish URI.",
                    )
                client.load_collection(name)
            rows = int(client.get_collection_stats(self._passages)["row_count"])
        if rows != passages:
            raise NoIndex(
                f"{self._passages} contains {rows} passages, not {passages}.",
                "Publish the version again: medcite index publish URI.",
            )

    def nearest(self, vector: Vectors, depth: int, select: Selection) -> Numbers:
        limit = 2 * depth
        while True:
            with milvus_errors():
                (hits,) = self._client.search(
                    self._passages,
                    [vector.tolist()],
                    anns_field="vector",
                    filter=condition(select.filters),
                    limit=min(limit, _MOST_HITS),
                    output_fields=["number"],
                )
            numbers = np.array([hit["number"] for hit in hits], dtype=np.int64)
            owners = self._owners.articles(numbers).tolist()
            articles = np.array(list(dict.fromkeys(owners)), np.int64)
            if len(articles) >= depth or len(hits) < limit or limit >= _MOST_HITS:
                return articles[:depth]
            limit *= 4

    def lexical(
        self, terms: Sequence[WeightedTerm], depth: int, filters: Filters, presence: float
    ) -> list[LexicalHit]:
        return self._scored(terms, depth, condition(filters), presence)

    def lexical_scores(
        self, terms: Sequence[WeightedTerm], articles: Sequence[int], presence: float
    ) -> dict[int, float]:
        scores: dict[int, float] = {}
        for first in range(0, len(articles), _IDS_AT_ONCE):
            part = [int(article) for article in articles[first : first + _IDS_AT_ONCE]]
            hits = self._scored(terms, len(part), f"article in {part}", presence)
            scores |= {hit.article: hit.score for hit in hits}
        return scores

    def _scored(
        self, terms: Sequence[WeightedTerm], k: int, where: str, presence: float
    ) -> list[LexicalHit]:
        if presence != PRESENCE:
            raise BadInput(
                f"Published indexes weight presence by {PRESENCE}, not {presence}.",
                "Rank with the local engine instead.",
            )
        query: dict[int, float] = {}
        for term in terms:
            place = dimension_of(term.text)
            query[place] = query.get(place, 0.0) + term.idf * term.weight
        if not query:
            return []
        with milvus_errors():
            (hits,) = self._client.search(
                self._words,
                [query],
                anns_field="words",
                filter=where,
                limit=min(k, _MOST_HITS),
                output_fields=["article"],
            )
        scored = [LexicalHit(int(hit["article"]), float(hit["distance"])) for hit in hits]
        return sorted(scored, key=lambda hit: (-hit.score, hit.article))

    def passages(self, articles: Numbers) -> PassageVectors:
        numbers = self._owners.of_articles(articles)
        vectors: dict[int, list[float]] = {}
        for first in range(0, len(numbers), _IDS_AT_ONCE):
            with milvus_errors():
                rows = self._client.get(
                    self._passages,
                    ids=numbers[first : first + _IDS_AT_ONCE].tolist(),
                    output_fields=["number", "vector"],
                )
            vectors |= {int(row["number"]): row["vector"] for row in rows}
        present = np.array([n for n in numbers.tolist() if n in vectors], dtype=np.int64)
        values = np.array([vectors[n] for n in present.tolist()], dtype=np.float32)
        return PassageVectors(
            present, self._owners.articles(present), values.reshape(len(present), -1)
        )
