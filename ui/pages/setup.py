"""The set-up page, shown without corpus or index: one click fetches the demo or builds an index."""

from __future__ import annotations

import streamlit as st

from corpora.errors import MedciteError, NoCorpus, NotReady
from ui.pages import jobs, sign_in
from ui.render import markup
from ui.services import operations
from ui.services.jobs import Jobs
from ui.services.library import Library


def needed(library: Library) -> MedciteError | None:
    """Return what is missing; None if questions can be asked."""
    try:
        library.check()
    except MedciteError as error:
        return error
    return None


def page(library: Library, missing: MedciteError) -> None:
    """Draw the page."""
    empty = isinstance(missing, NoCorpus)
    title = "No literature yet" if empty else "No index yet"
    title = "Getting ready" if Jobs(library.home).running() else title
    if not isinstance(missing, NotReady):
        st.html(markup.error_html(missing))
    else:
        text = (
            "Medcite answers from articles stored on this computer. Start with some 2,700 real"
            " PubMed records from 2021 (a 57 MB download, then a few minutes to index), or add"
            " your own on the Literature page."
            if empty
            else "The corpus has articles; index them once to make them searchable."
        )
        st.html(f'<div class="greeting"><h1>{title}</h1><p class="muted">{text}</p></div>')
    working = jobs.panel(library)
    if not sign_in.may_change(library):
        st.caption("This requires a user who may change the literature.")
    elif not working:
        _offer(library, empty=empty)


def _offer(library: Library, *, empty: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if empty:
            operation, label = (
                operations.fetch_demo().and_index(library.home),
                "Get the demo literature",
            )
        else:
            operation, label = (
                operations.build(library.home, title="Build the index"),
                "Build the index",
            )
        if st.button(label, type="primary", icon=":material/download:" if empty else None):
            jobs.start(library, operation)
            st.rerun()
        st.html(
            '<p class="muted">In a terminal: <code>'
            + ("make demo" if empty else "medcite index build")
            + "</code></p>",
            width="content",
        )
