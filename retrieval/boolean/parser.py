"""PubMed's query syntax: text to a tree of terms, with errors that point at the place.

As in PubMed, operators are worked off from left to right and parentheses come first; untagged words
side by side must all be there; words before one tag are a phrase. A lower-case "and", "or" or "not"
is an operator too, except among the words before a tag ("signs and symptoms[mh]").
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from corpora.errors import BadQuery
from corpora.identifiers import doi_of
from retrieval.boolean.query import ABSENT, TAGS, Field, Node, Operation, Operator, Term

LONGEST_QUERY = 100_000
_DEEPEST = 100
_QUOTES = str.maketrans("“”„‟″", '"""""')
_TOKEN = re.compile(
    r'(?P<open>\()|(?P<close>\))|"(?P<quoted>[^"]*)"|\[(?P<tag>[^\[\]]*)\]|(?P<colon>:(?=[\s"\d]))'
    r'|(?P<word>[^\s()\[\]"]+)|(?P<stray>\S)'
)
_TAG_AFTER = re.compile(r"""[\w"*”)]\s?\[[A-Za-z][A-Za-z /:~\d-]{0,40}\]""")
_OPERATOR = re.compile(r"(?<!\S)(?:AND|OR|NOT)(?!\S)|\)(?:AND|OR|NOT)\b|\b(?:AND|OR|NOT)\(")
_TRUNCATED = re.compile(r"\w{2,}\*(?!\w)")
_IDENTIFIER = re.compile(
    r"(?:(?:pmid:?\s*)?(?P<pmid>[1-9]\d{0,7})|(?:https?://(?:dx\.)?doi\.org/|doi:?\s*)?(?P<doi>10\.\d{4,9}/\S+?)"
    r"|(?P<pmc>PMC\d{1,10}))(?:[,;\s]+(?:OR\s+)?|$)",
    re.IGNORECASE,
)
_BARE_STAR = re.compile(r"(?<![^\W_]{2})\*")
_DATED = re.compile(r"\d{4}(?:[/-]\d{1,2}(?:[/-]\d{1,2})?)?")


def is_boolean(text: str) -> bool:
    """Whether a text in a search box uses the syntax; all else is words or a question.

    Tags, operators in capitals, a phrase in quotation marks, a word that ends in an asterisk, or
    nothing but identifiers. A text that ends in a question mark is a question, unless it has a tag.
    """
    text = text.strip().translate(_QUOTES)
    if _TAG_AFTER.search(text) or _identifiers(text):
        return True
    if text.endswith("?"):
        return False
    # In a text that is all in capitals they are words like any other.
    if _OPERATOR.search(text) and text != text.upper():
        return True
    return bool(re.search(r'"[^"]*\w[^"]*"', text) or _TRUNCATED.search(text))


@dataclass(frozen=True, slots=True)
class Parsed:
    """A query as it was understood. `left_out` are terms that no record here can answer."""

    text: str
    node: Node
    left_out: tuple[str, ...] = ()


def parse(text: str, *, skip_absent: bool = False) -> Parsed:
    """A query as a tree.

    Args:
        skip_absent: leave out terms in fields that no record here has, instead of refusing them.

    Raises:
        BadQuery: it is no query; says where.
    """
    if len(text) > LONGEST_QUERY:
        raise BadQuery(f"A query has at most {LONGEST_QUERY:,} characters.", "Part it.", text, 0)
    plain = text.translate(_QUOTES)
    if only := _identifiers(plain):
        return Parsed(text, only[0] if len(only) == 1 else Operation(Operator.OR, tuple(only)))
    parser = _Parser(plain, skip_absent=skip_absent)
    node = parser.query(0)
    if parser.token is not None:
        raise parser.bad("Nothing is open that this parenthesis could close.", "Remove it.")
    if node is None:
        if parser.left_out:
            raise BadQuery(
                "No term of the query can be answered here.", "Search other fields.", plain, 0
            )
        raise BadQuery("The query is empty.", "Write a word, such as asthma[ti].", plain, 0)
    return Parsed(text, node, tuple(parser.left_out))


