"""Export evidence tables as CSV, XLSX, Markdown, LaTeX or JSON, with manual edits marked."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass

import orjson

from agent.table.columns import CAUTION
from agent.table.table import Cell, EvidenceTable, TableRow
from corpora.errors import BadInput
from corpora.readers.fields import one_line
from ui.render.latex import latex
from ui.render.units import counted
from ui.services.spreadsheet_cells import plain_cell

# Marks a manually edited cell.
BY_HAND = "[by hand]"
_STUDY = ("PMID", "Study", "Year")
_PLACES = ("PMID", "Column", "Section", "Start", "End", "Words", "Chosen by")
_WIDTH = {"PMID": 11, "Study": 40, "Year": 6}


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A file format: its name, its label for users, its file suffix and MIME type, its writer."""

    name: str
    label: str
    ending: str
    mime: str
    write: Callable[[EvidenceTable], bytes]


def table_format(name: str) -> TableFormat:
    """Return the table format of a name.

    Raises:
        BadInput: there is no such format.
    """
    for form in TABLE_FORMATS:
        if form.name == name.casefold().lstrip("."):
            return form
    names = ", ".join(form.name for form in TABLE_FORMATS)
    raise BadInput(f"A table cannot be written as “{name}”.", f"Choose from: {names}.")


def shown(cell: Cell) -> str:
    """Return a cell's text, marked if it was edited manually."""
    return f"{cell.text} {BY_HAND}".lstrip() if cell.edit else cell.text


def _study(row: TableRow) -> tuple[str, str, str]:
    article = row.article
    title = f"RETRACTED: {article.title}" if article.retracted else article.title
    return article.pmid, title, str(article.year or "")


def _header(table: EvidenceTable) -> list[str]:
    return [*_STUDY, *(column.title for column in table.columns)]


def _lines(table: EvidenceTable) -> list[list[str]]:
    return [
        [*_study(row), *(shown(row.cells[column.name]) for column in table.columns)]
        for row in table.rows
    ]


def _csv(table: EvidenceTable) -> bytes:
    """Write CSV safe from formula injection, in UTF-8 with a byte-order mark for Excel."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([plain_cell(title) for title in _header(table)])
    writer.writerows([plain_cell(text) for text in line] for line in _lines(table))
    return out.getvalue().encode("utf-8-sig")


def _xlsx(table: EvidenceTable) -> bytes:
    """Write a workbook: the table with filters, and a sheet that locates each span."""
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False,
                                   "strings_to_urls": False}) as book:  # fmt: skip
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        by_hand = book.add_format({"text_wrap": True, "valign": "top", "bg_color": "#FFF2CC"})
        sheet = book.add_worksheet("Evidence table")
        for place, title in enumerate(_header(table)):
            sheet.write_string(0, place, title, head)
            sheet.set_column(place, place, _WIDTH.get(title, 28))
        for number, row in enumerate(table.rows, start=1):
            for place, text in enumerate(_study(row)):
                sheet.write_string(number, place, text, plain)
            for place, column in enumerate(table.columns, start=len(_STUDY)):
                cell = row.cells[column.name]
                sheet.write_string(number, place, shown(cell), by_hand if cell.edit else plain)
        sheet.autofilter(0, 0, max(1, len(table.rows)), len(_STUDY) + len(table.columns) - 1)
        sheet.freeze_panes(1, 2)
        places = book.add_worksheet("Where it stands")
        for place, title in enumerate(_PLACES):
            places.write_string(0, place, title, head)
        number = 0
        for row in table.rows:
            for column in table.columns:
                for span in row.cells[column.name].spans:
                    number += 1
                    places.write_string(number, 0, row.article.pmid)
                    places.write_string(number, 1, column.title)
                    places.write_string(number, 2, span.section)
                    places.write_number(number, 3, span.start)
                    places.write_number(number, 4, span.end)
                    places.write_string(number, 5, span.text)
                    places.write_string(number, 6, row.cells[column.name].model or "rule or reader")
    return out.getvalue()


def _markdown(table: EvidenceTable) -> bytes:
    """Write a table in GitHub-flavoured Markdown."""
    lines = [_header(table), ["---"] * len(_header(table)), *_lines(table)]
    text = "".join("| " + " | ".join(map(_markdown_cell, line)) + " |\n" for line in lines)
    return (text + _note(table)).encode()


def _markdown_cell(text: str) -> str:
    escaped = one_line(text)
    for sign in "\\|<>*_`[]":
        escaped = escaped.replace(sign, f"\\{sign}")
    return escaped


def _latex(table: EvidenceTable) -> bytes:
    """Write a longtable; needs the packages longtable and array."""
    width = f"{0.92 / len(_header(table)):.3f}"
    columns = rf">{{\raggedright\arraybackslash}}p{{{width}\linewidth}}" * len(_header(table))
    body = "".join(
        " & ".join(latex(one_line(text)) for text in line) + " \\\\\n" for line in _lines(table)
    )
    head = " & ".join(latex(title) for title in _header(table))
    text = (
        "% Needs \\usepackage{longtable,array}\n"
        f"\\begin{{longtable}}{{{columns}}}\n\\hline\n{head} \\\\\n\\hline\n\\endhead\n"
        f"{body}\\hline\n\\end{{longtable}}\n"
    )
    return (text + (latex(_note(table)).strip() + "\n")).encode()


def _note(table: EvidenceTable) -> str:
    cells = [row.cells[c.name] for row in table.rows for c in table.columns]
    notes = []
    if any(cell.edit for cell in cells):
        notes.append(f"{BY_HAND} written by hand; all other cells are the articles' own words.")
    if count := table.cells_by_model:
        names = ", ".join(sorted({cell.model for cell in cells if cell.model}))
        notes.append(f"{counted(count, 'cell')} chosen by {names}, in the articles' own words.")
    return f"\n{' '.join([*notes, CAUTION])}\n"


def _json(table: EvidenceTable) -> bytes:
    return orjson.dumps(table.to_dict(), option=orjson.OPT_INDENT_2) + b"\n"


CSV = TableFormat("csv", "CSV", ".csv", "text/csv", _csv)
XLSX = TableFormat(
    "xlsx", "Excel", ".xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx,
)  # fmt: skip
MARKDOWN = TableFormat("markdown", "Markdown", ".md", "text/markdown", _markdown)
LATEX = TableFormat("latex", "LaTeX", ".tex", "application/x-tex", _latex)
JSON = TableFormat("json", "JSON", ".json", "application/json", _json)
TABLE_FORMATS = (CSV, XLSX, MARKDOWN, LATEX, JSON)
