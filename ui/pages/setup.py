"""What one meets where there is nothing to ask yet: one click to the demo, or to an index."""

from __future__ import annotations

import streamlit as st

from corpora.errors import MedciteError, NoCorpus, NotReady
from ui.pages import jobs, sign_in
from ui.render import markup
from ui.services import operations
from ui.services.jobs import Jobs
from ui.services.library import Library


def needed(library: Library) -> MedciteError | None:
    """What is missing; None where questions can be asked."""
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
        what = (
            "Medcite answers from articles kept on this computer. Start with some 2,700 real"
            " PubMed records of 2021 (a download of 57 MB, then some minutes to index), or bring"
            " your own on the Literature page."
            if empty
            else "The literature is here; to be searched it has to be indexed, once."
        )
        st.html(f'<div class="greeting"><h1>{title}</h1><p class="muted">{what}</p></div>')
    working = jobs.panel(library)
    if not sign_in.may_change(library):
        st.caption("Someone who may change the literature has to do that.")
    elif not working:
        _offer(library, empty=empty)


def _offer(library: Library, *, empty: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if empty:
            made, label = operations.fetch_demo().and_index(library.home), "Get the demo literature"
        else:
            made, label = operations.build(library.home, title="Build the index"), "Build the index"
        if st.button(label, type="primary", icon=":material/download:" if empty else None):
            jobs.start(library, made)
            st.rerun()
        st.html(
            '<p class="muted">In a terminal: <code>'
            + ("make demo" if empty else "medcite index build")
            + "</code></p>",
            width="content",
        )
