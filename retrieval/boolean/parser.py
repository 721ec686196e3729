"""Parse PubMed's query syntax into a tree of terms, with errors that point at their position.

As in PubMed, operators are evaluated from left to right and parentheses first; adjacent untagged
words must all occur; words before one tag are a phrase. A lower-case "and", "or" or "not" is an
operator too, except among the words before a tag ("signs and symptoms[mh]").
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
    """Whether a text in a search box is a Boolean query rather than words or a question.

    It is if it has tags, operators in capitals, a quoted phrase or a word that ends in an asterisk,
    or only identifiers. A text that ends in a question mark is a question unless it has a tag.
    """
    text = text.strip().translate(_QUOTES)
    if _TAG_AFTER.search(text) or _identifiers(text):
        return True
    if text.endswith("?"):
        return False
    # In a text that is all in capitals they are ordinary words.
    if _OPERATOR.search(text) and text != text.upper():
        return True
    return bool(re.search(r'"[^"]*\w[^"]*"', text) or _TRUNCATED.search(text))


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed query. `left_out` are terms in fields that no record here has."""

    text: str
    node: Node
    left_out: tuple[str, ...] = ()


def parse(text: str, *, skip_absent: bool = False) -> Parsed:
    """Parse a query into a tree.

    Args:
        skip_absent: omit terms in fields that no record here has, instead of raising an error.

    Raises:
        BadQuery: the query is invalid; gives the position.
    """
    if len(text) > LONGEST_QUERY:
        raise BadQuery(f"A query has at most {LONGEST_QUERY:,} characters.", "Split it.", text, 0)
    plain = text.translate(_QUOTES)
    if only := _identifiers(plain):
        return Parsed(text, only[0] if len(only) == 1 else Operation(Operator.OR, tuple(only)))
    parser = _Parser(plain, skip_absent=skip_absent)
    node = parser.query(0)
    if parser.token is not None:
        raise parser.bad("This closing parenthesis has no opening one.", "Remove it.")
    if node is None:
        if parser.left_out:
            raise BadQuery(
                "No term of the query can be answered here.", "Search other fields.", plain, 0
            )
        raise BadQuery("The query is empty.", "Write a word, such as asthma[ti].", plain, 0)
    return Parsed(text, node, tuple(parser.left_out))


