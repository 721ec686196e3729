"""The lexical index: BM25, Boolean queries and filters under tantivy.

Only `retrieval.engines.analysis` and `retrieval.boolean.translate` beside it import tantivy.

One document an article. What its words become is in `retrieval.engines.analysis`.

Scores are comparable between queries: BM25 over the most that the query's terms could give, plus a
share for each term that is there at all, so that an article that speaks of all that is asked
stands before one that speaks often of a part of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy
from tantivy import Occur, Query

from corpora.article import Article
from corpora.errors import BadQuery, Damaged, storage_errors
from corpora.evidence_level import EvidenceLevel
from corpora.mesh import MeshTree
from retrieval.boolean.fields import NAMES, RETRACTED, WORDS, date_number, names_of, words_of
from retrieval.boolean.parser import Parsed
from retrieval.boolean.translate import Translator
from retrieval.engines.analysis import ENGLISH, PLAIN, analysed, fold
from retrieval.engines.dense import Numbers
from retrieval.passage import ANIMALS, HUMANS, Filters

_ANALYSER, _PLAIN = "english", "plain"
_HEAP_BYTES = 128_000_000
# Tantivy's BM25 saturates towards this multiple of a term's weight (k1 = 1.2).
SATURATION = 2.2
# Where a term is looked for that was meant by an unknown one.
_SURE_LETTERS = 2
_FEWEST_TO_MEND = 3
# What the presence of all terms counts beside a full BM25 score. Tuned on two thirds of BioASQ
# (docs/retrieval.md), as are the other weights of retrieval.
PRESENCE = 0.3


@dataclass(frozen=True, slots=True)
class LexicalHit:
    """An article of the store by its id, with its score, 0 to 1 + `PRESENCE`."""

    article: int
    score: float


@dataclass(frozen=True, slots=True)
class Term:
    """A term to look for: what its full BM25 score, a multiple of `idf`, is multiplied by."""

    text: str
    idf: float
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class BooleanHits:
    """Store ids of all that match, the most relevant first, and what to know of the reading.

    `retracted` are those of `ids` that were when the index was built.
    """

    ids: Numbers
    retracted: Numbers
    notes: tuple[str, ...]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("article", stored=False, indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=_ANALYSER, index_option="freq")
    builder.add_integer_field("year", indexed=True, fast=True)
    for name in ("type", "design", "language", "journal", "mesh"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in WORDS:
        builder.add_text_field(name, tokenizer_name=_PLAIN, index_option="position")
    for name in NAMES:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("date", indexed=True, fast=True)
    return builder.build()


def build_lexical(folder: Path, articles: Iterable[tuple[int, Article]]) -> int:
    """Write an index of articles with their store ids; returns how many."""
    with storage_errors(folder):
        folder.mkdir(parents=True)
        index = tantivy.Index(_schema(), path=str(folder))
        _register(index)
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        count = 0
        try:
            for number, article in articles:
                writer.add_document(_document(number, article))
                count += 1
            writer.commit()
            writer.wait_merging_threads()
        except ValueError as error:
            raise OSError(28 if "No space" in str(error) else 5, str(error)) from error
    return count


def _register(index: tantivy.Index) -> None:
    index.register_tokenizer(_ANALYSER, ENGLISH)
    index.register_tokenizer(_PLAIN, PLAIN)


def indexed_text(article: Article) -> str:
    """What the words of an article are taken from."""
    return " ".join((article.text, *article.keywords, *article.mesh))


def _document(number: int, article: Article) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("article", number)
    document.add_text("text", fold(indexed_text(article)))
    document.add_integer("year", article.year)
    for field, values in (
        ("type", article.publication_types),
        ("design", (article.evidence_level.name,)),
        ("language", article.languages),
        ("journal", (article.journal, article.journal_abbreviation)),
        ("mesh", article.mesh),
    ):
        for value in values:
            if value:
                document.add_text(field, value.casefold())
    for field, values in words_of(article).items():
        for value in filter(None, values):
            document.add_text(field, fold(value))
    for field, values in names_of(article).items():
        for value in values:
            document.add_text(field, value)
    document.add_integer("date", date_number(article.published, article.year))
    return document


class LexicalIndex:
    """An open index; safe to search from several threads.

    Raises:
        Damaged: the folder holds no readable index.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._index = tantivy.Index.open(str(folder))
        except (ValueError, OSError) as error:
            raise Damaged(f"{folder} cannot be read.", "Rebuild: medcite index build.") from error
        _register(self._index)
        self._schema = self._index.schema
        self._searcher = self._index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def terms(self, text: str) -> list[str]:
        """See `analysed`."""
        return analysed(text)

    def frequency(self, term: str) -> int:
        """How many articles hold an index term."""
        return int(self._searcher.doc_freq("text", term))

    def near(self, term: str) -> str:
        """The term one slip away that most articles hold; "" where few or none hold one.

        A slip is a letter left out, put in, exchanged or swapped with the next; the first letters
        are taken to be right.
        """
        found = self._searcher.terms_with_prefix("text", term[:_SURE_LETTERS])
        return next((t for t, n in found if n >= _FEWEST_TO_MEND and _one_slip(t, term)), "")

    def heading_frequency(self, heading: str) -> int:
        """How many articles carry a MeSH heading."""
        return int(self._searcher.doc_freq("mesh", heading.casefold()))

    def weighed(
        self, own: Sequence[str], other: Sequence[str] = (), share: float = 0.0
    ) -> list[Term]:
        """Terms so weighed that the `own` ones come to 1 at the most; `other` count that share.

        Terms that no article holds are left out; nothing is left where all own ones are.
        """
        known = [(term, idf) for term in own if (idf := self._idf(term)) is not None]
        most = sum(idf for _, idf in known)
        if not most:
            return []
        more = [(term, idf) for term in other if (idf := self._idf(term)) is not None]
        return [Term(term, idf, 1.0 / most) for term, idf in known] + [
            Term(term, idf, share / most) for term, idf in more
        ]

    def search(
        self,
        terms: Sequence[Term],
        k: int,
        filters: Filters | None = None,
        presence: float = PRESENCE,
    ) -> list[LexicalHit]:
        """The k best articles, best first; none where no term is given."""
        return self._scored(terms, k, self._conditions(filters), presence)

    def holding(
        self, terms: Sequence[str], limit: int, filters: Filters | None = None
    ) -> list[LexicalHit]:
        """The articles that hold all of these terms, at most `limit` of them, best first."""
        if not terms or not all(map(self.frequency, terms)):
            return []
        every = Query.boolean_query(
            [(Occur.Must, Query.term_query(self._schema, "text", term, "freq")) for term in terms]
        )
        return self._hits(_under(every, self._conditions(filters)), limit)

    def retracted(self) -> Numbers:
        """Sorted store ids of the articles that were retracted when the index was built."""
        return np.sort(self._all(Query.term_query(self._schema, "status", RETRACTED, "basic")))

    def score(
        self, terms: Sequence[Term], articles: Sequence[int], presence: float = PRESENCE
    ) -> dict[int, float]:
        """The scores of these articles; those that hold no term are left out."""
        if not articles:
            return {}
        # A set query would do, in three times the time.
        own = [(Occur.Should, Query.term_query(self._schema, "article", a)) for a in articles]
        hits = self._scored(terms, len(articles), [Query.boolean_query(own)], presence)
        return {hit.article: hit.score for hit in hits}

    def _scored(
        self, terms: Sequence[Term], k: int, conditions: list[Query], presence: float
    ) -> list[LexicalHit]:
        if not terms:
            return []
        parts: list[tuple[Occur, Query]] = []
        for term in terms:
            query = Query.term_query(self._schema, "text", term.text, "freq")
            parts.append((Occur.Should, Query.boost_query(query, term.weight / SATURATION)))
            if presence:
                there = presence * term.idf * term.weight
                parts.append((Occur.Should, Query.const_score_query(query, there)))
        return self._hits(_under(Query.boolean_query(parts), conditions), k)

    def _idf(self, term: str) -> float | None:
        """The weight of a term in BM25; None where no article holds it."""
        count = self.frequency(term)
        if not count:
            return None
        return math.log(1 + (len(self) - count + 0.5) / (count + 0.5))

    def matching(self, filters: Filters, limit: int) -> Numbers | None:
        """Sorted store ids of all articles that pass the filters; None where over `limit` do."""
        conditions = self._conditions(filters)
        if not conditions:
            return None
        query = Query.const_score_query(
            Query.boolean_query([(Occur.Must, condition) for condition in conditions]), 1.0
        )
        found = self._searcher.search(query, limit + 1, count=False).hits
        if len(found) > limit:
            return None
        ids = self._searcher.fast_field_values("article", [address for _, address in found])
        return np.sort(np.asarray(ids, dtype=np.int64))

    def boolean(
        self, parsed: Parsed, tree: MeshTree | None = None, filters: Filters | None = None
    ) -> BooleanHits:
        """All articles that a Boolean query matches.

        Raises:
            BadQuery: a term means nothing in its field, or an asterisk stands for too much.
        """
        translator = Translator(self._schema, PLAIN.analyze, fold, tree, parsed.text)
        query = _under(translator.query(parsed.node), self._conditions(filters))
        try:
            hits = self._all(query)
            withdrawn = Query.term_query(self._schema, "status", RETRACTED, "basic")
            retracted = self._all(
                Query.boolean_query([(Occur.Must, query), (Occur.Must, withdrawn)])
            )
        except ValueError as error:
            # What a pattern stands for is limited where it is part of a phrase.
            raise BadQuery(
                "An asterisk in a phrase stands for too many words.",
                "Write more letters before it, or the words without the quotation marks.",
                parsed.text,
                max(parsed.text.find("*"), 0),
            ) from error
        return BooleanHits(hits, np.sort(retracted), tuple(translator.notes))

    def _all(self, query: Query) -> Numbers:
        """Store ids of everything that matches, best first."""
        count = self._searcher.search(query, 1, count=True).count or 0  # type: ignore[attr-defined]
        hits = self._hits(query, count) if count else []
        return np.array([hit.article for hit in hits], dtype=np.int64)

    def value_frequency(self, field: str, value: str) -> int:
        """How many articles have a value of a filter's field: type, language, journal or mesh."""
        return int(self._searcher.doc_freq(field, value.casefold()))

    def values(self, field: str) -> dict[str, int]:
        """How many articles have each value of a filter's field, the most frequent first."""
        return dict(self._searcher.terms_with_prefix(field, ""))

    def _hits(self, query: Query, k: int) -> list[LexicalHit]:
        found = self._searcher.search(query, k, count=False).hits
        ids = self._searcher.fast_field_values("article", [address for _, address in found])
        hits = [LexicalHit(int(i or 0), float(s)) for i, (s, _) in zip(ids, found, strict=True)]
        # Equal scores come in the order of segments, which differs from build to build.
        return sorted(hits, key=lambda hit: (-hit.score, hit.article))

    def _conditions(self, filters: Filters | None) -> list[Query]:
        conditions: list[Query] = []
        if filters is None:
            return conditions
        if filters.first_year is not None or filters.last_year is not None:
            # Year 0 means unknown, and unknown passes no condition on years.
            first = max(filters.first_year or 1, 1)
            conditions.append(
                Query.range_query(
                    self._schema, "year", tantivy.FieldType.Integer, first, filters.last_year
                )
            )
        for field, wanted in (
            ("type", filters.publication_types),
            ("design", tuple(level.name for level in filters.designs)),
            ("language", filters.languages),
            ("journal", filters.journals),
            ("mesh", filters.mesh),
        ):
            if wanted:
                conditions.append(self._any_of(field, wanted))
        if filters.people_only:
            conditions.append(self._in_people())
        return conditions

    def _in_people(self) -> Query:
        """Marked as of humans, or else neither of animals nor a laboratory study."""
        humans = self._any_of("mesh", (HUMANS,))
        others = [
            self._any_of("mesh", (ANIMALS,)),
            self._any_of("design", (EvidenceLevel.LABORATORY.name,)),
        ]
        neither = Query.boolean_query(
            [(Occur.Must, Query.all_query()), *((Occur.MustNot, each) for each in others)]
        )
        return Query.boolean_query([(Occur.Should, humans), (Occur.Should, neither)])

    def _any_of(self, field: str, wanted: Sequence[str]) -> Query:
        terms = [Query.term_query(self._schema, field, name.casefold(), "basic") for name in wanted]
        return Query.boolean_query([(Occur.Should, term) for term in terms])


def _under(query: Query, conditions: Sequence[Query]) -> Query:
    """A query under conditions that add nothing to its scores."""
    if not conditions:
        return query
    must = [(Occur.Must, Query.const_score_query(each, 0.0)) for each in conditions]
    return Query.boolean_query([(Occur.Must, query), *must])


def _one_slip(one: str, other: str) -> bool:
    """Whether one letter left out, put in, exchanged or swapped makes one text the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[:at] + short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long
