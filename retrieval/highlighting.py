"""Highlight search matches: spans of an article's text, by the rules of the index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from corpora.article import Article
from retrieval.boolean.fields import LOOKED_IN, word_patterns
from retrieval.boolean.parser import parse
from retrieval.boolean.query import positive_terms
from retrieval.chunking import Span, sentences
from retrieval.engines.analysis import ENGLISH, PLAIN, analysed, fold
from retrieval.result_set import Mode, ResultSet

# Like the index's tokenizer: letters and digits of any script.
_WORD = re.compile(r"[^\W_]+")
# Minimum number of letters before an asterisk in a query.
_LETTERS = 2
# (token, start, end)
_Token = tuple[str, int, int]
# The fields that are part of an article's text.
_SHOWN = ("title", "abstract")
_HYPHENS = frozenset("-\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Consecutive words, each a regular expression, in some fields."""

    words: tuple[re.Pattern[str], ...]
    fields: tuple[str, ...]

    @property
    def first(self) -> str:
        """The leading letters, before any asterisk, which rule out most tokens quickly."""
        return self.words[0].pattern.partition(".*")[0][:_LETTERS]

    def matches(self, tokens: Sequence[_Token]) -> bool:
        """Whether the tokens begin with these words."""
        return len(tokens) >= len(self.words) and all(
            word.fullmatch(token) for word, (token, _, _) in zip(self.words, tokens, strict=False)
        )


class Highlighter:
    """Marks the matches of a result set in articles.

    For a Boolean query these are its terms in title and abstract, in the fields searched: phrases
    as a whole, truncated words completely, no terms excluded by NOT. For other text they are its
    words in every form with the same index term, and the expansions of its abbreviations.
    """

    def __init__(self, results: ResultSet) -> None:
        self._boolean = results.mode is Mode.BOOLEAN
        words = [] if self._boolean else analysed(results.text)
        self._terms = frozenset((*words, *results.expansions))
        # Indexed by first letters, since the query of a review has hundreds of terms.
        self._by_first: dict[str, list[_Pattern]] = {}
        for pattern in _patterns(results.text) if self._boolean else ():
            self._by_first.setdefault(pattern.first, []).append(pattern)

    def spans(self, article: Article) -> list[Span]:
        """Non-overlapping spans of `article.text`, in order."""
        matched: list[Span] = []
        for start, end, field in _fields(article):
            text = article.text[start:end]
            if self._boolean:
                matched += self._of_patterns(text, start, field) if field in _SHOWN else ()
            elif self._terms:
                matched += _of_terms(text, start, self._terms)
        return _joined(article.text, matched)

    def _of_patterns(self, text: str, offset: int, field: str) -> Iterator[Span]:
        tokens = _tokens(text, _plain)
        for place, (token, start, _) in enumerate(tokens):
            for pattern in self._by_first.get(token[:_LETTERS], ()):
                size = len(pattern.words)
                if field in pattern.fields and pattern.matches(tokens[place : place + size]):
                    yield Span(offset + start, offset + tokens[place + size - 1][2])


def excerpt(article: Article, spans: Sequence[Span], among: Span | None = None) -> Span | None:
    """The excerpt of an article to show first: from the sentence with the most distinct matches to
    the end of its section, or of `among`; None if there are no matches.
    """
    sections = [Span(start, end) for start, end, _ in article.section_spans()]
    best: tuple[int, Span | None] = (0, None)
    for part in [among] if among else sections:
        if not any(part.start <= span.start < part.end for span in spans):
            continue
        for sentence in sentences(article.text[part.start : part.end], part.start):
            own = [span for span in spans if sentence.start <= span.start < sentence.end]
            matched = len({article.text[span.start : span.end].casefold() for span in own})
            if matched > best[0]:
                best = matched, Span(sentence.start, part.end)
    return best[1]


def _fields(article: Article) -> Iterator[tuple[int, int, str]]:
    """(start, end, field) of the title and each section."""
    yield 0, len(article.title), "title"
    for section, (start, end, _) in zip(article.sections, article.section_spans(), strict=True):
        yield start, end, "body" if section.body else "abstract"


def _patterns(query: str) -> Iterator[_Pattern]:
    for term in positive_terms(parse(query, skip_absent=True).node):
        fields = tuple(name for name in LOOKED_IN.get(term.field, ()) if name in _SHOWN)
        words = word_patterns(fold(term.text), PLAIN.analyze) if fields else []
        if words:
            yield _Pattern(tuple(map(re.compile, words)), fields)


def _of_terms(text: str, offset: int, terms: frozenset[str]) -> Iterator[Span]:
    for token, start, end in _tokens(text, _stemmed):
        if token in terms:
            yield Span(offset + start, offset + end)


# Words recur within an article and between articles.
@lru_cache(1 << 16)
def _plain(word: str) -> tuple[str, ...]:
    return tuple(PLAIN.analyze(fold(word)))


@lru_cache(1 << 16)
def _stemmed(word: str) -> tuple[str, ...]:
    return tuple(ENGLISH.analyze(fold(word)))


def _tokens(text: str, analyse: Callable[[str], tuple[str, ...]]) -> list[_Token]:
    """(token, start, end); a word with Greek letters has several tokens at one position."""
    return [
        (token, word.start(), word.end())
        for word in _WORD.finditer(text)
        for token in analyse(word[0])
    ]


def _joined(text: str, spans: list[Span]) -> list[Span]:
    """Sorted spans, merging those that overlap or are separated only by a hyphen."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda other: (other.start, other.end)):
        last = joined[-1] if joined else None
        if last and (span.start <= last.end or text[last.end : span.start] in _HYPHENS):
            joined[-1] = Span(last.start, max(last.end, span.end))
        else:
            joined.append(span)
    return joined
