"""What a reader sets aside: the buttons that put an article on the reading list."""

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


def reading_list(home: Home) -> ReadingList:
    """The list of whoever looks at the page."""
    return ReadingList(home, current_user())


def listed(home: Home) -> set[str]:
    """The PMIDs on it."""
    return {entry.pmid for entry in reading_list(home).entries()}


def mark_button(
    home: Home, article: Article, on_list: Collection[str], key: str, *, among: bool = False
) -> None:
    """A button that puts an article on the reading list, or takes it off.

    Args:
        among: it is one of a list of articles, so that its name has to say which.
    """
    there = article.pmid in on_list
    said = "Take off the reading list" if there else "Add to the reading list"
    st.button(
        f"{said}: {title_markdown(article)}" if among else said,
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
        else:
            reading_list(home).remove(pmid)


@contextmanager
def told() -> Iterator[None]:
    """Within it, what cannot be done is said beside the page, which goes on as it was."""
    try:
        yield
    except MedciteError as error:
        said = inline_markdown(f"{error.message} {error.next_step}")
        st.toast(said, icon=":material/error:", duration="long")
