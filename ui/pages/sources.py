"""The Sources page: search the index by itself, and read one article whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from corpora.article import Article
from corpora.errors import BadInput, MedciteError
from corpora.store import open_corpus
from retrieval.passage import Evidence, SearchQuery
from retrieval.split import split
from ui import markup
from ui.facets import FACETS, SORTS, Facet, counted_values, narrowed
from ui.library import Library
from ui.pages import controls
from ui.render import counted, years_spanned

if TYPE_CHECKING:
    from retrieval.search import Searcher

_AT_ONCE = 20
# Facets and sorting look at this many, the most relevant.
_LOOKED_AT = 200
_SIMILAR = 5
_LONGEST_TITLE = 500


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
        state["searched"] = text
        for key in ("sources-page", *map(_key, FACETS)):
            state.pop(key, None)
    if not text:
        st.query_params.pop("q", None)
        _nothing_yet(library)
        return
    st.query_params["q"] = text
    with st.spinner("Searching…", show_time=False):
        searcher = library.assistant().searcher
        found = searcher.search([SearchQuery(text, filters)], _LOOKED_AT)[0]
    if not found:
        st.html(
            markup.error_html(BadInput("Nothing was found.", "Try other words, or fewer filters."))
        )
        return
    _listed(_chosen(found))


def _key(facet: Facet) -> str:
    return f"facet-{facet.name}"


def _chosen(found: Sequence[Evidence]) -> list[Evidence]:
    """What the reader's choice of facets and order makes of a result."""
    state = st.session_state
    chosen = {facet.name: state.get(_key(facet), []) for facet in FACETS}
    with st.container(horizontal=True, vertical_alignment="bottom", key="facet-row"):
        for facet in FACETS:
            counts = counted_values(found, facet, chosen)
            if not counts:
                continue
            st.multiselect(
                facet.label,
                list(counts),
                key=_key(facet),
                format_func=partial(_with_count, counts),
                placeholder="any",
                on_change=_first_page,
            )
        sort = st.selectbox("Sort by", list(SORTS), key="sources-sort", on_change=_first_page)
    kept = SORTS[sort](narrowed(found, chosen))
    cut = len(found) == _LOOKED_AT
    everything = f"the {_LOOKED_AT} most relevant" if cut else f"{len(found)} found"
    among = f" of {everything}" if cut or len(kept) < len(found) else ""
    st.caption(f"{counted(len(kept), 'article')}{among}")
    return kept


def _with_count(counts: Mapping[str, int], value: str) -> str:
    return f"{value} ({counts.get(value, 0)})"


def _listed(found: Sequence[Evidence]) -> None:
    """One page of a result, and the way to the others."""
    last = max(0, (len(found) - 1) // _AT_ONCE)
    place = min(st.session_state.get("sources-page", 0), last)
    shown = found[place * _AT_ONCE : (place + 1) * _AT_ONCE]
    controls.article_list([("", e.article, e.passage) for e in shown], "hit", _open)
    if not last:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="sources-pages"):
        st.button("Previous", disabled=not place, on_click=_turn, args=(place - 1,))
        st.html(f'<span class="muted">Page {place + 1} of {last + 1}</span>', width="content")
        st.button("Next", disabled=place == last, on_click=_turn, args=(place + 1,))


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
        with st.popover("Cite", icon=":material/format_quote:"):
            controls.citations([article], f"pmid-{article.pmid}")
        searcher = library.assistant().searcher
        encoder = searcher.encoder
        passages = split(article, encoder.window, encoder.count_tokens)
        with st.expander(f"Passages as indexed ({len(passages)})"):
            st.html(markup.passages_html(passages))
        similar = similar_articles(searcher, article)
        if similar:
            st.html("<h2>Similar articles</h2>")
            controls.article_list([("", e.article, None) for e in similar], "similar", _open)


def similar_articles(searcher: Searcher, article: Article) -> list[Evidence]:
    """What a search for the article's title finds beside it; retracted articles are left out."""
    words = article.title or article.text
    found = searcher.search([SearchQuery(words[:_LONGEST_TITLE])], _SIMILAR + 1)[0] if words else []
    return [each for each in found if each.article.pmid != article.pmid][:_SIMILAR]


def _open(pmid: str) -> None:
    st.query_params["pmid"] = pmid


def _close() -> None:
    st.query_params.pop("pmid", None)


def _turn(place: int) -> None:
    st.session_state["sources-page"] = place


def _first_page() -> None:
    _turn(0)
