"""The Literature page: what the index holds, how it is brought up to date, where it came from."""

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
    held = None
    try:
        held = data_status(library.home)
    except NotReady as error:
        st.html(markup.note_html(error.message, "Add literature below, or start with the demo."))
    except MedciteError as error:
        st.html(markup.error_html(error))
        return
    if held:
        _what_is_there(library, held, may=may, working=working)
    if may:
        st.html("<h2>Add literature</h2>")
        add_literature.forms(library, disabled=working)
    if held and len(held.versions):
        _versions(library, held, may=may, working=working)
    _history(library)
    if held:
        _imports(library, held, may=may, working=working)


def _what_is_there(library: Library, held: DataStatus, *, may: bool, working: bool) -> None:
    """Facts, and the buttons that bring the index up to date."""
    if held.problem and not working:
        what = "The articles are here; index them." if held.articles else "Add literature first."
        st.html(markup.note_html(held.problem.message, what))
    elif held.moved_on and held.changes:
        change = held.changes
        st.html(
            markup.note_html(
                "The corpus has changed since this index was built.",
                f"Not in the index yet: {change.added:,} new, {change.revised:,} revised,"
                f" {change.deleted:,} deleted. Only new text is encoded.",
            )
        )
    st.html(markup.facts_html(facts(held)))
    if held.manifest:
        with st.expander("Encoder and index"):
            st.html(markup.facts_html(details(held.manifest)))
    if not may:
        return
    with st.container(horizontal=True, key="index-actions", gap="small"):
        fresh = held.manifest is not None and not held.moved_on
        label = "Update the index" if held.manifest else "Build the index"
        if st.button(
            "Up to date" if fresh else label,
            type="secondary" if fresh else "primary",
            icon=":material/check:" if fresh else ":material/sync:",
            disabled=working or fresh or not held.articles,
        ):
            _start(library, operations.build(library.home, title=label))
        _rebuild(library, working=working)
        if held.manifest and st.button(
            "Verify",
            icon=":material/fact_check:",
            disabled=working,
            help="Compares checksums and counts, and encodes a sample of 200 passages again.",
        ):
            _start(library, operations.verify())


def _rebuild(library: Library, *, working: bool) -> None:
    """A build with another encoder or dense type, or from the ground up."""
    with st.popover("Rebuild…", icon=":material/construction:", disabled=working):
        named = operations.encoder_in_use(library.home) or _ENCODERS[0]
        known = list(dict.fromkeys((named, *_ENCODERS)))
        encoder = st.selectbox(
            "Encoder",
            known,
            accept_new_options=True,
            help="A name, a folder or a hub name of a sentence-transformers model. Another encoder"
            " encodes everything again.",
        )
        dense = st.selectbox("Dense search", list(_DENSE), format_func=_DENSE.__getitem__)
        whole = st.checkbox("Also where nothing has changed")
        if st.button("Rebuild", type="primary", disabled=working):
            made = operations.build(
                library.home, encoder or "", dense, whole=whole, title="Rebuild the index"
            )
            _start(library, made)


def _versions(library: Library, held: DataStatus, *, may: bool, working: bool) -> None:
    """Each version's figures, and the way back."""
    now = held.manifest.version if held.manifest else ""
    st.html(
        "<h2>Versions</h2>"
        + markup.table_html(
            ("Version", "Built", "Articles", "Passages", "Encoder", "Dense search", "Size", ""),
            [_version_row(each, now) for each in held.versions],
            "Kept on disk, the newest first"
            + (f"; {held.unreadable} more of another format" if held.unreadable else ""),
        )
    )
    others = [each.version for each in held.versions if each.version != now]
    if not may or not others:
        return
    with st.container(horizontal=True):
        with st.popover("Roll back…", icon=":material/history:", disabled=working):
            chosen = st.selectbox("Use the version", others)
            st.caption("Its files are checked first. Nothing is deleted; you can go forward again.")
            if st.button("Use this version", type="primary", disabled=working):
                _start(library, operations.roll_back(chosen))
        with st.popover("Remove old ones…", icon=":material/delete:", disabled=working):
            keep = st.number_input("Versions to keep", 1, len(held.versions), min(2, len(others)))
            st.caption("The version in use stays. What is removed cannot be brought back.")
            if st.button("Remove", type="primary", disabled=working):
                _start(library, operations.prune(int(keep)))


