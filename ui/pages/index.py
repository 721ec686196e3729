"""The Index page: what the index holds, how old it is, where its articles came from."""

from __future__ import annotations

import streamlit as st

from corpora.errors import MedciteError
from ui import markup
from ui.holdings import Holdings, ago, holdings, size
from ui.library import Library
from ui.pages import controls
from ui.render import counted, years_spanned


def page(library: Library) -> None:
    """Draw the page."""
    try:
        held = holdings(library.home)
    except MedciteError as error:
        controls.problem(error)
        return
    if held.problem:
        controls.problem(held.problem)
    elif held.moved_on:
        st.html(
            markup.note_html(
                "The corpus has changed since this index was built.",
                "New articles are found after <code>medcite index build</code>, which encodes"
                " only new text.",
            )
        )
    st.html(markup.facts_html(facts(held)))
    st.html("<h2>Imports</h2>")
    st.html(
        markup.table_html(
            ("File", "When", "Added", "Replaced", "Unchanged", "Deleted", "Not read", "Outcome"),
            [
                (
                    entry.name,
                    ago(entry.started),
                    f"{entry.counts.added:,}",
                    f"{entry.counts.replaced:,}",
                    f"{entry.counts.unchanged:,}",
                    f"{entry.counts.deleted:,}",
                    f"{entry.counts.unread:,}",
                    entry.error or "read to its end",
                )
                for entry in held.journal
            ],
            "Every import, the newest first",
        )
    )
    if held.unread:
        st.html("<h2>Records that could not be read</h2>")
        st.html(
            markup.table_html(
                ("File", "Record", "PMID", "Reason"),
                [(name, str(bad.position), bad.pmid, bad.reason) for name, bad in held.unread],
                "Tried again by the next import of the file",
            )
        )


def facts(held: Holdings) -> dict[str, str]:
    """What the page says about corpus and index."""
    years = f", {years_spanned(held.years)}" if held.years else ""
    told = {"In the corpus": counted(held.articles, "article") + years}
    if manifest := held.manifest:
        encoder, kind = manifest.encoder, manifest.dense_type.factory
        told |= {
            "In the index": f"{counted(manifest.articles, 'article')},"
            f" {counted(manifest.passages, 'passage')}",
            "Built": f"{ago(manifest.created)} ({manifest.created[:16].replace('T', ' ')} UTC)",
            "Encoder": f"{encoder.name}, {encoder.dimension} dimensions",
            "Size": f"{size(manifest.bytes)} on disk",
            "Dense search": "exact" if kind == "Flat" else f"approximate ({kind})",
            "Version": f"{manifest.version} ({held.versions} kept)",
        }
    return told
