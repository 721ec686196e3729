"""The lexical index: BM25, Boolean queries and filters in tantivy.

Apart from this module, only `retrieval.engines.analysis` and `retrieval.boolean.translate` import
tantivy.

There is one document per article. Its text is analysed in `retrieval.engines.analysis`.

Scores are comparable between queries: BM25 divided by the maximum for the query's terms, plus a
share for the presence of each term, so that an article with all terms ranks above one that repeats
only some of them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy
from tantivy import Occur, Query

from corpora.article import Article
from corpora.errors import BadQuery, Damaged, storage_errors
from corpora.evidence_level import EvidenceLevel
from corpora.mesh import Tree
from retrieval.boolean.fields import NAMES, RETRACTED, WORDS, date_number, names_of, words_of
from retrieval.boolean.parser import Parsed
from retrieval.boolean.translate import Translator
from retrieval.engines.analysis import ENGLISH, PLAIN, analysed, fold
from retrieval.engines.dense import Numbers
from retrieval.filters import ANIMALS, FIELDS, HUMANS, Filters

_ANALYSER, _PLAIN = "english", "plain"
_HEAP_BYTES = 128_000_000
# Tantivy's BM25 saturates towards this multiple of a term's weight (k1 = 1.2).
SATURATION = 2.2
# Spelling correction: leading letters taken as correct, and articles a candidate must occur in.
_SURE_LETTERS = 2
_FEWEST_TO_MEND = 3
_DOUBLED = re.compile(r"(.)\1")
# Weight of the presence of all terms relative to a full BM25 score. Tuned on two thirds of BioASQ
# (docs/retrieval.md), like the other retrieval weights.
PRESENCE = 0.3

# What an article must or must not match.
Conditions = Sequence[tuple[Occur, Query]]


@dataclass(frozen=True, slots=True)
class LexicalHit:
    """An article by its store id, with its score from 0 to 1 + `PRESENCE`."""

    article: int
    score: float


@dataclass(frozen=True, slots=True)
class WeightedTerm:
    """A search term; `weight` multiplies its BM25 score, which is a multiple of `idf`."""

    text: str
    idf: float
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class BooleanHits:
    """Store ids of all matches, most relevant first, and notes on how the query was interpreted.

    `retracted` are those of `ids` that were retracted when the index was built.
    """

    ids: Numbers
    retracted: Numbers
    notes: tuple[str, ...]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("article", stored=False, indexed=True, fast=True)
    builder.add_text_field("text", tokenizer_name=_ANALYSER, index_option="freq")
    builder.add_integer_field("year", indexed=True, fast=True)
    for field in FIELDS:
        builder.add_text_field(field.name, tokenizer_name="raw", index_option="basic")
    for name in WORDS:
        builder.add_text_field(name, tokenizer_name=_PLAIN, index_option="position")
    for name in NAMES:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("date", indexed=True, fast=True)
    return builder.build()


def build_lexical(folder: Path, articles: Iterable[tuple[int, Article]]) -> int:
    """Write an index of articles with their store ids; return their number."""
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
    """The text of an article that is indexed."""
    return " ".join((article.text, *article.keywords, *article.mesh))


def _document(number: int, article: Article) -> tantivy.Document:
    document = tantivy.Document()
    document.add_unsigned("article", number)
    document.add_text("text", fold(indexed_text(article)))
    document.add_integer("year", article.year)
    for own in FIELDS:
        for value in filter(None, own.values(article)):
            document.add_text(own.name, value.casefold())
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
        Damaged: the folder contains no readable index.
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
        """The number of articles that contain an index term."""
        return int(self._searcher.doc_freq("text", term))

    def near(self, term: str) -> str:
        """The most frequent term at edit distance one; "" if it occurs in too few articles.

        An edit is a letter deleted, inserted, replaced or transposed with the next, or letters
        doubled elsewhere ("reccomend"); the first letters must be correct.
        """
        terms = self._searcher.terms_with_prefix("text", term[:_SURE_LETTERS])
        return next((t for t, n in terms if n >= _FEWEST_TO_MEND and _one_edit(t, term)), "")

    def heading_frequency(self, heading: str) -> int:
        """The number of articles with a MeSH heading."""
        return int(self._searcher.doc_freq("mesh", heading.casefold()))

    def weighed(
        self, own: Sequence[str], other: Sequence[str] = (), share: float = 0.0
    ) -> list[WeightedTerm]:
        """Weight terms so that the `own` ones sum to at most 1; `other` ones count `share` of that.

        Terms that occur in no article are omitted; if no own one is left, the list is empty.
        """
        indexed = [(term, idf) for term in own if (idf := self._idf(term)) is not None]
        most = sum(idf for _, idf in indexed)
        if not most:
            return []
        more = [(term, idf) for term in other if (idf := self._idf(term)) is not None]
        return [WeightedTerm(term, idf, 1.0 / most) for term, idf in indexed] + [
            WeightedTerm(term, idf, share / most) for term, idf in more
        ]

    def search(
        self,
        terms: Sequence[WeightedTerm],
        k: int,
        filters: Filters | None = None,
        presence: float = PRESENCE,
    ) -> list[LexicalHit]:
        """The k best articles, best first; none if there are no terms."""
        return self._scored(terms, k, self._conditions(filters), presence)

    def holding(
        self, terms: Sequence[str], limit: int, filters: Filters | None = None
    ) -> list[LexicalHit]:
        """The articles that contain all of these terms, at most `limit`, best first."""
        if not terms or not all(map(self.frequency, terms)):
            return []
        all_terms = Query.boolean_query(
            [(Occur.Must, Query.term_query(self._schema, "text", term, "freq")) for term in terms]
        )
        return self._hits(_under(all_terms, self._conditions(filters)), limit)

    def retracted(self) -> Numbers:
        """Sorted store ids of the articles that were retracted when the index was built."""
        return np.sort(self._all(Query.term_query(self._schema, "status", RETRACTED, "basic")))

    def score(
        self, terms: Sequence[WeightedTerm], articles: Sequence[int], presence: float = PRESENCE
    ) -> dict[int, float]:
        """The scores of these articles, omitting those without any of the terms."""
        if not articles:
            return {}
        # A set query would take three times as long.
        own = [(Occur.Should, Query.term_query(self._schema, "article", a)) for a in articles]
        only = [(Occur.Must, Query.boolean_query(own))]
        hits = self._scored(terms, len(articles), only, presence)
        return {hit.article: hit.score for hit in hits}

    def _scored(
        self, terms: Sequence[WeightedTerm], k: int, conditions: Conditions, presence: float
    ) -> list[LexicalHit]:
        if not terms:
            return []
        parts: list[tuple[Occur, Query]] = []
        for term in terms:
            query = Query.term_query(self._schema, "text", term.text, "freq")
            parts.append((Occur.Should, Query.boost_query(query, term.weight / SATURATION)))
            if presence:
                bonus = presence * term.idf * term.weight
                parts.append((Occur.Should, Query.const_score_query(query, bonus)))
        return self._hits(_under(Query.boolean_query(parts), conditions), k)

    def _idf(self, term: str) -> float | None:
        """The BM25 weight of a term; None if no article contains it."""
        count = self.frequency(term)
        if not count:
            return None
        return math.log(1 + (len(self) - count + 0.5) / (count + 0.5))

    def matching(self, filters: Filters) -> Numbers:
        """Sorted store ids of all articles that pass filters that narrow the search."""
        return np.sort(self._all(_under(Query.all_query(), self._conditions(filters))))

    def boolean(
        self, parsed: Parsed, tree: Tree | None = None, filters: Filters | None = None
    ) -> BooleanHits:
        """All articles that a Boolean query matches.

        Raises:
            BadQuery: a term is invalid in its field, or an asterisk matches too many words.
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
            # The expansions of a pattern are limited within a phrase.
            raise BadQuery(
                "An asterisk in a phrase matches too many words.",
                "Write more letters before it, or the words without the quotation marks.",
                parsed.text,
                max(parsed.text.find("*"), 0),
            ) from error
        return BooleanHits(hits, np.sort(retracted), tuple(translator.notes))

    def _all(self, query: Query) -> Numbers:
        """Store ids of all matches, best first."""
        count = self._searcher.search(query, 1, count=True).count or 0  # type: ignore[attr-defined]
        hits = self._hits(query, count) if count else []
        return np.array([hit.article for hit in hits], dtype=np.int64)

    def value_frequency(self, field: str, value: str) -> int:
        """The number of articles with a value in a filter field (type, language, journal, mesh)."""
        return int(self._searcher.doc_freq(field, value.casefold()))

    def values(self, field: str) -> dict[str, int]:
        """The number of articles for each value of a filter field, most frequent first."""
        return dict(self._searcher.terms_with_prefix(field, ""))

    def _hits(self, query: Query, k: int) -> list[LexicalHit]:
        matches = self._searcher.search(query, k, count=False).hits
        ids = self._searcher.fast_field_values("article", [address for _, address in matches])
        hits = [LexicalHit(int(i or 0), float(s)) for i, (s, _) in zip(ids, matches, strict=True)]
        # Equal scores are in segment order, which differs between builds.
        return sorted(hits, key=lambda hit: (-hit.score, hit.article))

    def _conditions(self, filters: Filters | None) -> Conditions:
        conditions: list[tuple[Occur, Query]] = []
        if filters is None:
            return conditions
        if filters.first_year is not None or filters.last_year is not None:
            # Year 0 means unknown, which fails every condition on years.
            first = max(filters.first_year or 1, 1)
            years = Query.range_query(
                self._schema, "year", tantivy.FieldType.Integer, first, filters.last_year
            )
            conditions.append((Occur.Must, years))
        conditions += [
            (Occur.Must, self._any_of(field.name, required))
            for field in FIELDS
            if (required := field.required(filters))
        ]
        if filters.people_only:
            conditions.append((Occur.MustNot, self._not_in_people()))
        return conditions

    def _not_in_people(self) -> Query:
        """Articles with the heading Animals or a laboratory design, and without Humans.

        Few articles are, so that excluding them is faster than requiring the others.
        """
        others = [
            self._any_of("mesh", (ANIMALS,)),
            self._any_of("design", (EvidenceLevel.LABORATORY.name,)),
        ]
        either = Query.boolean_query([(Occur.Should, other) for other in others])
        humans = self._any_of("mesh", (HUMANS,))
        return Query.boolean_query([(Occur.Must, either), (Occur.MustNot, humans)])

    def _any_of(self, field: str, names: Sequence[str]) -> Query:
        terms = [Query.term_query(self._schema, field, name.casefold(), "basic") for name in names]
        return Query.boolean_query([(Occur.Should, term) for term in terms])


def _under(query: Query, conditions: Conditions) -> Query:
    """Restrict a query by conditions that do not change its scores."""
    if not conditions:
        return query
    unscored = [(occur, Query.const_score_query(each, 0.0)) for occur, each in conditions]
    return Query.boolean_query([(Occur.Must, query), *unscored])


def _one_edit(one: str, other: str) -> bool:
    """Whether the edit of one letter, or doubling other letters, turns one into the other."""
    if one == other:
        return False
    if _DOUBLED.sub(r"\1", one) == _DOUBLED.sub(r"\1", other):
        return True
    if abs(len(one) - len(other)) > 1:
        return False
    short, long = sorted((one, other), key=len)
    at = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    swapped = short[:at] + short[at + 1 : at + 2] + short[at : at + 1] + short[at + 2 :]
    return short[at + 1 :] == long[at + 1 :] or swapped == long
