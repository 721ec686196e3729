"""One article: its text, metadata, passages as indexed, and similar articles."""

from __future__ import annotations

import re

import streamlit as st

from corpora.article import Article
from corpora.errors import BadInput
from corpora.store import open_corpus
from retrieval.browse import passages_as_indexed, similar
from ui.pages import controls, list_buttons, result_controls
from ui.render import markup
from ui.render.bibliography import vancouver
from ui.render.units import counted
from ui.services.library import Library

_SIMILAR = 8


def page(library: Library, pmid: str) -> None:
    """Draw an article.

    Raises:
        BadInput: there is no article with this PMID.
    """
    with open_corpus(library.home.corpus) as store:
        match = store.find(pmid)
    st.button("Back to the search", icon=":material/arrow_back:", type="tertiary", on_click=_close)
    if match is None:
        raise BadInput(
            f"There is no article {pmid} in this corpus.",
            "Check the PMID, or import the article with `medcite corpus add`.",
        )
    number, article = match
    left, right = st.columns([3, 2], gap="large")
    with left:
        spans = _matched(number, article)
        st.html(markup.title_html(article, spans) + markup.article_html(article, spans))
    with right:
        _take(library, article)
        st.html(markup.details_html(article))
        # Filled in once the index has loaded; the article itself needs no index.
        indexed = st.container()
    with left:
        related = st.container()
    version = library.assistant().searcher.version
    with indexed:
        passages = passages_as_indexed(version, number, article)
        with st.expander(f"Passages as indexed ({len(passages)})"):
            st.html(markup.passages_html(article, passages))
            if not passages:
                st.caption("The index does not have this version of the article: update the index.")
    with related:
        _similar(library, similar(version, number, _SIMILAR))


def _matched(number: int, article: Article) -> list[tuple[int, int]]:
    """Return the spans of the article that the search it was opened from matched."""
    if "q" not in st.query_params or result_controls.SELECTION not in st.session_state:
        return []
    matches = st.session_state[result_controls.SELECTION][1].matches
    spans = result_controls.matched(matches, {number: article})[number]
    return [(span.start, span.end) for span in spans]


def _take(library: Library, article: Article) -> None:
    """Draw the reading-list button and the article's citation in each format."""
    with st.container(horizontal=True, gap="small", key="article-actions"):
        list_buttons.choice(library.home)
        list_buttons.mark_button(
            library.home, article, list_buttons.listed(library.home), "mark-open"
        )
        with st.popover("Cite", icon=":material/format_quote:", key="take-article"):
            st.code(vancouver(article), language=None, wrap_lines=True)
            name = re.sub(r"[^\w.-]", "-", article.pmid)
            with st.container(horizontal=True, gap="xsmall"):
                controls.citations([article], f"pmid-{name}")


def _similar(library: Library, neighbours: list[tuple[int, float]]) -> None:
    with open_corpus(library.home.corpus) as store:
        articles = store.by_id([number for number, _ in neighbours])
    shown = [articles[number] for number, _ in neighbours if number in articles]
    if shown:
        st.html(f"<h2>Similar: {counted(len(shown), 'article')}</h2>")
        controls.article_list([("", article, None) for article in shown], "similar", open_article)


def open_article(pmid: str) -> None:
    """Go to an article."""
    st.query_params["pmid"] = pmid


def _close() -> None:
    st.query_params.pop("pmid", None)
