"""SQLite files and their migrations."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from corpora.errors import Damaged, StorageError
from corpora.sqlite_file import Schema

_FIRST = "CREATE TABLE IF NOT EXISTS one (a TEXT); -- this; and that\nINSERT INTO one VALUES ('x')"
_SECOND = "ALTER TABLE one ADD COLUMN b TEXT DEFAULT 'y'"


def _rows(path: Path, schema: Schema) -> list[tuple[str, ...]]:
    with schema.transaction(path) as db:
        return db.execute("SELECT * FROM one").fetchall()


def test_a_file_goes_through_the_migrations_that_it_has_not_had(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    assert _rows(path, Schema((_FIRST,))) == [("x",)]
    grown = Schema((_FIRST, _SECOND, lambda db: db.execute("UPDATE one SET a = upper(a)")))
    assert _rows(path, grown) == _rows(path, grown) == [("X", "y")]
    assert _rows(tmp_path / "new.sqlite", grown) == [("X", "y")]


def test_a_file_of_before_there_were_versions_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript("CREATE TABLE one (a TEXT); INSERT INTO one VALUES ('kept')")
    assert _rows(path, Schema(("CREATE TABLE IF NOT EXISTS one (a TEXT)",))) == [("kept",)]


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    _rows(path, Schema((_FIRST, _SECOND)))
    with pytest.raises(Damaged, match=r"version 2, not 1") as caught:
        _rows(path, Schema((_FIRST,), "Read it with the newer one."))
    assert caught.value.next_step == "Read it with the newer one."
    assert _rows(path, Schema((_FIRST, _SECOND))) == [("x", "y")]


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "file.sqlite"
    _rows(path, Schema((_FIRST,)))
    with pytest.raises(sqlite3.OperationalError):
        _rows(path, Schema((_FIRST, _SECOND, "INSERT INTO nowhere VALUES (1)")))
    assert _rows(path, Schema((_FIRST,))) == [("x",)]


def test_who_opens_a_new_file_at_once_migrates_it_once(tmp_path: Path) -> None:
    path, seen = tmp_path / "file.sqlite", []
    threads = [
        threading.Thread(target=lambda: seen.append(_rows(path, Schema((_FIRST, _SECOND)))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [[("x", "y")]] * 8


def test_what_cannot_be_opened_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError):
        _rows(tmp_path / "file" / "file.sqlite", Schema((_FIRST,)))
