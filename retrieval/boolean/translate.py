"""Translate a parsed query to tantivy. Like `retrieval.engines`, it imports tantivy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import tantivy
from tantivy import Occur, Query

from corpora.errors import BadQuery
from corpora.identifiers import doi_of, pmcid_of, pmid_of
from corpora.languages import language_code
from corpora.mesh import Tree
from retrieval.boolean.fields import (
    LOOKED_IN,
    STARRED_WORD,
    date_number,
    heading_key,
    name_key,
    word_patterns,
)
from retrieval.boolean.query import Field, Node, Operator, Term

_LONGEST_INITIALS = 2
NO_SUBHEADINGS = "Records here have no subheadings: headings were searched without them."


class Translator:
    """Translates queries for one index. `notes` tells the user how they were interpreted.

    Args:
        analyse: returns the tokens of a text, as in the word fields.
        fold: normalises text before it is analysed.
        tree: the MeSH tree; None searches headings without narrower ones.
        text: the query as written.
    """

    def __init__(
        self,
        schema: tantivy.Schema,
        analyse: Callable[[str], list[str]],
        fold: Callable[[str], str],
        tree: Tree | None,
        text: str,
    ) -> None:
        self._schema = schema
        self._analyse = analyse
        self._fold = fold
        self._tree = tree
        self._text = text
        self.notes: dict[str, None] = {}

    def _bad(self, term: Term, message: str, next_step: str) -> BadQuery:
        return BadQuery(message, next_step, self._text, term.start)

    def query(self, node: Node) -> Query:
        """Raises:
        BadQuery: a term is invalid in its field.
        """
        if isinstance(node, Term):
            return self._term(node)
        parts = [self.query(operand) for operand in node.operands]
        if node.operator is Operator.NOT:
            return Query.boolean_query(
                [(Occur.Must, parts[0]), *((Occur.MustNot, part) for part in parts[1:])]
            )
        occur = Occur.Must if node.operator is Operator.AND else Occur.Should
        return Query.boolean_query([(occur, part) for part in parts])

    def _term(self, term: Term) -> Query:
        if term.field in LOOKED_IN:
            return self._words(term)
        if term.field in {Field.MESH, Field.MAJOR, Field.TYPE}:
            return self._heading(term)
        if term.field is Field.AUTHOR:
            return self._author(term)
        if term.field is Field.JOURNAL:
            return self._name("journal_name", name_key(_starless(term.text)), "*" in term.text)
        if term.field is Field.LANGUAGE:
            code = language_code(term.text)
            if not code:
                raise self._bad(
                    term, f"“{term.text}” is not a language.", "Write english, or its code eng."
                )
            return self._one("language", code)
        if term.field is Field.DATE:
            return self._dates(term)
        return self._identifier(term)

    def _words(self, term: Term) -> Query:
        """A word or phrase in any of the indexed texts of a field."""
        fields, folded = LOOKED_IN[term.field], self._fold(term.text)
        if "*" not in folded:
            words = self._analyse(folded)
            if not words:
                raise self._bad(term, f"“{term.text}” contains no word.", "Remove it.")
            return _any(self._phrase(field, words) for field in fields)
        if any(not word.strip("*") for word in STARRED_WORD.findall(folded)):
            raise self._bad(term, "This asterisk has no letters before it.", "Spell out the word.")
        patterns = word_patterns(folded, self._analyse)
        return _any(self._pattern(field, patterns) for field in fields)

    def _phrase(self, field: str, words: list[str]) -> Query:
        if len(words) == 1:
            return Query.term_query(self._schema, field, words[0], "position")
        return Query.phrase_query(self._schema, field, list(words))

    def _pattern(self, field: str, patterns: list[str]) -> Query:
        if len(patterns) == 1:
            return Query.regex_query(self._schema, field, patterns[0])
        return Query.regex_phrase_query(self._schema, field, list(patterns))

    def _heading(self, term: Term) -> Query:
        """A MeSH heading or publication type, with its narrower ones if there is a MeSH tree."""
        field = {Field.MESH: "mesh", Field.MAJOR: "major", Field.TYPE: "type"}[term.field]
        name, slash, _ = term.text.partition("/")
        if slash:
            self.notes[NO_SUBHEADINGS] = None
        key = heading_key(name)
        if "*" in key:
            return Query.regex_query(self._schema, field, _truncated(key))
        heading = self._tree.heading(key) if self._tree else None
        if self._tree is None or heading is None:
            return self._one(field, key)
        if heading_key(heading) != key:
            self.notes[f"“{name.strip()}” is “{heading}” in MeSH."] = None
        names = self._tree.narrower(heading) if term.explode else [heading]
        return Query.term_set_query(self._schema, field, [heading_key(name) for name in names])

    def _author(self, term: Term) -> Query:
        """A name in MEDLINE form ("smith ja") or in full; initials may be a prefix of the initials.

        A quoted name must match exactly.
        """
        key = name_key(_starless(term.text))
        if not key:
            raise self._bad(
                term, f"“{term.text}” is not a name.", "Write a last name and initials."
            )
        if "*" in term.text:
            return self._name("author", key, truncated=True)
        if term.quoted:
            return _any((self._one("author", key), self._one("author_full", key)))
        *names, last = key.split()
        if names and len(last) <= _LONGEST_INITIALS:
            return self._name("author", key, truncated=True)
        begins = f"{_escaped(key)}( .*)?"
        queries = [Query.regex_query(self._schema, "author", begins)]
        if names:
            queries.append(Query.regex_query(self._schema, "author_full", begins))
        return _any(queries)

    def _name(self, field: str, key: str, truncated: bool) -> Query:
        if truncated:
            return Query.regex_query(self._schema, field, f"{_escaped(key)}.*")
        return self._one(field, key)

    def _one(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value, "basic")

    def _dates(self, term: Term) -> Query:
        first = date_number(term.text, 0)
        last = date_number(term.until or term.text, 0, last=True)
        if first > last:
            raise self._bad(term, f"{term} ends before it begins.", "Swap the two dates.")
        return Query.range_query(
            self._schema, "date", tantivy.FieldType.Integer, max(first, 1), last
        )

    def _identifier(self, term: Term) -> Query:
        read = {Field.PMID: pmid_of, Field.DOI: doi_of, Field.PMCID: pmcid_of}[term.field]
        value = read(term.text)
        if not value:
            kind = {Field.PMID: "PMID", Field.DOI: "DOI", Field.PMCID: "PMCID"}[term.field]
            raise self._bad(term, f"“{term.text}” is not a {kind}.", "Check its spelling.")
        return self._one("identifier", f"{term.field}:{value.casefold()}")


def _any(queries: Iterable[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _starless(text: str) -> str:
    return text.replace("*", "")


def _truncated(key: str) -> str:
    return ".*".join(map(_escaped, key.split("*")))


def _escaped(text: str) -> str:
    """Escape text for a tantivy pattern, in which spaces are literal."""
    return re.sub(r"([^\w\s])", r"\\\1", text)
