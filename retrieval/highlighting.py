"""What of an article a search matched: spans of its text, by the rules that the index goes by."""

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

# As the index's tokenizer parts words: letters and digits of any script.
_WORD = re.compile(r"[^\W_]+")
# The fields that stand in an article's text.
_SHOWN = ("title", "abstract")
_HYPHENS = frozenset("-\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """Words one after the other, each a regular expression, in some fields."""

    words: tuple[re.Pattern[str], ...]
    fields: tuple[str, ...]


class Highlighter:
    """Marks in articles what a result set matched.

    Of a Boolean query its terms in title and abstract, in the fields that they were looked for in:
    phrases as wholes, truncated words whole, nothing of what NOT takes away. Of any other text its
    words in every form that the index takes for the same, and what its abbreviations stand for.
    """

    def __init__(self, found: ResultSet) -> None:
        self._boolean = found.mode is Mode.BOOLEAN
        words = [] if self._boolean else analysed(found.text)
        self._terms = frozenset((*words, *found.expansions))
        self._patterns = tuple(_patterns(found.text)) if self._boolean else ()

    def spans(self, article: Article) -> list[Span]:
        """Spans of `article.text` in their order; they do not overlap."""
        found: list[Span] = []
        for start, end, field in _fields(article):
            text = article.text[start:end]
            if self._boolean:
                patterns = [each.words for each in self._patterns if field in each.fields]
                found += _of_patterns(text, start, patterns)
            elif self._terms:
                found += _of_terms(text, start, self._terms)
        return _joined(article.text, found)


def excerpt(article: Article, spans: Sequence[Span], among: Span | None = None) -> Span | None:
    """What of an article's text to show first: from the sentence with most in it that was matched
    to the end of its section, or of `among`; None where nothing of it was.
    """
    sections = [Span(start, end) for start, end, _ in article.section_spans()]
    best: tuple[int, Span | None] = (0, None)
    for part in [among] if among else sections:
        if not any(part.start <= each.start < part.end for each in spans):
            continue
        for sentence in sentences(article.text[part.start : part.end], part.start):
            own = [each for each in spans if sentence.start <= each.start < sentence.end]
            matched = len({article.text[each.start : each.end].casefold() for each in own})
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
        fields = tuple(each for each in LOOKED_IN.get(term.field, ()) if each in _SHOWN)
        words = word_patterns(fold(term.text), PLAIN.analyze) if fields else []
        if words:
            yield _Pattern(tuple(map(re.compile, words)), fields)


def _of_patterns(
    text: str, offset: int, patterns: Sequence[tuple[re.Pattern[str], ...]]
) -> Iterator[Span]:
    tokens = _tokens(text, _plain) if patterns else []
    for words in patterns:
        for first in range(len(tokens) - len(words) + 1):
            run = tokens[first : first + len(words)]
            if all(word.fullmatch(token) for word, (token, _, _) in zip(words, run, strict=True)):
                yield Span(offset + run[0][1], offset + run[-1][2])


def _of_terms(text: str, offset: int, terms: frozenset[str]) -> Iterator[Span]:
    for token, start, end in _tokens(text, _stemmed):
        if token in terms:
            yield Span(offset + start, offset + end)


# Words come again and again, within an article and from one to the next.
@lru_cache(1 << 16)
def _plain(word: str) -> tuple[str, ...]:
    return tuple(PLAIN.analyze(fold(word)))


@lru_cache(1 << 16)
def _stemmed(word: str) -> tuple[str, ...]:
    return tuple(ENGLISH.analyze(fold(word)))


def _tokens(text: str, analyse: Callable[[str], tuple[str, ...]]) -> list[tuple[str, int, int]]:
    """(token, start, end); a word with Greek letters has several tokens in one place."""
    return [
        (token, word.start(), word.end())
        for word in _WORD.finditer(text)
        for token in analyse(word[0])
    ]


def _joined(text: str, spans: list[Span]) -> list[Span]:
    """Spans in their order, as one those that overlap or that a hyphen alone parts."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.start, each.end)):
        last = joined[-1] if joined else None
        if last and (span.start <= last.end or text[last.end : span.start] in _HYPHENS):
            joined[-1] = Span(last.start, max(last.end, span.end))
        else:
            joined.append(span)
    return joined
