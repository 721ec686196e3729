"""Results of language models on question sets, if any were run on this computer."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.services.library import Library


def runs(library: Library) -> list[Path]:
    """Return the reports of finished runs in the data directory."""
    return sorted(library.home.examinations.glob("*/report.json"))


def page(library: Library) -> None:
    """Draw the page."""
    from evaluation.qa.leaderboard import gather, svg, tables

    results = gather(library.home.examinations)
    st.html("<h1>Question sets</h1>")
    st.image(svg(results), width="stretch")
    st.html(f'<div class="benchmarks">{tables(results)}</div>')
    st.html(
        '<p class="muted">Produced by <code>medcite evaluate qa</code>. Each result holds for'
        " the model named, and for no other.</p>"
    )
