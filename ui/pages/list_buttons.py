"""What a reader sets aside: the list in use, and the buttons that put articles on it."""

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

# The name of the list in use, on all pages of a session.
CHOSEN = "reading-list"
# Set in the session once something was taken off a list, which the page of lists then offers back.
REMOVED = "reading-removed"


def reading_lists(home: Home) -> ReadingLists:
    """The lists of whoever looks at the page."""
    return ReadingLists(home, current_user())


def reading_list(home: Home) -> ReadingList:
    """The list in use: the one that was chosen, else the oldest."""
    names = reading_lists(home).names()
    chosen = st.session_state.get(CHOSEN)
    if names:
        return ReadingList(home, current_user(), chosen if chosen in names else names[0])
    return ReadingList(home, current_user())


def choice(home: Home, fewest: int = 2) -> None:
    """A control that chooses the list in use, where there are so many."""
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
        help="The reading list that articles are put on",
    )


def listed(home: Home) -> set[str]:
    """The PMIDs on the list in use."""
    return {entry.pmid for entry in reading_list(home).entries()}


def named(home: Home) -> str:
    """What the list in use is called within a sentence."""
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
    """A button that puts an article on the list in use, or takes it off.

    Args:
        among: what the list is called, where the button is one of many, so that its name has to
            say of which article it is.
    """
    there = article.pmid in on_list
    target = among or named(home)
    label = f"Take off {target}" if there else f"Add to {target}"
    st.button(
        f"{label}: {title_markdown(article)}" if among else label,
        key=f"{key}-{article.pmid}",
        type="tertiary",
        icon=":material/bookmark_added:" if there else ":material/bookmark_add:",
        on_click=_turn,
        args=(home, article.pmid, not there),
    )


def _turn(home: Home, pmid: str, wanted: bool) -> None:
    with told():
        if wanted:
            reading_list(home).add(pmid)
        elif reading_list(home).remove(pmid):
            st.session_state[REMOVED] = True


@contextmanager
def told() -> Iterator[None]:
    """Within it, what cannot be done is said beside the page, which goes on as it was."""
    try:
        yield
    except MedciteError as error:
        message = inline_markdown(f"{error.message} {error.next_step}")
        st.toast(message, icon=":material/error:", duration="long")
