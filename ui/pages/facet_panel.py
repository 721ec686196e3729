"""The facet panel of the Sources page: values with counts, to filter by and to clear."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpora.evidence_level import EvidenceLevel
from ui.render.inline import inline_markdown
from ui.render.text import language_name
from ui.services.corpus_browser import ArticleSet
from ui.services.facets import FACETS, Choice, Facet, counted_values

_AT_FIRST, _MORE = 6, 30
# Rare values are found by typing their name.
_TO_FIND = 2_000
_FINDABLE = ("journal", "mesh")
_YEARS = ("search-since", "search-until")
_RETRACTED = "search-retracted"
PAGE = "sources-page"


def chosen() -> Choice:
    """Return the filters chosen.

    Raises:
        BadInput: the first year is after the last.
    """
    state = st.session_state
    values = {facet.name: tuple(state.get(_key(facet)) or ()) for facet in FACETS}
    first, last = (state.get(name) for name in _YEARS)
    return Choice(values, first, last, bool(state.get(_RETRACTED)))


def clear() -> None:
    """Clear all filters."""
    for facet in FACETS:
        st.session_state[_key(facet)] = []
    for name in _YEARS:
        st.session_state[name] = None
    st.session_state[_RETRACTED] = False
    first_page()


def give_up(label: str) -> None:
    """Clear the filter shown under this label."""
    for facet in FACETS:
        if facet.label == label:
            st.session_state[_key(facet)] = []
    if label == "Years":
        for name in _YEARS:
            st.session_state[name] = None
    if label == "No retracted articles":
        st.session_state[_RETRACTED] = True
    first_page()


def first_page() -> None:
    """Return to the first page of the list."""
    st.session_state[PAGE] = 0


def panel(selection: ArticleSet, choice: Choice) -> None:
    """Draw the facets of a set of articles."""
    with st.container(key="facets", gap="small"):
        in_use = len(choice.conditions.keys() - {"No retracted articles"})
        # Visible only on a phone, where style.css folds everything below it.
        st.toggle(f"Filters ({in_use})" if in_use else "Filters", key="facets-open")
        with st.container(horizontal=True, vertical_alignment="center", key="facets-head"):
            st.html('<h2 id="facets">Filters</h2>', width="content")
            if in_use:
                st.button("Clear all", type="tertiary", on_click=clear)
        _years()
        for facet in FACETS:
            _facet(selection, choice, facet)
        count = int(selection.columns.retracted[selection.rows].sum())
        if count or choice.include_retracted:
            st.checkbox(
                f"Include retracted articles ({count:,})",
                key=_RETRACTED,
                on_change=first_page,
                persist_state="session",
            )


def _years() -> None:
    first, last = st.columns(2, wrap=False, gap="xsmall")
    for place, label, name in zip((first, last), ("From year", "To year"), _YEARS, strict=True):
        place.number_input(
            label,
            1800,
            2100,
            None,
            key=name,
            placeholder="any",
            on_change=first_page,
            persist_state="session",
        )


def _facet(selection: ArticleSet, choice: Choice, facet: Facet) -> None:
    state = st.session_state
    more: bool = state.get(f"more-{facet.name}", False)
    most = _TO_FIND if more and facet.name in _FINDABLE else _MORE
    counts = counted_values(selection.columns, selection.rows, choice, facet, most)
    selected = choice.values.get(facet.name, ())
    # A single value, or values on a single article only, offer no choice.
    if not selected and (
        len(counts) < 2 or selection.columns.sides[facet.name].having_any(selection.rows) < 2
    ):
        return
    few = len(EvidenceLevel) if facet.name == "design" else _AT_FIRST
    shown = [*list(counts)[: _MORE if more else few]]
    shown += [name for name in selected if name not in shown]
    st.pills(
        facet.label,
        shown,
        selection_mode="multi",
        key=_key(facet),
        format_func=partial(_labelled, facet, counts),
        wrap=True,
        on_change=first_page,
        persist_state="session",
    )
    if more and facet.name in _FINDABLE and len(counts) > _MORE:
        st.selectbox(
            f"Find a {facet.label}",
            [name for name in counts if name not in shown],
            None,
            key=f"find-{facet.name}",
            format_func=lambda name: f"{name} ({counts[name]:,})",
            placeholder="Find another",
            label_visibility="collapsed",
            on_change=_found,
            args=(facet,),
        )
    if more or len(counts) > few:
        st.button(
            "Fewer" if more else "More",
            key=f"turn-{facet.name}",
            type="tertiary",
            icon=":material/expand_less:" if more else ":material/expand_more:",
            on_click=_turn,
            args=(facet, not more),
        )


def _labelled(facet: Facet, counts: dict[str, int], name: str) -> str:
    label = language_name(name) if facet.name == "language" else name
    return f"{inline_markdown(label)} :gray[{counts.get(name, 0):,}]"


def _found(facet: Facet) -> None:
    state = st.session_state
    if name := state.get(f"find-{facet.name}"):
        state[_key(facet)] = [*(state.get(_key(facet)) or []), name]
        state[f"find-{facet.name}"] = None
        first_page()


def _turn(facet: Facet, more: bool) -> None:
    st.session_state[f"more-{facet.name}"] = more


def _key(facet: Facet) -> str:
    return f"facet-{facet.name}"