def _identifiers(text: str) -> list[Term]:
    """The identifiers that a text consists of; none where it holds anything else."""
    terms, at, text = [], 0, text.strip()
    while at < len(text):
        found = _IDENTIFIER.match(text, at)
        if not found:
            return []
        kind = next(name for name in ("pmid", "doi", "pmc") if found[name])
        said = doi_of(found[kind]) or found[kind]
        terms.append(Term(said, Field(kind), found.start(kind), found.end(kind)))
        at = found.end()
    return terms


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or ""
        yield _Token(kind, found[kind], found.start(), found.end())


class _Parser:
    """Recursive descent over the tokens of one query."""

    def __init__(self, text: str, *, skip_absent: bool) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self._skip = skip_absent
        self.left_out: list[str] = []

    @property
    def token(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def bad(self, message: str, next_step: str, at: int | None = None) -> BadQuery:
        place = at if at is not None else self.token.start if self.token else len(self._text)
        return BadQuery(message, next_step, self._text, place)

    def query(self, depth: int) -> Node | None:
        """Operands and operators up to the end or a closing parenthesis, from left to right."""
        if depth > _DEEPEST:
            raise self.bad(f"More than {_DEEPEST} parentheses are open.", "Nest less.")
        node: Node | None = None
        operator: Operator | None = None
        first = True
        while self.token is not None and self.token.kind != "close":
            said = self._operator()
            if said is not None:
                start = self.token.start
                self._at += 1
                if first:
                    raise self.bad(f"{said} has nothing before it.", "Put a term there.", start)
                # "AND NOT" is NOT.
                if (again := self._operator()) is Operator.NOT and said is not Operator.NOT:
                    said, self._at = again, self._at + 1
                elif again is not None:
                    raise self.bad("Two operators follow each other.", "Remove one of them.")
                if self.token is None or self.token.kind == "close":
                    raise self.bad(f"{said} has nothing after it.", "Put a term there.", start)
                operator = said
            operand = self._operand(depth)
            if operand is not None:
                node = _joined(node, operator or Operator.AND, operand)
            operator, first = None, False
        return node

    def _operator(self) -> Operator | None:
        """The operator that stands here, if one does."""
        token = self.token
        if token is None or token.kind != "word" or token.text.upper() not in Operator.__members__:
            return None
        if token.text.isupper() or not self._within_phrase():
            return Operator(token.text.upper())
        return None

    def _within_phrase(self) -> bool:
        """Whether the word here is one of several before a tag."""
        before = self._tokens[self._at - 1] if self._at else None
        if before is None or before.kind != "word":
            return False
        end = self._run_end()
        return end > self._at + 1 and end < len(self._tokens) and self._tokens[end].kind == "tag"

    def _run_end(self) -> int:
        """Where the words that begin here end."""
        end = self._at
        while end < len(self._tokens) and self._tokens[end].kind == "word":
            if self._tokens[end].text in Operator.__members__:
                break
            end += 1
        return end

    def _operand(self, depth: int) -> Node | None:
        token = self.token
        assert token is not None
        if token.kind == "open":
            self._at += 1
            node = self.query(depth + 1)
            if self.token is None:
                raise self.bad("This parenthesis is never closed.", "Close it.", token.start)
            if node is None and self._tokens[self._at - 1] is token:
                raise self.bad("Nothing is in these parentheses.", "Remove them.", token.start)
            self._at += 1
            return self._tagged_group(node)
        if token.kind == "quoted":
            self._at += 1
            return self._tagged(token.text, token.start, token.end, quoted=True)
        if token.kind == "tag":
            raise self.bad("A field tag stands after a term.", "Put a term before it.")
        if token.kind != "word":
            unclosed = token.text == '"'
            said = (
                "This quotation mark is never closed." if unclosed else "This means nothing here."
            )
            raise self.bad(said, "Close it." if unclosed else "Remove it, or quote the phrase.")
        return self._words()

    def _tagged_group(self, node: Node | None) -> Node | None:
        if self.token is not None and self.token.kind == "tag":
            raise self.bad(
                "A tag says where one term is looked for, not a group.", "Tag each term in it."
            )
        return node

    def _words(self) -> Node | None:
        """Words before a tag as one phrase; without a tag the first of them alone."""
        end = self._run_end()
        first, last = self._tokens[self._at], self._tokens[end - 1]
        if end < len(self._tokens) and self._tokens[end].kind == "tag":
            self._at = end
            return self._tagged(self._text[first.start : last.end], first.start, last.end)
        self._at += 1
        if self.token is not None and self.token.kind == "colon" and _DATED.fullmatch(first.text):
            return self._tagged(first.text, first.start, first.end)
        if doi := doi_of(first.text):
            return Term(doi, Field.DOI, first.start, first.end)
        return self._term(Term(first.text, Field.ALL, first.start, first.end))

    def _tagged(self, text: str, start: int, end: int, *, quoted: bool = False) -> Node | None:
        """A term with the tag that follows it, or two of them with a colon between: a range."""
        term = Term(" ".join(text.split()), Field.ALL, start, end, quoted)
        tag = self.token if self.token is not None and self.token.kind == "tag" else None
        if tag is not None:
            self._at += 1
            answered = self._field(tag, term)
            if answered is None:
                return None
            term = answered
        if self.token is not None and self.token.kind == "colon":
            return self._range(term)
        return self._term(term)

    def _range(self, first: Term) -> Node | None:
        self._at += 1
        if self.token is None or self.token.kind not in {"word", "quoted"}:
            raise self.bad("A range has a date after its colon.", "Write 2015:2021[dp].")
        until = self.token
        self._at += 1
        if self.token is not None and self.token.kind == "tag":
            self._at += 1
        return self._term(replace(first, field=Field.DATE, until=until.text.strip(), end=until.end))

    def _field(self, tag: _Token, term: Term) -> Term | None:
        """The term in the field that a tag names; None where it is left out."""
        name, _, option = (part.strip() for part in tag.text.casefold().partition(":"))
        name = " ".join(name.split())
        if (what := ABSENT.get(name)) and self._skip:
            self.left_out.append(self._text[term.start : tag.end])
            return None
        if what:
            raise self.bad(
                f"Records here do not keep {what}, so [{tag.text.strip()}] cannot be answered.",
                "Remove the term, or search with --skip-unanswerable.",
                tag.start,
            )
        if name not in TAGS:
            near = difflib.get_close_matches(name, TAGS, 1)
            raise self.bad(
                f"[{tag.text.strip()}] is no field.",
                f"Did you mean [{near[0]}]?" if near else f"Fields are {', '.join(Field)}.",
                tag.start,
            )
        if option.startswith("~"):
            raise self.bad(
                "Searching for words near each other is not possible here.",
                "Search a phrase in quotation marks, or the words with AND.",
                tag.start,
            )
        if option not in {"", "noexp"}:
            raise self.bad(
                f"[{tag.text}] has an option that is none.", "Write [mh:noexp].", tag.start
            )
        return replace(term, field=TAGS[name], explode=not option)

    def _term(self, term: Term) -> Term:
        """The term, checked."""
        if not any(c.isalnum() for c in term.text):
            raise self.bad("This holds no letter and no digit.", "Remove it.", term.start)
        if star := _BARE_STAR.search(self._text, term.start, term.end):
            raise self.bad(
                "An asterisk follows at least two letters of its word.",
                "Write more of the word, such as bronch*.",
                star.start(),
            )
        if term.field is Field.DATE:
            first, colon, until = term.text.partition(":")
            if colon and not term.until:
                term = replace(term, text=first.strip(), until=until.strip())
            for each in filter(None, (term.text, term.until)):
                if not _DATED.fullmatch(each):
                    raise self.bad(
                        f"“{each}” is no date.",
                        "Write 2021, 2021/03, 2021/03/15 or 2015:2021[dp].",
                        term.start,
                    )
        return term


def _joined(node: Node | None, operator: Operator, operand: Node) -> Node:
    """An operand more; one operator in a row makes one operation."""
    if node is None:
        return operand
    if isinstance(node, Operation) and node.operator is operator:
        return Operation(operator, (*node.operands, operand))
    return Operation(operator, (node, operand))
