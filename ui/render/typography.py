"""Words of articles as HTML and Markdown, set as they were printed (see `ui.render.inline`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from corpora.article import Article
from ui.render.inline import Span, html_of, inline_html, inline_markdown, markdown_of, runs

if TYPE_CHECKING:
    from agent.answer import Quote
    from retrieval.passage import Evidence


def slice_html(article: Article, start: int, end: int, marks: Iterable[Span] = ()) -> str:
    """What stands between two offsets of an article's text, with spans of the text highlighted."""
    return html_of(runs(article.text, article.typography, start, end, marks))


def slice_markdown(article: Article, start: int, end: int, marks: Iterable[Span] = ()) -> str:
    """The same as Markdown, in which letters are not raised."""
    return markdown_of(runs(article.text, article.typography, start, end, marks))


def title_line(article: Article, marks: Iterable[Span] = ()) -> str:
    """An article's title as HTML, with no element of its own around it."""
    return slice_html(article, 0, len(article.title), marks)


def title_markdown(article: Article, marks: Iterable[Span] = ()) -> str:
    """An article's title as Markdown, with spans of its text highlighted."""
    return slice_markdown(article, 0, len(article.title), marks)


def quoted_html(
    article: Article, start: int, end: int, text: str, marks: Iterable[Span] = ()
) -> str:
    """Words that were taken from there; as they are, where the article says others by now."""
    there = article.text[start:end] == text
    return slice_html(article, start, end, marks) if there else inline_html(text)


def said_html(text: str, quotes: Sequence[Quote], evidence: Sequence[Evidence]) -> str:
    """A sentence of an answer, or a quote; where it is verbatim one of the quotes, set as that."""
    place = _verbatim(text, quotes, evidence)
    return slice_html(*place) if place else inline_html(text)


def said_markdown(text: str, quotes: Sequence[Quote], evidence: Sequence[Evidence]) -> str:
    """The same as Markdown."""
    place = _verbatim(text, quotes, evidence)
    return slice_markdown(*place) if place else inline_markdown(text)


def _verbatim(
    text: str, quotes: Sequence[Quote], evidence: Sequence[Evidence]
) -> tuple[Article, int, int] | None:
    """Where a text stands that is one of the quotes."""
    articles = {each.passage.id: each.article for each in evidence}
    for quote in quotes:
        article = articles.get(quote.key)
        if article and text == quote.text == article.text[quote.start : quote.end]:
            return article, quote.start, quote.end
    return None
