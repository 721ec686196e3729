"""Full-text tables as sentences, one per row, with the table's caption and each column's header.

A bare row ("12 (5%) 20 (8%)") is meaningless, and a passage may contain any rows of a table; so
each sentence names its table and what each figure is.
"""

from __future__ import annotations

from corpora.article import Section
from corpora.readers.formulas import local_name
from corpora.readers.xml_text import Element, child_text, element_text

_MOST_ROWS = 300
_MOST_SPAN = 60
_LONGEST_CAPTION = 200
_NO_TEXT = frozenset({"fn", "xref", "graphic", "inline-graphic", "object-id"})


def table_sections(element: Element) -> list[Section]:
    """The tables in a part of a full text, each as a section."""
    sections = []
    for wrap in element.iter("table-wrap"):
        label = child_text(wrap, "label").rstrip(" .:") or "Table"
        caption = element_text(wrap.find("caption"), _NO_TEXT).strip()
        rows = [
            row for table in wrap.iter() if local_name(table) == "table" for row in _rows(table)
        ]
        sentences = [_sentence(label, caption, row) for row in rows[:_MOST_ROWS]]
        if text := " ".join(filter(None, sentences)):
            sections.append(
                Section(f"{label}: {caption}" if caption else label, text, "RESULTS", True)
            )
    return sections


def _sentence(label: str, caption: str, row: list[tuple[str, str]]) -> str:
    """A row as a sentence: "Table 2 (Outcomes): Death – zelvamab: 12%; placebo: 20%."."""
    (_, head), *cells = row
    cells_text = "; ".join(
        f"{column}: {text}" if column else text for column, text in cells if text
    )
    if not cells_text:
        return ""
    short = caption.split(". ", maxsplit=1)[0].rstrip(" .:")[:_LONGEST_CAPTION]
    name = f"{label} ({short})" if short else label
    # A full stop in a cell would end the sentence.
    inside = f"{head} – {cells_text}" if head else cells_text
    return f"{name}: {inside}".replace(". ", ", ").rstrip(" .") + "."


def _rows(table: Element) -> list[list[tuple[str, str]]]:
    """Each row of a table's body as (column header, text) pairs in column order."""
    heads: list[list[str]] = []
    rows: list[list[tuple[str, str]]] = []
    hanging: dict[int, tuple[int, str]] = {}
    for row in (element for element in table.iter() if local_name(element) == "tr"):
        parent = row.getparent()
        cells = _cells(row, hanging)
        only_heads = all(local_name(cell) == "th" for cell in row) and not rows
        if (parent is not None and local_name(parent) == "thead") or only_heads:
            heads.append(cells)
        elif cells and len(rows) < _MOST_ROWS:
            rows.append([(_column(heads, place), text) for place, text in enumerate(cells)])
    return rows


def _cells(row: Element, hanging: dict[int, tuple[int, str]]) -> list[str]:
    """The texts of a row; a cell that spans columns or rows is repeated in each."""
    cells: list[str] = []

    def take_hanging() -> None:
        while (place := len(cells)) in hanging:
            left, text = hanging.pop(place)
            cells.append(text)
            if left > 1:
                hanging[place] = (left - 1, text)

    for cell in row:
        if local_name(cell) not in ("td", "th"):
            continue
        take_hanging()
        text = element_text(cell, _NO_TEXT)
        for _ in range(_span(cell, "colspan")):
            if (down := _span(cell, "rowspan")) > 1:
                hanging[len(cells)] = (down - 1, text)
            cells.append(text)
    take_hanging()
    return cells


def _span(cell: Element, name: str) -> int:
    value = cell.get(name, "1")
    return min(max(int(value), 1), _MOST_SPAN) if value.isascii() and value.isdigit() else 1


def _column(heads: list[list[str]], place: int) -> str:
    headers = [head[place] for head in heads if place < len(head) and head[place]]
    return ", ".join(dict.fromkeys(headers))
