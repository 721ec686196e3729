"""Reading lists: kept by owner, with notes, with a way back; a table for spreadsheets."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from corpora.errors import BadInput, Damaged
from corpora.home import Home
from corpora.readers.table import read_table
from tests.fakes.literature import article
from ui.services.reading_list import LONGEST_NOTE, Entry, ReadingList, reading_csv


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def pmids(kept: ReadingList) -> list[str]:
    return [entry.pmid for entry in kept.entries()]


def test_reading_an_empty_list_makes_no_file(home: Home) -> None:
    assert ReadingList(home).entries() == []
    assert not home.reading.exists()


def test_it_outlives_whoever_opened_it_the_last_added_first(home: Home) -> None:
    for pmid in ("1", "2", "1"):
        ReadingList(home).add(pmid)
    assert pmids(ReadingList(home)) == ["2", "1"]


def test_lists_belong_to_their_owners(home: Home) -> None:
    ReadingList(home, "a@example.org").add("1")
    ReadingList(home, "b@example.org").add("2")
    assert pmids(ReadingList(home, "a@example.org")) == ["1"]
    assert ReadingList(home, "b@example.org").remove("1") is None
    assert pmids(ReadingList(home, "a@example.org")) == ["1"]


def test_what_is_removed_comes_back_with_its_note_to_its_place(home: Home) -> None:
    kept = ReadingList(home)
    for pmid in ("1", "2", "3"):
        kept.add(pmid)
    kept.annotate("2", " read again ")
    gone = kept.remove("2")
    assert gone is not None
    assert pmids(kept) == ["3", "1"]
    kept.restore(gone)
    assert pmids(kept) == ["3", "2", "1"]
    assert kept.entries()[1].note == "read again"


def test_a_note_has_an_end(home: Home) -> None:
    with pytest.raises(BadInput):
        ReadingList(home).annotate("1", "x" * (LONGEST_NOTE + 1))


def test_a_file_that_is_none_is_told_so(home: Home) -> None:
    home.create()
    home.reading.write_bytes(b"no database" * 100)
    with pytest.raises(Damaged):
        ReadingList(home).entries()


def test_the_table_is_read_back_and_no_cell_is_a_formula(home: Home) -> None:
    kept = ReadingList(home)
    kept.add("1")
    kept.add("gone")
    kept.annotate("1", '=HYPERLINK("x")\nsecond line')
    known = {"1": article("1", "+1 for all, “quoted”; ä", authors=(), journal="J, One")}
    text = reading_csv(kept.entries(), known)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["pmid"] for row in rows] == ["gone", "1"]
    assert rows[1]["note"] == '\'=HYPERLINK("x") second line'
    assert rows[1]["title"].startswith("'+1 for all")
    read = list(read_table(io.BytesIO(text.encode())))
    assert [record.pmid for record in read] == ["gone", "1"]
    assert read[1].journal == "J, One"


def test_entries_of_an_age_are_pruned_with_their_notes(tmp_path: Path) -> None:
    mine, others = ReadingList(Home(tmp_path), "me"), ReadingList(Home(tmp_path), "another")
    assert mine.prune(timedelta(days=90)) == 0
    for each in (mine, others):
        each.restore(Entry("1", "2020-01-01T00:00:00+00:00", "old"))
    mine.add("2")
    assert mine.prune(timedelta(days=90)) == 1
    assert [entry.pmid for entry in mine.entries()] == ["2"]
    assert [entry.note for entry in others.entries()] == ["old"]
