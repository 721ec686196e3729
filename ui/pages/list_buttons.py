"""The reading list in use, and the buttons that add articles to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import streamlit as st

from corpora.article import Article
from corpora.errors import MedciteError
from corpora.home import Home
from ui.pages.session import current_user
from ui.render.inline import inline_markdown
from ui.render.typography import title_markdown
from ui.services.reading_list import ReadingList
from ui.services.reading_lists import ReadingLists

# Session key of the name of the list in use, shared by all pages.
CHOSEN = "reading-list"
# Session key, set once something was removed from a list: the Reading lists page offers an undo.
REMOVED = "reading-removed"


def reading_lists(home: Home) -> ReadingLists:
    """Return the current user's lists."""
    return ReadingLists(home, current_user())


def reading_list(home: Home) -> ReadingList:
    """Return the list in use: the one chosen, else the oldest."""
    names = reading_lists(home).names()
    chosen = st.session_state.get(CHOSEN)
    if names:
        return ReadingList(home, current_user(), chosen if chosen in names else names[0])
    return ReadingList(home, current_user())


def choice(home: Home, fewest: int = 2) -> None:
    """Draw the control that chooses the list in use, if there are at least `fewest` lists."""
    names = reading_lists(home).names()
    if len(names) < fewest:
        return
    st.session_state[CHOSEN] = reading_list(home).name
    st.selectbox(
        "Reading list",
        names,
        key=CHOSEN,
        label_visibility="collapsed",
        persist_state="session",
        help="The reading list that articles are added to",
    )


def listed(home: Home) -> set[str]:
    """Return the PMIDs on the list in use."""
    return {entry.pmid for entry in reading_list(home).entries()}


def named(home: Home) -> str:
    """Name the list in use within a sentence."""
    if len(reading_lists(home).names()) < 2:
        return "the reading list"
    return f"the reading list “{inline_markdown(reading_list(home).name)}”"


def mark_button(
    home: Home,
    article: Article,
    on_list: Collection[str],
    key: str,
    *,
    among: str = "",
) -> None:
    """Draw a button that adds an article to the list in use, or removes it.

    Args:
        among: the list's name, if the button is one of many: its label then names the article.
    """
    already_listed = article.pmid in on_list
    target = among or named(home)
    label = f"Remove from {target}" if already_listed else f"Add to {target}"
    st.button(
        f"{label}: {title_markdown(article)}" if among else label,
        key=f"{key}-{article.pmid}",
        type="tertiary",
        icon=":material/bookmark_added:" if already_listed else ":material/bookmark_add:",
        on_click=_turn,
        args=(home, article.pmid, not already_listed),
    )


def _turn(home: Home, pmid: str, add: bool) -> None:
    with errors_shown():
        if add:
            reading_list(home).add(pmid)
        elif reading_list(home).remove(pmid):
            st.session_state[REMOVED] = True


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error raised within as a toast, and leave the page as it was."""
    try:
        yield
    except MedciteError as error:
        message = inline_markdown(f"{error.message} {error.next_step}")
        st.toast(message, icon=":material/error:", duration="long")
