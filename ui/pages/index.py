"""The Literature page: the state of corpus and index, updates, versions and imports."""

from __future__ import annotations

import re

import streamlit as st

from corpora.errors import MedciteError, NotReady
from corpora.store import release_of
from retrieval.version import Manifest
from ui.pages import add_literature, jobs, sign_in
from ui.pages.job_markup import job_rows
from ui.render import markup
from ui.render.text import years_spanned
from ui.render.units import ago, counted, size
from ui.services import operations
from ui.services.data_status import DataStatus, data_status
from ui.services.jobs import Jobs
from ui.services.library import Library

_ENCODERS = ("all-MiniLM-L6-v2", "MedCPT")
_DENSE = {
    "auto": "by size",
    "exact": "exact",
    "ivf": "IVF",
    "hnsw": "HNSW",
    "pq": "product quantisation",
}
_MOST_ROWS = 100


def page(library: Library) -> None:
    """Draw the page."""
    st.html("<h1>Literature</h1>")
    working = jobs.panel(library)
    may = sign_in.may_change(library)
    status = None
    try:
        status = data_status(library.home)
    except NotReady as error:
        st.html(markup.note_html(error.message, "Add literature below, or start with the demo."))
    except MedciteError as error:
        st.html(markup.error_html(error))
        return
    if status:
        _state(library, status, may=may, working=working)
    if may:
        st.html("<h2>Add literature</h2>")
        add_literature.forms(library, disabled=working)
    if status and len(status.versions):
        _versions(library, status, may=may, working=working)
    _history(library)
    if status:
        _imports(library, status, may=may, working=working)


def _state(library: Library, status: DataStatus, *, may: bool, working: bool) -> None:
    """Draw the state of corpus and index, and the buttons that update the index."""
    if status.problem and not working:
        advice = (
            "The corpus has articles; index them." if status.articles else "Add literature first."
        )
        st.html(markup.note_html(status.problem.message, advice))
    elif status.moved_on and status.changes:
        change = status.changes
        st.html(
            markup.note_html(
                "The corpus has changed since this index was built.",
                f"Not in the index yet: {change.added:,} new, {change.revised:,} revised,"
                f" {change.deleted:,} deleted. Only new text is encoded.",
            )
        )
    st.html(markup.facts_html(facts(status)))
    if status.manifest:
        with st.expander("Encoder and index"):
            st.html(markup.facts_html(details(status.manifest)))
    if not may:
        return
    with st.container(horizontal=True, key="index-actions", gap="small"):
        fresh = status.manifest is not None and not status.moved_on
        label = "Update the index" if status.manifest else "Build the index"
        if st.button(
            "Up to date" if fresh else label,
            type="secondary" if fresh else "primary",
            icon=":material/check:" if fresh else ":material/sync:",
            disabled=working or fresh or not status.articles,
        ):
            _start(library, operations.build(library.home, title=label))
        _rebuild(library, working=working)
        if status.manifest and st.button(
            "Verify",
            icon=":material/fact_check:",
            disabled=working,
            help="Compares checksums and counts, and re-encodes a sample of 200 passages.",
        ):
            _start(library, operations.verify())


def _rebuild(library: Library, *, working: bool) -> None:
    """Draw the form for a build with another encoder or dense type, or from scratch."""
    with st.popover("Rebuild…", icon=":material/construction:", disabled=working):
        current = operations.encoder_in_use(library.home) or _ENCODERS[0]
        encoder = st.selectbox(
            "Encoder",
            list(dict.fromkeys((current, *_ENCODERS))),
            accept_new_options=True,
            help="A name, a folder or a hub name of a sentence-transformers model. Changing the"
            " encoder re-encodes everything.",
        )
        built = list(_DENSE).index(operations.dense_in_use(library.home))
        dense = st.selectbox(
            "Dense search", list(_DENSE), index=built, format_func=_DENSE.__getitem__
        )
        whole = st.checkbox("Rebuild even if nothing has changed")
        if st.button("Rebuild", type="primary", disabled=working):
            operation = operations.build(
                library.home, encoder or "", dense, whole=whole, title="Rebuild the index"
            )
            _start(library, operation)


def _versions(library: Library, status: DataStatus, *, may: bool, working: bool) -> None:
    """Draw the table of index versions, and the controls that roll back and prune."""
    current = status.manifest.version if status.manifest else ""
    st.html(
        "<h2>Versions</h2>"
        + markup.table_html(
            ("Version", "Built", "Articles", "Passages", "Encoder", "Dense search", "Size", ""),
            [_version_row(manifest, current) for manifest in status.versions],
            "Kept on disk, newest first"
            + (f"; {status.unreadable} more in another format" if status.unreadable else ""),
        )
    )
    others = [manifest.version for manifest in status.versions if manifest.version != current]
    if not may or not others:
        return
    with st.container(horizontal=True):
        with st.popover("Roll back…", icon=":material/history:", disabled=working):
            chosen = st.selectbox("Use the version", others)
            st.caption(
                "Its files are checked first. Nothing is deleted; you can switch back later."
            )
            if st.button("Use this version", type="primary", disabled=working):
                _start(library, operations.roll_back(chosen))
        with st.popover("Remove old versions…", icon=":material/delete:", disabled=working):
            keep = st.number_input("Versions to keep", 1, len(status.versions), min(2, len(others)))
            st.caption("The version in use is kept. Removal cannot be undone.")
            if st.button("Remove", type="primary", disabled=working):
                _start(library, operations.prune(int(keep)))