def _version_row(manifest: Manifest, now: str) -> tuple[str, ...]:
    return (
        manifest.version,
        ago(manifest.created),
        f"{manifest.articles:,}",
        f"{manifest.passages:,}",
        manifest.encoder.name,
        _dense(manifest),
        size(manifest.bytes),
        "in use" if manifest.version == now else "",
    )


def _history(library: Library) -> None:
    if rows := job_rows(Jobs(library.home).all()):
        head = ("What", "When", "Took", "Outcome", "Details")
        table = markup.table_html(head, rows, "What was started here, the newest first")
        st.html(f"<h2>Work done</h2>{table}")


def _imports(library: Library, held: DataStatus, *, may: bool, working: bool) -> None:
    """Every import, how to undo one, and the records that could not be read."""
    if held.journal:
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
                        or ("read to its end" if entry.sha256 else "done"),
                    )
                    for entry in held.journal[:_MOST_ROWS]
                ],
                _caption("Every import, the newest first", len(held.journal)),
            )
        )
        if may:
            _taking_out(library, held, working=working)
    if held.unread:
        st.html(
            "<h2>Records that could not be read</h2>"
            + markup.table_html(
                ("File", "Record", "Line", "Identifier", "Reason"),
                [
                    (name, str(bad.position), str(bad.line or ""), bad.pmid, bad.reason)
                    for name, bad in held.unread[:_MOST_ROWS]
                ],
                _caption("Tried again by the next import of the file", len(held.unread)),
            )
        )


def _taking_out(library: Library, held: DataStatus, *, working: bool) -> None:
    """What undoes an import, and what removes single articles."""
    undoable = {
        entry.number: f"{entry.name}, {ago(entry.started)}"
        for entry in held.journal
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
            st.caption("Its records go; what other imports say of the same articles stays.")
            if st.button("Undo it", type="primary", disabled=working) and number is not None:
                _start(library, operations.undo_import(number, undoable[number].partition(",")[0]))
        with st.popover("Remove articles…", icon=":material/delete:", disabled=working):
            named = st.text_input("PMIDs, DOIs (doi:…) or PMCIDs")
            st.caption("The files that brought them may be imported again.")
            if st.button("Remove them", type="primary", disabled=working):
                try:
                    made = operations.remove_articles(named)
                except MedciteError as error:
                    jobs.refuse(error)
                    st.rerun()
                _start(library, made)


def _format(reader: str) -> str:
    """The name of a format, without its reader's version and what was selected."""
    return re.sub(r" \d+( .*)?$", "", reader)


def _caption(text: str, count: int) -> str:
    return f"{text}; {_MOST_ROWS} of {count:,}" if count > _MOST_ROWS else text


def facts(held: DataStatus) -> dict[str, str]:
    """What the page says about corpus and index."""
    years = f", {years_spanned(held.years)}" if held.years else ""
    told = {"In the corpus": counted(held.articles, "article") + years}
    if manifest := held.manifest:
        told |= {
            "In the index": f"{counted(manifest.articles, 'article')},"
            f" {counted(manifest.passages, 'passage')}",
            "Built": f"{ago(manifest.created)} ({manifest.created[:16].replace('T', ' ')} UTC)",
        }
    return told


def details(manifest: Manifest) -> dict[str, str]:
    """How the index in use was built."""
    encoder = manifest.encoder
    return {
        "Encoder": f"{encoder.name}, {encoder.dimension} dimensions",
        "Dense search": _dense(manifest),
        "Size": f"{size(manifest.bytes)} on disk",
    }


def _dense(manifest: Manifest) -> str:
    kind = manifest.dense_type.factory
    return "exact" if kind == "Flat" else f"approximate ({kind})"


def _start(library: Library, made: operations.Operation) -> None:
    jobs.start(library, made)
    st.rerun()
