"""Selected articles of a result, across its pages, and the actions on them."""

from __future__ import annotations

import streamlit as st

from corpora.home import Home
from corpora.store import open_corpus
from retrieval.engines.dense import Numbers
from ui.pages import list_buttons, result_controls
from ui.render.inline import inline_markdown
from ui.render.units import counted
from ui.services.corpus_browser import ArticleSet

_CHOSEN = "sources-chosen"
# Larger results cannot be selected as a whole.
_MOST = 100_000


def chosen() -> set[int]:
    """Return the store ids of the selected articles."""
    selected: set[int] = st.session_state.setdefault(_CHOSEN, set())
    return selected


def clear() -> None:
    """Clear the selection."""
    st.session_state[_CHOSEN] = set()


def box(number: int, title: str) -> None:
    """Draw a checkbox that selects an article; `number` is its store id."""
    key = f"choose-{number}"
    st.session_state[key] = number in chosen()
    st.checkbox(
        f"Select: {title}",
        key=key,
        label_visibility="collapsed",
        on_change=_turn,
        args=(number, key),
    )


def controls(home: Home, selection: ArticleSet, rows: Numbers, logged: int) -> None:
    """Draw the actions on a result, or on the articles selected from it.

    Args:
        rows: the filtered result.
        logged: the search's number in the log, 0 if it is not logged.
    """
    searched = selection.matches is not None
    few = len(rows) <= _MOST
    ids: list[int] = selection.columns.ids[rows].tolist() if few or searched else []
    selected = chosen()
    # In the order of the result, including articles that the filters now hide.
    unfiltered = selection.columns.ids[selection.rows]
    picked = [number for number in unfiltered.tolist() if number in selected] if selected else []
    with st.container(horizontal=True, vertical_alignment="center", key="sources-selection"):
        if few and not selected.issuperset(ids):
            st.button(
                f"Select all {len(ids):,}",
                key="choose-all",
                icon=":material/select_all:",
                on_click=_add,
                args=(ids,),
            )
        if picked:
            st.html(f'<p role="status">{len(picked):,} selected</p>', width="content")
            st.button("Clear", key="choose-none", type="tertiary", on_click=clear)
            st.button(
                "Add to the list",
                key="choose-list",
                icon=":material/bookmark_add:",
                on_click=_to_list,
                args=(home, picked),
            )
        list_buttons.choice(home)
        if picked:
            result_controls.export(home, picked, logged, f"Export {len(picked):,}")
        elif searched:
            result_controls.export(home, ids, logged)


def _turn(number: int, key: str) -> None:
    (chosen().add if st.session_state[key] else chosen().discard)(number)


def _add(ids: list[int]) -> None:
    chosen().update(ids)


def _to_list(home: Home, ids: list[int]) -> None:
    with list_buttons.errors_shown():
        with open_corpus(home.corpus) as store:
            pmids = store.pmids(ids)
        target = list_buttons.reading_list(home)
        count = target.add(pmids)
        existing = len(pmids) - count
        note = f", {existing:,} already there" if existing else ""
        st.toast(
            f"{counted(count, 'article')} added to “{inline_markdown(target.name)}”{note}.",
            icon=":material/check:",
        )