def _version_row(manifest: Manifest, current: str) -> tuple[str, ...]:
    return (
        manifest.version,
        ago(manifest.created),
        f"{manifest.articles:,}",
        f"{manifest.passages:,}",
        manifest.encoder.name,
        _dense(manifest),
        size(manifest.bytes),
        "in use" if manifest.version == current else "",
    )


def _history(library: Library) -> None:
    if rows := job_rows(Jobs(library.home).all()):
        head = ("What", "When", "Took", "Outcome", "Details")
        table = markup.table_html(head, rows, "Jobs started here, newest first")
        st.html(f"<h2>Jobs</h2>{table}")


def _imports(library: Library, status: DataStatus, *, may: bool, working: bool) -> None:
    """Draw every import, the controls that undo one, and the records that could not be read."""
    if status.journal:
        head = ("File", "Format", "When", "Added", "Joined", "Replaced", "Unchanged", "Deleted",
                "Not read")  # fmt: skip
        st.html(
            "<h2>Imports</h2>"
            + markup.table_html(
                (*head, "Outcome"),
                [
                    (
                        entry.name,
                        _format(entry.reader),
                        ago(entry.started),
                        f"{entry.counts.added:,}",
                        f"{entry.counts.joined:,}",
                        f"{entry.counts.replaced:,}",
                        f"{entry.counts.unchanged:,}",
                        f"{entry.counts.deleted:,}",
                        f"{entry.counts.unread:,}",
                        entry.error
                        or entry.undone
                        or ("read completely" if entry.sha256 else "done"),
                    )
                    for entry in status.journal[:_MOST_ROWS]
                ],
                _caption("Every import, newest first", len(status.journal)),
            )
        )
        if may:
            _removal(library, status, working=working)
    if status.unread:
        st.html(
            "<h2>Records that could not be read</h2>"
            + markup.table_html(
                ("File", "Record", "Line", "Identifier", "Reason"),
                [
                    (name, str(bad.position), str(bad.line or ""), bad.pmid, bad.reason)
                    for name, bad in status.unread[:_MOST_ROWS]
                ],
                _caption("Retried by the next import of the file", len(status.unread)),
            )
        )


def _removal(library: Library, status: DataStatus, *, working: bool) -> None:
    """Draw the controls that undo an import and remove single articles."""
    undoable = {
        entry.number: f"{entry.name}, {ago(entry.started)}"
        for entry in status.journal
        if entry.sha256
        and not entry.error
        and entry.undone != "undone"
        and not release_of(entry.name)
    }
    with st.container(horizontal=True, key="import-actions", gap="small"):
        with st.popover(
            "Undo an import…", icon=":material/undo:", disabled=working or not undoable
        ):
            number = st.selectbox("Import", list(undoable), format_func=undoable.__getitem__)
            st.caption(
                "Its records are removed; records of the same articles from other imports stay."
            )
            if st.button("Undo", type="primary", disabled=working) and number is not None:
                _start(library, operations.undo_import(number, undoable[number].partition(",")[0]))
        with st.popover("Remove articles…", icon=":material/delete:", disabled=working):
            identifiers = st.text_input("PMIDs, DOIs (doi:…) or PMCIDs")
            st.caption("The files they came from can be imported again.")
            if st.button("Remove articles", type="primary", disabled=working):
                try:
                    operation = operations.remove_articles(identifiers)
                except MedciteError as error:
                    jobs.refuse(error)
                    st.rerun()
                _start(library, operation)


def _format(reader: str) -> str:
    """Return a format's name without its reader's version and selection."""
    return re.sub(r" \d+( .*)?$", "", reader)


def _caption(text: str, count: int) -> str:
    return f"{text}; {_MOST_ROWS} of {count:,}" if count > _MOST_ROWS else text


def facts(status: DataStatus) -> dict[str, str]:
    """Return the facts about corpus and index that the page shows."""
    years = f", {years_spanned(status.years)}" if status.years else ""
    rows = {"In the corpus": counted(status.articles, "article") + years}
    if manifest := status.manifest:
        rows |= {
            "In the index": f"{counted(manifest.articles, 'article')},"
            f" {counted(manifest.passages, 'passage')}",
            "Built": f"{ago(manifest.created)} ({manifest.created[:16].replace('T', ' ')} UTC)",
        }
    return rows


def details(manifest: Manifest) -> dict[str, str]:
    """Return how the index in use was built."""
    encoder = manifest.encoder
    return {
        "Encoder": f"{encoder.name}, {encoder.dimension} dimensions",
        "Dense search": _dense(manifest),
        "Size": f"{size(manifest.bytes)} on disk",
    }


def _dense(manifest: Manifest) -> str:
    kind = manifest.dense_type.factory
    return "exact" if kind == "Flat" else f"approximate ({kind})"


def _start(library: Library, operation: operations.Operation) -> None:
    jobs.start(library, operation)
    st.rerun()
