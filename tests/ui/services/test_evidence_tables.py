"""Exports of evidence tables, and what is written into them by hand."""

import csv
import io
import zipfile
from pathlib import Path

import orjson
import pytest

from agent.table.table import EvidenceTable, as_evidence, evidence_table
from corpora.errors import BadInput
from corpora.home import Home
from tests.fakes.literature import article
from ui.services.evidence_tables import edited
from ui.services.table_edits import LONGEST_EDIT, TableEdits
from ui.services.table_export import BY_HAND, CSV, JSON, LATEX, MARKDOWN, XLSX, table_format

ARTICLES = [
    article("101", "=cmd | navorelimab_x in adults with asthma: a randomised trial", "Bad & good."),
    article("102", "Statins", "We found nothing."),
]


@pytest.fixture
def table(tmp_path: Path) -> EvidenceTable:
    home = Home(tmp_path / "home")
    TableEdits(home).write("101", "n", " 12 & more ")
    TableEdits(home, "other").write("102", "n", "99")
    return edited(home, evidence_table(as_evidence(ARTICLES)))


def test_edits_are_kept_by_owner_and_withdrawn(tmp_path: Path) -> None:
    edits = TableEdits(Home(tmp_path / "home"), "me")
    assert edits.of(["101"]) == {}
    edits.write("101", "n", "12")
    edits.write("101", "n", "13")
    again = TableEdits(Home(tmp_path / "home"), "me")
    assert again.of(["101", "102"])["101"]["n"].text == "13"
    assert TableEdits(Home(tmp_path / "home")).of(["101"]) == {}
    assert again.withdraw("101", "n")
    assert not again.withdraw("101", "n")
    with pytest.raises(BadInput, match="at most"):
        edits.write("101", "n", "x" * (LONGEST_EDIT + 1))


def test_csv_has_no_formula_and_marks_what_is_by_hand(table: EvidenceTable) -> None:
    rows = list(csv.reader(io.StringIO(CSV.write(table).decode("utf-8-sig"))))
    first = dict(zip(rows[0], rows[1], strict=True))
    assert first["Study"].startswith("'=cmd")
    assert first["n"] == f"12 & more {BY_HAND}"
    assert first["Design"] == "randomised trial"
    assert dict(zip(rows[0], rows[2], strict=True))["n"] == ""


def test_a_workbook_holds_the_cells_and_their_places(table: EvidenceTable) -> None:
    with zipfile.ZipFile(io.BytesIO(XLSX.write(table))) as book:
        assert {"xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"} <= set(book.namelist())
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        assert b"randomised trial" in book.read("xl/sharedStrings.xml")


def test_text_formats_keep_their_own_signs_apart(table: EvidenceTable) -> None:
    markdown = MARKDOWN.write(table).decode()
    assert r"=cmd \| navorelimab\_x" in markdown
    assert len({line.count(" | ") for line in markdown.splitlines() if line.startswith("|")}) == 1
    latex = LATEX.write(table).decode()
    assert r"12 \& more" in latex
    assert latex.count("\\\\\n") == 1 + len(table.rows)
    assert orjson.loads(JSON.write(table))["rows"][0]["cells"]["n"]["edit"]["text"] == "12 & more"


def test_an_unknown_format_says_which_there_are() -> None:
    with pytest.raises(BadInput, match="odt") as raised:
        table_format("odt")
    assert "xlsx" in raised.value.next_step