def _identifiers(text: str) -> list[Term]:
    """The identifiers that a text consists of; empty if it contains anything else."""
    terms, at, text = [], 0, text.strip()
    while at < len(text):
        match = _IDENTIFIER.match(text, at)
        if not match:
            return []
        kind = next(name for name in ("pmid", "doi", "pmc") if match[name])
        identifier = doi_of(match[kind]) or match[kind]
        terms.append(Term(identifier, Field(kind), match.start(kind), match.end(kind)))
        at = match.end()
    return terms


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        yield _Token(kind, match[kind], match.start(), match.end())


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
        """Parse operands and operators up to the end or a closing parenthesis, left to right."""
        if depth > _DEEPEST:
            raise self.bad(f"More than {_DEEPEST} parentheses are open.", "Use fewer levels.")
        node: Node | None = None
        operator: Operator | None = None
        first = True
        while self.token is not None and self.token.kind != "close":
            current = self._operator()
            if current is not None:
                start = self.token.start
                self._at += 1
                if first:
                    raise self.bad(f"{current} has nothing before it.", "Put a term there.", start)
                # "AND NOT" is NOT.
                if (again := self._operator()) is Operator.NOT and current is not Operator.NOT:
                    current, self._at = again, self._at + 1
                elif again is not None:
                    raise self.bad("Two operators follow each other.", "Remove one of them.")
                if self.token is None or self.token.kind == "close":
                    raise self.bad(f"{current} has nothing after it.", "Put a term there.", start)
                operator = current
            operand = self._operand(depth)
            if operand is not None:
                node = _joined(node, operator or Operator.AND, operand)
            operator, first = None, False
        return node

    def _operator(self) -> Operator | None:
        """The operator at the current token, if there is one."""
        token = self.token
        if token is None or token.kind != "word" or token.text.upper() not in Operator.__members__:
            return None
        if token.text.isupper() or not self._within_phrase():
            return Operator(token.text.upper())
        return None

    def _within_phrase(self) -> bool:
        """Whether the current word is one of several before a tag."""
        before = self._tokens[self._at - 1] if self._at else None
        if before is None or before.kind != "word":
            return False
        end = self._run_end()
        return end > self._at + 1 and end < len(self._tokens) and self._tokens[end].kind == "tag"

    def _run_end(self) -> int:
        """The index after the run of words that begins at the current token."""
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
                raise self.bad("These parentheses are empty.", "Remove them.", token.start)
            self._at += 1
            return self._tagged_group(node)
        if token.kind == "quoted":
            self._at += 1
            return self._tagged(token.text, token.start, token.end, quoted=True)
        if token.kind == "tag":
            raise self.bad("A field tag must follow a term.", "Put a term before it.")
        if token.kind != "word":
            unclosed = token.text == '"'
            message = (
                "This quotation mark is never closed." if unclosed else "This means nothing here."
            )
            raise self.bad(message, "Close it." if unclosed else "Remove it, or quote the phrase.")
        return self._words()

    def _tagged_group(self, node: Node | None) -> Node | None:
        if self.token is not None and self.token.kind == "tag":
            raise self.bad(
                "A tag applies to one term, not to a group.", "Tag each term in the group."
            )
        return node

    def _words(self) -> Node | None:
        """Words before a tag as one phrase; without a tag only the first word."""
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
        """A term with its tag, or a range of two such terms separated by a colon."""
        term = Term(" ".join(text.split()), Field.ALL, start, end, quoted)
        tag = self.token if self.token is not None and self.token.kind == "tag" else None
        if tag is not None:
            self._at += 1
            tagged = self._field(tag, term)
            if tagged is None:
                return None
            term = tagged
        if self.token is not None and self.token.kind == "colon":
            return self._range(term)
        return self._term(term)

    def _range(self, first: Term) -> Node | None:
        self._at += 1
        if self.token is None or self.token.kind not in {"word", "quoted"}:
            raise self.bad("A range needs a date after its colon.", "Write 2015:2021[dp].")
        until = self.token
        self._at += 1
        if self.token is not None and self.token.kind == "tag":
            self._at += 1
        return self._term(replace(first, field=Field.DATE, until=until.text.strip(), end=until.end))

    def _field(self, tag: _Token, term: Term) -> Term | None:
        """The term with the field of its tag; None if it is omitted."""
        name, _, option = (part.strip() for part in tag.text.casefold().partition(":"))
        name = " ".join(name.split())
        if (what := ABSENT.get(name)) and self._skip:
            self.left_out.append(self._text[term.start : tag.end])
            return None
        if what:
            raise self.bad(
                f"Records here do not have {what}, so [{tag.text.strip()}] cannot be searched.",
                "Remove the term, or search with --skip-unanswerable.",
                tag.start,
            )
        if name not in TAGS:
            near = difflib.get_close_matches(name, TAGS, 1)
            raise self.bad(
                f"[{tag.text.strip()}] is not a field.",
                f"Did you mean [{near[0]}]?" if near else f"Fields are {', '.join(Field)}.",
                tag.start,
            )
        if option.startswith("~"):
            raise self.bad(
                "Proximity search is not supported.",
                "Search a phrase in quotation marks, or the words with AND.",
                tag.start,
            )
        if option not in {"", "noexp"}:
            raise self.bad(f"[{tag.text}] has an unknown option.", "Write [mh:noexp].", tag.start)
        return replace(term, field=TAGS[name], explode=not option)

    def _term(self, term: Term) -> Term:
        """Check a term and return it, with a date range split."""
        if not any(c.isalnum() for c in term.text):
            raise self.bad("This has no letter or digit.", "Remove it.", term.start)
        if star := _BARE_STAR.search(self._text, term.start, term.end):
            raise self.bad(
                "An asterisk needs at least two letters before it.",
                "Write more of the word, such as bronch*.",
                star.start(),
            )
        if term.field is Field.DATE:
            first, colon, until = term.text.partition(":")
            if colon and not term.until:
                term = replace(term, text=first.strip(), until=until.strip())
            for date in filter(None, (term.text, term.until)):
                if not _DATED.fullmatch(date):
                    raise self.bad(
                        f"“{date}” is not a date.",
                        "Write 2021, 2021/03, 2021/03/15 or 2015:2021[dp].",
                        term.start,
                    )
        return term


def _joined(node: Node | None, operator: Operator, operand: Node) -> Node:
    """Add an operand; consecutive equal operators become one operation."""
    if node is None:
        return operand
    if isinstance(node, Operation) and node.operator is operator:
        return Operation(operator, (*node.operands, operand))
    return Operation(operator, (node, operand))
