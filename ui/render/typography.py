"""Render article text as HTML and Markdown with its typography (see `ui.render.inline`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from corpora.article import Article
from ui.render.inline import Span, html_of, inline_html, inline_markdown, markdown_of, runs

if TYPE_CHECKING:
    from agent.answer import Quote
    from retrieval.passage import Evidence


def slice_html(article: Article, start: int, end: int, marks: Iterable[Span] = ()) -> str:
    """Render an article's text between two offsets as HTML, with spans highlighted."""
    return html_of(runs(article.text, article.typography, start, end, marks))


def slice_markdown(article: Article, start: int, end: int, marks: Iterable[Span] = ()) -> str:
    """Render an article's text between two offsets as Markdown, without superscript letters."""
    return markdown_of(runs(article.text, article.typography, start, end, marks))


def title_line(article: Article, marks: Iterable[Span] = ()) -> str:
    """Render an article's title as HTML, without an enclosing element."""
    return slice_html(article, 0, len(article.title), marks)


def title_markdown(article: Article, marks: Iterable[Span] = ()) -> str:
    """Render an article's title as Markdown, with spans of its text highlighted."""
    return slice_markdown(article, 0, len(article.title), marks)


def quoted_html(
    article: Article, start: int, end: int, text: str, marks: Iterable[Span] = ()
) -> str:
    """Render a quote with the article's typography, or plain if the article has changed since."""
    unchanged = article.text[start:end] == text
    return slice_html(article, start, end, marks) if unchanged else inline_html(text)


def said_html(text: str, quotes: Sequence[Quote], evidence: Sequence[Evidence]) -> str:
    """Render a sentence or quote as HTML; a verbatim quote gets the article's typography."""
    place = _verbatim(text, quotes, evidence)
    return slice_html(*place) if place else inline_html(text)


def said_markdown(text: str, quotes: Sequence[Quote], evidence: Sequence[Evidence]) -> str:
    """Render a sentence or quote as Markdown; a verbatim quote gets the article's typography."""
    place = _verbatim(text, quotes, evidence)
    return slice_markdown(*place) if place else inline_markdown(text)


def _verbatim(
    text: str, quotes: Sequence[Quote], evidence: Sequence[Evidence]
) -> tuple[Article, int, int] | None:
    """Locate a text that is verbatim one of the quotes: its article, start and end."""
    articles = {e.passage.id: e.article for e in evidence}
    for quote in quotes:
        article = articles.get(quote.key)
        if article and text == quote.text == article.text[quote.start : quote.end]:
            return article, quote.start, quote.end
    return None
