"""Split articles into passages of whole sentences that fit the encoder's window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sentencex import get_sentence_boundaries

from corpora.article import Article
from retrieval.encoder.protocol import PART_BREAK
from retrieval.passage import Passage

# Part of an index's identity: increase it whenever the same article would be split differently.
SPLITTER_VERSION = 3

_SPECIAL_TOKENS = 4
# Largest share of the window for the title, so that a long one leaves room for the text.
_TITLE_SHARE = 0.5

# The splitter takes text between these characters for a tag and skips it: from "aged <65 years" to
# "a score >24" everything would be one sentence.
_NO_TAGS = str.maketrans("<>", "==")

CountTokens = Callable[[Sequence[str]], list[int]]

# What one vector represents: whole sentences that fit the window, or a whole abstract.
UNITS = ("passage", "article")


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets in `Article.text`."""

    start: int
    end: int


def sentences(text: str, offset: int = 0) -> list[Span]:
    """Spans of the sentences of one section, without the white space between them.

    Args:
        offset: added to all offsets, so that they refer to the whole article.
    """
    spans: list[Span] = []
    pending = None
    for boundary in get_sentence_boundaries("en", text.translate(_NO_TAGS)):
        piece = text[boundary["start_index"] : boundary["end_index"]]
        start = boundary["start_index"] + len(piece) - len(piece.lstrip())
        end = boundary["start_index"] + len(piece.rstrip())
        if start >= end:
            continue
        if pending is not None:
            start, pending = pending, None
        # A bare list number ("1.") is not a sentence; it belongs to the next one.
        if not any(c.isalpha() for c in text[start:end]) and end < len(text):
            pending = start
            continue
        spans.append(Span(offset + start, offset + end))
    return spans


def article_sentences(article: Article, after: int = 0) -> list[tuple[Span, str]]:
    """(span, section label) of every sentence of the sections that start at `after` or later."""
    text = article.text
    return [
        (span, label)
        for start, end, label in article.section_spans()
        if start >= after
        for span in sentences(text[start:end], start)
    ]


def split(
    article: Article, window: int, count_tokens: CountTokens, unit: str = "passage"
) -> list[Passage]:
    """Passages of an article, in order; only the title for an article without other text.

    A passage consists of whole sentences. A sentence longer than the window is a passage by itself,
    which the encoder truncates.

    Args:
        window: size of the encoder's window in tokens, including the title and special tokens.
        count_tokens: returns the tokens of each text, without special tokens.
        unit: one of `UNITS`. With "article" the abstract is one passage of any length; the body of
            a full text is split as usual.
    """
    whole = _abstract(article) if unit == "article" else []
    first = whole[0].end if whole else 0
    text = article.text
    marked = article_sentences(article, first)
    if not marked:
        bare = [Span(0, len(article.title))] if article.title else []
        return [
            _passage(article, number, span, _label(article, span))
            for number, span in enumerate(whole or bare)
        ]
    counts = count_tokens([article.title, *(text[span.start : span.end] for span, _ in marked)])
    title = min(counts[0], int(window * _TITLE_SHARE))
    room = max(window - title - _SPECIAL_TOKENS, 16)
    units = [
        (span, label, tokens) for (span, label), tokens in zip(marked, counts[1:], strict=True)
    ]
    packed = [Span(group[0][0].start, group[-1][0].end) for group in _pack(units, room)]
    return [
        _passage(article, number, span, _label(article, span))
        for number, span in enumerate([*whole, *packed])
    ]


def encoded_text(article: Article, passage: Passage, unit: str = "passage") -> str:
    """The encoder's input: a passage preceded by the title, which gives it its subject."""
    if passage.start == 0 or not article.title:
        return passage.text
    return f"{article.title}{' ' if unit == 'passage' else PART_BREAK}{passage.text}"


def _abstract(article: Article) -> list[Span]:
    """One span over all non-empty abstract sections, or none."""
    spans = [
        (start, end)
        for section, (start, end, _) in zip(article.sections, article.section_spans(), strict=True)
        if not section.body and section.text.strip()
    ]
    return [Span(spans[0][0], spans[-1][1])] if spans else []


def _label(article: Article, span: Span) -> str:
    """The label of the section that contains the start of a span, "" for the title."""
    spans = article.section_spans()
    return next((label for start, end, label in spans if start <= span.start < end), "")


def _passage(article: Article, number: int, span: Span, section: str) -> Passage:
    text = article.text[span.start : span.end]
    return Passage(f"{article.pmid}:{number}", article.pmid, section, span.start, span.end, text)


_Unit = tuple[Span, str, int]


def _pack(units: list[_Unit], room: int) -> list[list[_Unit]]:
    """Group consecutive units into as few groups as fit, of sizes as even as possible."""
    fewest = len(_fill(units, room))
    low, high = room // 2, room
    while low < high:
        middle = (low + high) // 2
        if len(_fill(units, middle)) == fewest:
            high = middle
        else:
            low = middle + 1
    return _fill(units, high)


def _fill(units: list[_Unit], room: int) -> list[list[_Unit]]:
    """Fill groups in turn; a unit larger than `room` gets a group of its own."""
    groups: list[list[_Unit]] = []
    filled = 0
    for unit in units:
        if not groups or filled + unit[2] > room:
            groups.append([])
            filled = 0
        groups[-1].append(unit)
        filled += unit[2]
    return groups
