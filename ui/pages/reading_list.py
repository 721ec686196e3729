"""The reading list: what a reader set aside, with notes; to go through, to put right, to export."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from corpora.article import Article
from corpora.errors import MedciteError, NoCorpus
from corpora.store import open_corpus
from ui.pages import controls, list_buttons
from ui.render import markup
from ui.render.inline import inline_markdown
from ui.render.typography import title_markdown
from ui.render.units import counted
from ui.services.library import Library
from ui.services.reading_list import LONGEST_NOTE, Entry, ReadingList, reading_csv


def page(library: Library, choose: Callable[[str], None]) -> None:
    """Draw the page; `choose` opens an article by its PMID."""
    try:
        kept = list_buttons.reading_list(library.home)
        entries = kept.entries()
        st.html("<h1>Reading list</h1>")
        _undo(kept)
        if not entries:
            st.caption(
                "Nothing is on it yet. :material/bookmark_add: beside an article of the Sources"
                " page puts it here; it stays when you close the page."
            )
            return
        _list(kept, entries, _articles(library, entries), choose)
    except MedciteError as error:
        controls.problem(error)


def _articles(library: Library, entries: list[Entry]) -> dict[str, Article]:
    """Their articles by PMID, as they are now; what is not in the corpus is left out."""
    try:
        with open_corpus(library.home.corpus) as store:
            found = {entry.pmid: store.get(entry.pmid) for entry in entries}
    except NoCorpus:
        return {}
    return {pmid: article for pmid, article in found.items() if article}


def _list(
    kept: ReadingList,
    entries: list[Entry],
    articles: dict[str, Article],
    choose: Callable[[str], None],
) -> None:
    known = [articles[entry.pmid] for entry in entries if entry.pmid in articles]
    retracted = sum(article.retracted for article in known)
    st.caption(counted(len(entries), "article") + ", the last added first")
    if retracted:
        title = f"{counted(retracted, 'article')} of this list {_have(retracted)} been retracted"
        st.html(markup.note_html(title, "Do not rely on what was withdrawn."))
    with st.container(horizontal=True, gap="xsmall", key="reading-export"):
        controls.citations(known, "reading-list")
        st.download_button(
            "CSV",
            lambda: reading_csv(kept.entries(), articles),
            "reading-list.csv",
            "text/csv",
            on_click="ignore",
            key="take-csv",
            help="A table with your notes",
        )
    for entry in entries:
        _entry(kept, entry, articles.get(entry.pmid), choose)


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _entry(
    kept: ReadingList, entry: Entry, article: Article | None, choose: Callable[[str], None]
) -> None:
    with st.container(key=f"reading-{entry.pmid}", gap=None):
        with st.container(horizontal=True, key=f"reading-row-{entry.pmid}", wrap=False):
            if article:
                if st.button(
                    title_markdown(article),
                    key=f"reading-open-{entry.pmid}",
                    type="tertiary",
                    wrap=True,
                ):
                    choose(entry.pmid)
            else:
                st.html(markup.missing_html(entry.pmid))
            st.button(
                f"Remove: {title_markdown(article) if article else inline_markdown(entry.pmid)}",
                key=f"reading-remove-{entry.pmid}",
                type="tertiary",
                icon=":material/delete:",
                on_click=_remove,
                args=(kept, entry.pmid),
            )
        if article:
            st.html(markup.hit_html(article))
        _note(kept, entry)


@st.fragment
def _note(kept: ReadingList, entry: Entry) -> None:
    """By itself: a page drawn anew would lose the click on a download that ends the writing."""
    st.text_input(
        "Note",
        entry.note,
        max_chars=LONGEST_NOTE,
        key=f"reading-note-{entry.pmid}",
        placeholder="Add a note",
        label_visibility="collapsed",
        on_change=_annotate,
        args=(kept, entry.pmid),
    )


def _annotate(kept: ReadingList, pmid: str) -> None:
    with list_buttons.told():
        kept.annotate(pmid, st.session_state[f"reading-note-{pmid}"])


def _remove(kept: ReadingList, pmid: str) -> None:
    with list_buttons.told():
        if entry := kept.remove(pmid):
            st.session_state["reading-removed"] = entry


def _undo(kept: ReadingList) -> None:
    """The way back of what was removed last."""
    removed: Entry | None = st.session_state.get("reading-removed")
    if removed is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="reading-undo"):
        st.html('<p role="status">Removed from the list.</p>', width="content")
        st.button("Undo", icon=":material/undo:", on_click=_restore, args=(kept, removed))


def _restore(kept: ReadingList, entry: Entry) -> None:
    with list_buttons.told():
        kept.restore(entry)
        st.session_state.pop("reading-removed", None)
