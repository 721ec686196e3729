"""Examinations that language models sat on this computer, where there are any."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.services.library import Library


def runs(library: Library) -> list[Path]:
    """The reports of finished runs in the data directory."""
    return sorted(library.home.examinations.glob("*/report.json"))


def page(library: Library) -> None:
    """Draw the page."""
    from evaluation.qa.leaderboard import gather, svg, tables

    found = gather(library.home.examinations)
    st.html("<h1>Question sets</h1>")
    st.image(svg(found), width="stretch")
    st.html(f'<div class="benchmarks">{tables(found)}</div>')
    st.html(
        '<p class="muted">Made by <code>medcite evaluate qa</code>; a model under its own name'
        " says nothing about another.</p>"
    )
