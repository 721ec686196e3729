"""Reading lists as files: written, and read back by whoever they were shared with."""

import csv
import io
from pathlib import Path

import pytest

from corpora.errors import BadInput, MedciteError
from corpora.home import Home
from corpora.readers.ris import read_ris
from corpora.readers.table import read_table
from tests.fakes.literature import article, put
from ui.services.list_export import (
    LIST_FORMATS,
    list_format,
    listed,
    located,
    read_list,
)
from ui.services.reading_list import ListEntry, ReadingList

NOTED = ListEntry("1", "2021-03-04T05:06:07.000008+00:00", '=HYPERLINK("x")\nsecond', ("=c", "a b"))
ENTRIES = [NOTED, ListEntry("gone", "2020-01-01T00:00:00.000000+00:00")]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    first = article("1", "+1 for all, “quoted”; ä", authors=(), journal="J, One", doi="10.1000/A1")
    put(home, [first, article("2", "Two")])
    return home


def written(home: Home, form: str, path: Path) -> Path:
    path.write_bytes(list_format(form).write(listed(home, "Statins", ENTRIES)).encode())
    return path


def test_json_brings_back_all_of_a_list(home: Home, tmp_path: Path) -> None:
    shared = read_list(written(home, "json", tmp_path / "x.json"))
    assert shared.name == "Statins"
    assert located(home, shared) == (ENTRIES, 1)


def test_csv_brings_back_notes_and_tags_and_no_cell_is_a_formula(
    home: Home, tmp_path: Path
) -> None:
    path = written(home, "csv", tmp_path / "x.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
    assert [row["pmid"] for row in rows] == ["1", "gone"]
    assert rows[0]["note"] == '\'=HYPERLINK("x") second'
    assert rows[0]["title"].startswith("'+1 for all")
    entries, _ = located(home, read_list(path))
    assert entries[0].note == '=HYPERLINK("x") second'
    assert entries[0].tags == NOTED.tags
    assert entries[0].added.startswith("2021-03-04T00:00:00")
    read = list(read_table(io.BytesIO(path.read_bytes())))
    assert [record.pmid for record in read] == ["1", "gone"]
    assert read[0].journal == "J, One"


def test_ris_carries_notes_and_tags(home: Home, tmp_path: Path) -> None:
    path = written(home, "ris", tmp_path / "x.ris")
    first = next(iter(read_ris(io.BytesIO(path.read_bytes()))))
    assert first.keywords == NOTED.tags
    assert 'N1  - =HYPERLINK("x") second\r\n' in path.read_bytes().decode()


@pytest.mark.parametrize("form", [each.name for each in LIST_FORMATS])
def test_every_format_holds_the_article_and_all_but_one_are_read_back(
    home: Home, tmp_path: Path, form: str
) -> None:
    path = written(home, form, tmp_path / f"x{list_format(form).suffix}")
    if form == "vancouver":
        assert path.read_text("utf-8").startswith("1. +1 for all")
        return
    entries, _ = located(home, read_list(path))
    assert entries[0].pmid == "1"


def test_an_article_is_known_by_any_of_its_identifiers(home: Home, tmp_path: Path) -> None:
    (path := tmp_path / "x.txt").write_text("doi:10.1000/a1\n2\n10.1000/elsewhere\n")
    entries, missing = located(home, read_list(path))
    assert [entry.pmid for entry in entries] == ["1", "2", "doi:10.1000/elsewhere"]
    assert missing == 1


def test_a_list_is_read_where_there_is_no_literature(home: Home, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    shared = read_list(written(home, "json", tmp_path / "x.json"))
    entries, missing = located(other, shared)
    assert missing == 2
    ReadingList(other, "", shared.name).merge(entries)
    assert ReadingList(other, "", "Statins").entries() == ENTRIES


@pytest.mark.parametrize(
    "text",
    [
        '{"format": "medcite-reading-list", "version": 2, "entries": []}',
        '{"format": "medcite-reading-list", "entries": [{"pmid": 7}]}',
        '{"format": "medcite-reading-list", "entries": [',
        "",
        "prose that lists nothing",
    ],
)
def test_what_is_no_list_is_refused_with_advice(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "x.json").write_text(text)
    with pytest.raises(MedciteError) as refused:
        read_list(path)
    assert refused.value.next_step


def test_an_entry_without_an_article_is_refused(home: Home, tmp_path: Path) -> None:
    (path := tmp_path / "x.json").write_text(
        '{"format": "medcite-reading-list", "entries": [{"pmid": "1"}, {"note": "which?"}]}'
    )
    with pytest.raises(BadInput, match="Entry 2"):
        located(home, read_list(path))
