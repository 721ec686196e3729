"""The evidence table of an answer: sortable, filterable, editable; cells link to their words."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from agent.answer import Answer
from agent.table.columns import CAUTION
from agent.table.table import EvidenceTable
from corpora.errors import MedciteError
from corpora.home import Home
from ui.pages.session import current_user
from ui.render import markup
from ui.render.inline import inline_markdown
from ui.render.units import counted
from ui.services.settings import NO_MODEL, model_in_use
from ui.services.table_edits import LONGEST_EDIT, TableEdits
from ui.services.table_export import BY_HAND, TABLE_FORMATS, shown
from ui.services.workspace import Workspace

_STUDY, _YEAR = "Study", "Year"


def draw(workspace: Workspace, answer: Answer) -> None:
    """Draw the evidence table of an answer's studies."""
    owner, run = current_user(), answer.id
    custom: tuple[str, ...] = st.session_state.get(f"table-own-{run}", ())
    model = _model(workspace.home, run)
    try:
        with st.spinner("Reading the abstracts…", show_time=True):
            table = workspace.tables.of(answer, custom, owner, model)
    except MedciteError as error:
        st.html(markup.error_html(error))
        return
    query, editing, hidden = _controls(run, table, filled=bool(model))
    visible = _matching(table.only([c.name for c in table.columns if c.name not in hidden]), query)
    by_model = visible.cells_by_model
    st.caption(
        f"{counted(len(visible.rows), 'study', 'studies')} of {len(table.rows)}. Every cell is the"
        f" article's own words, or empty where none were found; {BY_HAND} marks manual edits."
        f" {CAUTION}"
        + (f" {counted(by_model, 'cell')} chosen by {inline_markdown(model)}." if by_model else "")
    )
    if editing:
        _editor(workspace, visible, run, owner)
    else:
        _viewer(visible, run)
    _downloads(visible, run)


def _model(home: Home, run: str) -> str:
    """Return the language model that fills empty cells, "" if none is in use or enabled."""
    model, _ = model_in_use(home)
    if model == NO_MODEL:
        return ""
    enabled = st.toggle(
        f"Let {inline_markdown(model)} fill empty cells",
        key=f"table-fill-{run}",
        help="With the article's own words: a quotation not found in the article is dropped",
    )
    return model if enabled else ""


def _controls(run: str, table: EvidenceTable, *, filled: bool) -> tuple[str, bool, list[str]]:
    """Draw the controls; return the filter text, whether to edit, and the columns to hide."""
    titles = {column.name: column.title for column in table.columns}
    empty = [
        column.name
        for column in table.columns
        if not column.own and not any(row.cells[column.name].text for row in table.rows)
    ]
    with st.container(horizontal=True, vertical_alignment="bottom", key="table-controls"):
        query = st.text_input("Filter", key=f"table-filter-{run}", placeholder="Words in a row")
        hidden = st.multiselect(
            "Hide",
            list(titles),
            default=empty,
            # A model may fill columns that are empty without it, so each state has its own key.
            key=f"table-hide-{run}{'-filled' if filled else ''}",
            format_func=lambda name: titles[name],
        )
        editing = st.toggle("Edit by hand", key=f"table-edit-{run}")
    with (
        st.form(f"table-own-form-{run}", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        question = st.text_input(
            "A column of your own", placeholder="A question, such as: adverse events?"
        )
        if st.form_submit_button("Add the column", icon=":material/add:") and question.strip():
            key = f"table-own-{run}"
            st.session_state[key] = (*st.session_state.get(key, ()), " ".join(question.split()))
            st.rerun()
    return query, editing, hidden


def _matching(table: EvidenceTable, query: str) -> EvidenceTable:
    """Return the table with only the rows that contain every word."""
    words = query.casefold().split()
    rows = []
    for row in table.rows:
        cells = " ".join(shown(row.cells[column.name]) for column in table.columns)
        text = f"{row.article.title} {cells}".casefold()
        if all(word in text for word in words):
            rows.append(row)
    return EvidenceTable(table.question, table.columns, tuple(rows))


def _records(table: EvidenceTable) -> list[dict[str, Any]]:
    return [
        {
            _STUDY: ("RETRACTED: " if row.article.retracted else "") + row.article.title,
            _YEAR: row.article.year or None,
            **{column.name: shown(row.cells[column.name]) for column in table.columns},
        }
        for row in table.rows
    ]


def _config(table: EvidenceTable) -> dict[str, Any]:
    titles = {
        c.name: st.column_config.TextColumn(c.title, max_chars=LONGEST_EDIT) for c in table.columns
    }
    return {
        _STUDY: st.column_config.TextColumn(_STUDY, width="medium", pinned=True),
        _YEAR: st.column_config.NumberColumn(_YEAR, format="%d"),
        **titles,
    }


def _viewer(table: EvidenceTable, run: str) -> None:
    """Draw the table; clicking a cell opens the article with the cell's words marked."""
    state = st.dataframe(
        _records(table),
        hide_index=True,
        column_config=_config(table),
        key=f"table-{run}",
        on_select="rerun",
        selection_mode="single-cell",
    )
    chosen = state["selection"]["cells"]
    if not chosen or not table.rows:
        st.caption("Click a cell to see its words in the abstract.")
        return
    number, name = chosen[0]
    row = table.rows[min(int(number), len(table.rows) - 1)]
    cell = row.cells.get(name)
    spans = [(span.start, span.end) for span in cell.spans] if cell else []
    with st.container(key="table-article", border=True, gap=None):
        st.html(markup.title_html(row.article, spans))
        if cell and not cell.spans:
            st.caption("No words of the abstract were found for this cell.")
        st.html(markup.article_html(row.article, spans))


def _editor(workspace: Workspace, table: EvidenceTable, run: str, owner: str) -> None:
    """Draw the editable table; edits are saved immediately."""
    edits = TableEdits(workspace.home, owner)
    version = st.session_state.get(f"table-version-{run}", 0)
    key = f"table-editor-{run}-{version}"

    def save() -> None:
        changed: dict[int, dict[str, Any]] = st.session_state[key]["edited_rows"]
        for number, values in changed.items():
            row = table.rows[number]
            for name, value in values.items():
                text = str(value or "").removesuffix(BY_HAND).strip()
                # Restored to the article's words, or emptied after an edit: drop the edit.
                cell = row.cells[name]
                if text == "; ".join(s.text for s in cell.spans) or (cell.edit and not text):
                    edits.withdraw(row.article.pmid, name)
                else:
                    edits.write(row.article.pmid, name, text)
        st.session_state[f"table-version-{run}"] = version + 1

    st.data_editor(
        _records(table),
        hide_index=True,
        column_config=_config(table),
        disabled=[_STUDY, _YEAR],
        key=key,
        on_change=save,
    )
    st.caption("Clear an edited cell to restore the article's words.")


def _downloads(table: EvidenceTable, run: str) -> None:
    with st.container(horizontal=True, gap="xsmall", key="table-downloads"):
        for form in TABLE_FORMATS:
            st.download_button(
                form.label,
                partial(form.write, table),
                f"medcite-table-{run}{form.ending}",
                form.mime,
                on_click="ignore",
                key=f"table-take-{form.name}-{run}",
            )
