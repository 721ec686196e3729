"""Cells for spreadsheets, safe from formula injection."""

from __future__ import annotations

from corpora.readers.fields import one_line

_BEGIN_FORMULAS = ("=", "+", "-", "@")


def plain_cell(text: str) -> str:
    """Return text as a one-line cell that no spreadsheet evaluates as a formula."""
    text = one_line(text)
    return f"'{text}" if text.startswith(_BEGIN_FORMULAS) else text


def cell_text(cell: str) -> str:
    """Invert `plain_cell`."""
    return cell[1:] if cell.startswith(tuple(f"'{sign}" for sign in _BEGIN_FORMULAS)) else cell
