"""The Sources page: search the index by itself, and read one article whole."""

from __future__ import annotations

import streamlit as st

from corpora.errors import BadInput, MedciteError
from corpora.store import open_corpus
from retrieval.passage import SearchQuery
from retrieval.split import split
from ui import markup
from ui.library import Library
from ui.pages import controls
from ui.render import counted, years_spanned

_AT_ONCE = 20


def page(library: Library) -> None:
    """Draw the page: the article that the address names, else the search."""
    try:
        library.check()
        library.warm()
        if pmid := st.query_params.get("pmid"):
            _article(library, pmid)
        else:
            _search(library)
    except MedciteError as error:
        controls.problem(error)


def _search(library: Library) -> None:
    state = st.session_state
    state.setdefault("search", state.get("searched", st.query_params.get("q", "")))
    with st.container(horizontal=True, vertical_alignment="bottom", key="search-row"):
        text = st.text_input(
            "Search the index",
            key="search",
            placeholder="Search titles and abstracts",
            label_visibility="collapsed",
            icon=":material/search:",
        ).strip()
        filters = controls.filters("search")
    if text != state.get("searched"):
        state["searched"], state["shown"] = text, _AT_ONCE
    if not text:
        st.query_params.pop("q", None)
        _nothing_yet(library)
        return
    st.query_params["q"] = text
    shown: int = state["shown"]
    with st.spinner("Searching…", show_time=False):
        searcher = library.assistant().searcher
        found = searcher.search([SearchQuery(text, filters)], shown + 1)[0]
    if not found:
        st.html(
            markup.error_html(BadInput("Nothing was found.", "Try other words, or fewer filters."))
        )
        return
    controls.article_list([("", e.article, e.passage) for e in found[:shown]], "hit", _open)
    if len(found) > shown:
        st.button("Show more", on_click=_more)


def _nothing_yet(library: Library) -> None:
    with open_corpus(library.home.corpus) as store:
        count, years = len(store), store.years()
    span = f" of {years_spanned(years)}" if years else ""
    st.caption(f"{counted(count, 'article')}{span}. Search by words or by a whole question.")


def _article(library: Library, pmid: str) -> None:
    with open_corpus(library.home.corpus) as store:
        article = store.get(pmid)
    st.button("Back to the search", icon=":material/arrow_back:", type="tertiary", on_click=_close)
    if article is None:
        raise BadInput(
            f"There is no article {pmid} in this corpus.",
            "Check the PMID, or import the article with `medcite corpus add`.",
        )
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.html(markup.title_html(article) + markup.article_html(article))
    with right:
        st.html(markup.details_html(article))
        encoder = library.assistant().searcher.encoder
        passages = split(article, encoder.window, encoder.count_tokens)
        with st.expander(f"Passages as indexed ({len(passages)})"):
            st.html(markup.passages_html(passages))


def _open(pmid: str) -> None:
    st.query_params["pmid"] = pmid


def _close() -> None:
    st.query_params.pop("pmid", None)


def _more() -> None:
    st.session_state["shown"] += _AT_ONCE
