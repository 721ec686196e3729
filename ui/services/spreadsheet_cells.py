"""Texts of papers and users as cells of tables that spreadsheets open."""

from __future__ import annotations

from corpora.readers.fields import one_line

_BEGIN_FORMULAS = ("=", "+", "-", "@")


def plain_cell(text: str) -> str:
    """A cell on one line that no spreadsheet takes for a formula."""
    text = one_line(text)
    return f"'{text}" if text.startswith(_BEGIN_FORMULAS) else text


def cell_text(cell: str) -> str:
    """The text that `plain_cell` made a cell of."""
    return cell[1:] if cell.startswith(tuple(f"'{sign}" for sign in _BEGIN_FORMULAS)) else cell
