"""Reading lists: several an owner, with notes and tags, with a way back; older files migrate."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from corpora.errors import BadInput, Damaged
from corpora.home import Home
from ui.services.reading_list import LONGEST_NOTE, LONGEST_TAG, ListEntry, ReadingList
from ui.services.reading_lists import ReadingLists
from ui.services.reading_schema import DEFAULT_NAME

OLD = "2020-01-01T00:00:00.000000+00:00"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def pmids(reading: ReadingList) -> list[str]:
    return [entry.pmid for entry in reading.entries()]


def test_reading_an_empty_list_makes_no_file(home: Home) -> None:
    assert ReadingList(home).entries() == []
    assert ReadingLists(home).summaries() == []
    assert ReadingLists(home).undo() is None
    assert not home.reading.exists()


def test_it_outlives_whoever_opened_it_the_last_added_first(home: Home) -> None:
    assert [ReadingList(home).add(pmid) for pmid in ("1", "2", "1")] == [1, 1, 0]
    assert pmids(ReadingList(home)) == ["2", "1"]


def test_lists_belong_to_their_owners(home: Home) -> None:
    ReadingList(home, "a@example.org").add("1")
    ReadingList(home, "b@example.org").add("2")
    assert pmids(ReadingList(home, "a@example.org")) == ["1"]
    assert ReadingList(home, "b@example.org").remove("1") == 0
    ReadingLists(home, "b@example.org").delete(DEFAULT_NAME)
    assert ReadingLists(home, "a@example.org").undo() is None
    assert pmids(ReadingList(home, "a@example.org")) == ["1"]


def test_an_article_has_a_note_and_tags_on_each_list(home: Home) -> None:
    statins, trials = ReadingList(home, "", "Statins"), ReadingList(home, "", "Trials")
    statins.add(["1", "2"], ["Heart", "to read"], "first")
    trials.add("1")
    assert trials.entries()[0].note == ""
    statins.tag("1", ["heart", " HEART ", "old"])
    assert [(e.pmid, e.tags) for e in statins.entries()] == [
        ("1", ("HEART", "old")),
        ("2", ("Heart", "to read")),
    ]
    assert [e.pmid for e in statins.entries("TO READ")] == ["2"]
    summaries = ReadingLists(home).summaries()
    assert [(s.name, s.entries) for s in summaries] == [("Statins", 2), ("Trials", 1)]
    assert {tag.casefold(): n for tag, n in summaries[0].tags.items()} == {
        "heart": 2,
        "old": 1,
        "to read": 1,
    }


def test_a_list_is_found_by_name_without_case_else_says_which_there_are(home: Home) -> None:
    lists = ReadingLists(home)
    assert lists.get().name == DEFAULT_NAME
    lists.create("Statins")
    assert lists.get().name == "Statins"
    assert lists.get("STATINS").name == "Statins"
    lists.create("Trials")
    for name in (None, "gout"):
        with pytest.raises(BadInput) as refused:
            lists.get(name)
        assert "“Statins”, “Trials”" in refused.value.next_step


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x00b"])
def test_a_name_is_a_short_line(home: Home, name: str) -> None:
    with pytest.raises(BadInput):
        ReadingLists(home).create(name)


def test_a_name_is_given_once(home: Home) -> None:
    lists = ReadingLists(home)
    lists.create("Statins")
    lists.create("Trials")
    with pytest.raises(BadInput):
        lists.create("statins")
    with pytest.raises(BadInput):
        lists.rename("Trials", "STATINS")
    lists.rename("statins", "STATINS")
    assert lists.names() == ["STATINS", "Trials"]


def test_what_is_removed_comes_back_with_its_note_to_its_place(home: Home) -> None:
    reading, lists = ReadingList(home), ReadingLists(home)
    for pmid in ("1", "2", "3"):
        reading.add(pmid)
    reading.annotate("2", " read again ")
    reading.tag("2", ["trial"])
    assert reading.remove("2") == 1
    assert pmids(reading) == ["3", "1"]
    assert reading.remove(["1", "3"]) == 2
    assert str(lists.undo()) == f"2 articles from “{DEFAULT_NAME}”"
    assert pmids(reading) == ["3", "1"]
    assert str(lists.undo()) == f"1 article from “{DEFAULT_NAME}”"
    assert pmids(reading) == ["3", "2", "1"]
    assert reading.entries()[1].note == "read again"
    assert reading.entries()[1].tags == ("trial",)
    assert lists.undo() is None


def test_a_list_that_was_removed_comes_back_whole_even_where_its_name_is_taken(home: Home) -> None:
    lists = ReadingLists(home)
    ReadingList(home, "", "Statins").add(["1", "2"], ["trial"], "why")
    ReadingList(home, "", "Statins").remove("1")
    lists.delete("statins")
    assert lists.names() == []
    ReadingList(home, "", "Statins").add("9")
    removal = lists.undo()
    assert removal is not None
    assert removal.name == "Statins (2)"
    assert lists.names() == ["Statins (2)", "Statins"]
    assert lists.get("Statins (2)").entries()[0].note == "why"
    lists.undo()
    assert pmids(lists.get("Statins (2)")) == ["1", "2"]
    assert pmids(lists.get("Statins")) == ["9"]


def test_what_is_put_back_by_hand_keeps_what_was_written(home: Home) -> None:
    reading = ReadingList(home)
    reading.add("1", ["trial"], "why")
    reading.remove("1")
    assert reading.add("1") == 1
    assert (reading.entries()[0].note, reading.entries()[0].tags) == ("why", ("trial",))


def test_merging_loses_nothing_of_either_list(home: Home) -> None:
    reading = ReadingList(home)
    reading.add(["1", "2"], ["mine"], "my note")
    theirs = [
        ListEntry("1", OLD, "their note", ("theirs",)),
        ListEntry("2", OLD, "note", ("Mine",)),
        ListEntry("3", OLD, "new", ()),
    ]
    assert reading.merge(theirs) == 1
    assert reading.merge(theirs) == 0
    by_pmid = {entry.pmid: entry for entry in reading.entries()}
    assert by_pmid["1"].note == "my note / their note"
    assert by_pmid["1"].tags == ("mine", "theirs")
    assert (by_pmid["2"].note, by_pmid["2"].tags) == ("my note", ("mine",))
    assert by_pmid["1"].added > OLD
    assert by_pmid["3"].added == OLD


def test_notes_and_tags_have_an_end_and_nothing_is_half_written(home: Home) -> None:
    reading = ReadingList(home)
    reading.add("1")
    long_note, long_tag = "x" * (LONGEST_NOTE + 1), "x" * (LONGEST_TAG + 1)
    for refused in (
        lambda: reading.annotate("1", long_note),
        lambda: reading.tag("1", [long_tag]),
        lambda: reading.tag("1", ["a; b"]),
        lambda: reading.tag("1", [str(i) for i in range(31)]),
        lambda: reading.merge([ListEntry("2", OLD), ListEntry("3", OLD, long_note)]),
        lambda: reading.add([str(i) for i in range(5_001)]),
        lambda: reading.annotate("404", "not there"),
        lambda: reading.tag("404", ["not there"]),
    ):
        with pytest.raises(BadInput):
            refused()
    assert pmids(reading) == ["1"]


def test_a_file_that_is_none_is_told_so(home: Home) -> None:
    home.create()
    home.reading.write_bytes(b"no database" * 100)
    with pytest.raises(Damaged):
        ReadingList(home).entries()


def test_single_lists_of_before_become_named_ones(home: Home) -> None:
    home.create()
    with closing(sqlite3.connect(home.reading)) as db, db:
        db.execute(
            "CREATE TABLE entry (owner TEXT NOT NULL, pmid TEXT NOT NULL, added TEXT NOT NULL,"
            " note TEXT NOT NULL, PRIMARY KEY (owner, pmid)) WITHOUT ROWID"
        )
        db.executemany(
            "INSERT INTO entry VALUES (?, ?, ?, ?)",
            [("", "1", OLD, "old"), ("", "2", "2021-" + OLD[5:], ""), ("me", "1", OLD, "mine")],
        )
        db.execute("PRAGMA user_version = 1")
    assert ReadingLists(home).names() == [DEFAULT_NAME]
    assert [(e.pmid, e.note) for e in ReadingList(home).entries()] == [("2", ""), ("1", "old")]
    assert ReadingList(home, "me").entries() == [ListEntry("1", OLD, "mine")]


def test_entries_of_an_age_are_pruned_for_good(home: Home) -> None:
    mine, others = ReadingList(home, "me"), ReadingList(home, "another")
    assert ReadingLists(home, "me").prune(timedelta(days=90)) == 0
    for each in (mine, others):
        each.merge([ListEntry("1", OLD, "old", ("tag",))])
    mine.add(["2", "3"])
    mine.remove("3")
    assert ReadingLists(home, "me").prune(timedelta(days=90)) == 1
    assert [entry.pmid for entry in mine.entries()] == ["2"]
    assert [entry.note for entry in others.entries()] == ["old"]
    # What was removed a moment ago can still be brought back; a moment later it is gone.
    assert ReadingLists(home, "me").last_removal() is not None
    assert ReadingLists(home, "me").prune(timedelta(0)) == 2
    assert ReadingLists(home, "me").last_removal() is None
    assert ReadingLists(home, "me").names() == [DEFAULT_NAME]
