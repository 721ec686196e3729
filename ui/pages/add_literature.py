"""The part of the Literature page that brings literature in."""

from __future__ import annotations

import streamlit as st

from corpora.errors import MedciteError
from ui.pages import jobs
from ui.services import operations
from ui.services.library import Library
from ui.services.settings import read_choices

_UPLOADS = "uploads"


def forms(library: Library, *, disabled: bool) -> None:
    """Ways to add literature, one a tab; `disabled` while something is at work."""
    # Kept in the session: what appears above the tabs must not turn to the first one.
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
            "<p>Some 2,700 real PubMed records of 2021: guidelines, reviews, trials, cohorts."
            " A download of 57 MB; then some minutes to index.</p>"
        )
        if st.button("Get the demo literature", key="add-demo", disabled=disabled):
            _start(library, operations.fetch_demo().and_index(library.home))


def _upload(library: Library, *, disabled: bool) -> None:
    # Another key is another, empty uploader.
    number = st.session_state.setdefault(_UPLOADS, 0)
    files = st.file_uploader(
        "PubMed XML or text, PMC JATS, MEDLINE/.nbib, RIS, BibTeX, EndNote XML, JSON, CSV,"
        " Retraction Watch's CSV or PDF, plain or gzip; the content tells which",
        accept_multiple_files=True,
        key=f"upload-{number}",
        disabled=disabled,
    )
    update = _update_too("upload", disabled=disabled)
    preview = _preview("upload", disabled=disabled)
    if st.button("Import", key="upload-go", type="primary", disabled=disabled or not files):
        try:
            sizes = sum(f.size for f in files)
            made = operations.import_upload([f.name for f in files], sizes, preview=preview)
        except MedciteError as error:
            jobs.refuse(error)
            st.rerun()
        if update and not preview:
            made = made.and_index(library.home)
        if jobs.start(library, made, [(f.name, f) for f in files]):
            # What was only looked at is there to be imported.
            st.session_state[_UPLOADS] = number if preview else number + 1
        st.rerun()


def _paths(library: Library, *, disabled: bool) -> None:
    with st.form("paths", border=False):
        text = st.text_area(
            "Files, folders or patterns on the computer that runs Medcite, one a line",
            placeholder="~/pubmed/*.xml.gz",
            height=100,
        )
        update = _update_too("paths")
        preview = _preview("paths")
        if not st.form_submit_button("Import", type="primary", disabled=disabled):
            return
    try:
        made = operations.import_paths(text, preview=preview)
    except MedciteError as error:
        jobs.refuse(error)
        st.rerun()
    _start(library, made.and_index(library.home) if update and not preview else made)


def _query(library: Library, *, disabled: bool) -> None:
    with st.form("query", border=False):
        query = st.text_input(
            "What to look for, as in PubMed",
            placeholder="sepsis AND corticosteroids",
        )
        most = st.number_input("No more articles than", 1, 100_000, 500, step=100, width=200)
        update = _update_too("query")
        st.caption(
            "The query goes to NCBI's E-utilities, with the e-mail address of the settings, if one"
            " is there. The best matches come first."
        )
        if not st.form_submit_button("Fetch", type="primary", disabled=disabled):
            return
    try:
        made = operations.fetch_query(query, int(most), read_choices(library.home).email)
    except MedciteError as error:
        jobs.refuse(error)
        st.rerun()
    _start(library, made.and_index(library.home) if update else made)


def _update_too(key: str, *, disabled: bool = False) -> bool:
    return st.checkbox(
        "Update the index afterwards", value=True, key=f"{key}-update", disabled=disabled
    )


def _preview(key: str, *, disabled: bool = False) -> bool:
    return st.checkbox(
        "Preview: say what would come in, and import nothing",
        key=f"{key}-preview",
        disabled=disabled,
    )


def _start(library: Library, made: operations.Operation) -> None:
    jobs.start(library, made)
    st.rerun()
