"""The result set's interpretation, search mode and export on the Sources page."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from corpora.home import Home
from corpora.store import open_corpus
from retrieval.result_set import Mode, mode_of
from ui.pages import facet_panel
from ui.pages.session import current_user
from ui.services.corpus_browser import ArticleSet
from ui.services.result_export import EXPORTS, exported, in_order, prisma_numbers
from ui.services.search_log import SearchLog

if TYPE_CHECKING:
    from corpora.article import Article
    from retrieval.chunking import Span
    from retrieval.result_set import ResultSet

SELECTION = "sources-selection"
NEAR = "sources-near"
_FORCED = "sources-mode"


def chosen_mode(text: str) -> Mode:
    """Return how to read the text: as the user chose for it, else by its syntax."""
    forced_for, forced = st.session_state.get(_FORCED, ("", None))
    return forced if forced and forced_for == text else mode_of(text)


def reading(selection: ArticleSet) -> None:
    """Draw how the query was interpreted, and the controls that change its mode."""
    matches = selection.matches
    if matches is None:
        return
    boolean = matches.mode is Mode.BOOLEAN
    other = Mode.SEMANTIC if boolean else Mode.BOOLEAN
    with st.container(horizontal=True, vertical_alignment="center", key="sources-reading"):
        st.caption("Boolean search" if boolean else "Search by words and meaning", width="content")
        st.button(
            "Search by words and meaning" if boolean else "Search as in PubMed",
            key="sources-other-mode",
            type="tertiary",
            on_click=_force,
            args=(matches.text, other),
        )
        if boolean or len(matches.ids):
            st.checkbox(
                "Include articles similar in meaning",
                key=NEAR,
                help="Listed after the matches; counted and exported with them.",
                on_change=facet_panel.first_page,
                persist_state="session",
            )
    if boolean:
        st.code(matches.reading, language=None, wrap_lines=True)
        for note in matches.notes:
            st.caption(note)


def export(home: Home, ids: list[int], number: int, label: str = "Export") -> None:
    """Draw downloads of these articles, generated on click."""
    opened = st.popover(label, icon=":material/download:", key="sources-export", on_change="rerun")
    with opened:
        # Counting reads the whole set, so it waits until the popover is open.
        if opened.open:
            with open_corpus(home.corpus) as store:
                st.caption(str(prisma_numbers(store, ids)))
        for form in EXPORTS:
            st.download_button(
                form.label,
                partial(_written, home, ids, form.name, number, current_user()),
                f"medcite-search{form.suffix}",
                form.mime,
                on_click="ignore",
                key=f"sources-take-{form.name}",
            )


def _written(home: Home, ids: list[int], name: str, number: int, owner: str) -> str:
    with open_corpus(home.corpus) as store:
        text = exported((article for _, article in in_order(store, ids)), name)
    SearchLog(home, owner).note_export(number, f"{len(ids):,} as {name}")
    return text


def matched(results: ResultSet | None, articles: dict[int, Article]) -> dict[int, list[Span]]:
    """Return, for each article, the spans of its text that a result set matched."""
    if results is None:
        return {number: [] for number in articles}
    from retrieval.highlighting import Highlighter

    highlighter = Highlighter(results)
    return {number: highlighter.spans(article) for number, article in articles.items()}


def _force(text: str, mode: Mode) -> None:
    st.session_state[_FORCED] = (text, mode)
    facet_panel.first_page()
