"""The section of the Literature page that adds literature."""

from __future__ import annotations

import streamlit as st

from corpora.errors import MedciteError
from corpora.readers.registry import SUPPORTED
from ui.pages import jobs
from ui.services import operations
from ui.services.library import Library
from ui.services.settings import read_choices

_UPLOADS = "uploads"


def forms(library: Library, *, disabled: bool) -> None:
    """Draw one tab per way to add literature; `disabled` while a job is running."""
    # Keyed, so that elements appearing above the tabs do not reset them to the first one.
    upload, paths, query, demo = st.tabs(
        ["Upload", "Files on this computer", "PubMed query", "Demo literature"],
        key="add-literature",
        on_change="rerun",
    )
    with upload:
        _upload(library, disabled=disabled)
    with paths:
        _paths(library, disabled=disabled)
    with query:
        _query(library, disabled=disabled)
    with demo:
        st.html(
            "<p>Some 2,700 real PubMed records from 2021: guidelines, reviews, trials, cohorts."
            " A 57 MB download, then a few minutes to index.</p>"
        )
        if st.button("Get the demo literature", key="add-demo", disabled=disabled):
            _start(library, operations.fetch_demo().and_index(library.home))


def _upload(library: Library, *, disabled: bool) -> None:
    # A new key gives a new, empty uploader.
    number = st.session_state.setdefault(_UPLOADS, 0)
    files = st.file_uploader(
        f"{SUPPORTED}; detected from the content",
        accept_multiple_files=True,
        key=f"upload-{number}",
        disabled=disabled,
    )
    update = _update_too("upload", disabled=disabled)
    preview = _preview("upload", disabled=disabled)
    if st.button("Import", key="upload-go", type="primary", disabled=disabled or not files):
        try:
            sizes = sum(f.size for f in files)
            operation = operations.import_upload([f.name for f in files], sizes, preview=preview)
        except MedciteError as error:
            jobs.refuse(error)
            st.rerun()
        if update and not preview:
            operation = operation.and_index(library.home)
        if jobs.start(library, operation, [(f.name, f) for f in files]):
            # Previewed files stay, ready to be imported.
            st.session_state[_UPLOADS] = number if preview else number + 1
        st.rerun()


def _paths(library: Library, *, disabled: bool) -> None:
    with st.form("paths", border=False):
        text = st.text_area(
            "Files, folders or patterns on the computer that runs Medcite, one per line",
            placeholder="~/pubmed/*.xml.gz",
            height=100,
        )
        update = _update_too("paths")
        preview = _preview("paths")
        if not st.form_submit_button("Import", type="primary", disabled=disabled):
            return
    try:
        operation = operations.import_paths(text, preview=preview)
    except MedciteError as error:
        jobs.refuse(error)
        st.rerun()
    _start(library, operation.and_index(library.home) if update and not preview else operation)


def _query(library: Library, *, disabled: bool) -> None:
    with st.form("query", border=False):
        query = st.text_input(
            "Query in PubMed's syntax",
            placeholder="sepsis AND corticosteroids",
        )
        most = st.number_input("Maximum number of articles", 1, 100_000, 500, step=100, width=200)
        update = _update_too("query")
        st.caption(
            "The query is sent to NCBI's E-utilities, with the e-mail address from the settings, if"
            " any. The best matches come first."
        )
        if not st.form_submit_button("Fetch", type="primary", disabled=disabled):
            return
    try:
        operation = operations.fetch_query(query, int(most), read_choices(library.home).email)
    except MedciteError as error:
        jobs.refuse(error)
        st.rerun()
    _start(library, operation.and_index(library.home) if update else operation)


def _update_too(key: str, *, disabled: bool = False) -> bool:
    return st.checkbox(
        "Update the index afterwards", value=True, key=f"{key}-update", disabled=disabled
    )


def _preview(key: str, *, disabled: bool = False) -> bool:
    return st.checkbox(
        "Preview: report what would be imported, without importing it",
        key=f"{key}-preview",
        disabled=disabled,
    )


def _start(library: Library, operation: operations.Operation) -> None:
    jobs.start(library, operation)
    st.rerun()
