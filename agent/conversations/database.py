"""The SQLite file of conversations: its schema versions and transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpora.errors import storage_errors
from corpora.home import Home
from corpora.sqlite_file import Schema

_VERSION_1 = """
CREATE TABLE IF NOT EXISTS thread (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE COLLATE NOCASE,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turn (
    thread  TEXT NOT NULL REFERENCES thread (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    asked   TEXT NOT NULL,
    created TEXT NOT NULL,
    filters BLOB NOT NULL,   -- Records.dumps
    answer  BLOB,            -- Records.dumps, NULL until there is one
    PRIMARY KEY (thread, number)
) WITHOUT ROWID
"""
# In version 1 names were unique without an owner; all threads become the local user's. SQLite can
# change a UNIQUE constraint only by a new table, created while foreign keys are not enforced:
# otherwise dropping the old table would delete the turns.
_VERSION_2 = """
CREATE TABLE thread_owned (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL COLLATE NOCASE,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    owner   TEXT NOT NULL,   -- the signed-in user, '' where nobody signs in
    UNIQUE (owner, name)
) WITHOUT ROWID;
INSERT INTO thread_owned SELECT id, name, created, updated, '' FROM thread;
DROP TABLE thread;
ALTER TABLE thread_owned RENAME TO thread;
CREATE TABLE IF NOT EXISTS rating (
    thread  TEXT NOT NULL,
    number  INTEGER NOT NULL,
    good    INTEGER NOT NULL,
    note    TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (thread, number),
    FOREIGN KEY (thread, number) REFERENCES turn (thread, number) ON DELETE CASCADE
) WITHOUT ROWID
"""
_SCHEMA = Schema((_VERSION_1, _VERSION_2))


class ThreadFile:
    """The open file; safe to use from several threads and processes.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home) -> None:
        home.create()
        self.path: Path = home.threads
        self._lock = threading.Lock()
        with storage_errors(self.path):
            self._connection = sqlite3.connect(
                self.path, check_same_thread=False, timeout=30, isolation_level=None
            )
            try:
                self._connection.row_factory = sqlite3.Row
                self._connection.execute("PRAGMA journal_mode=WAL")
                _SCHEMA.migrate(self._connection, self.path)
                self._connection.execute("PRAGMA foreign_keys=ON")
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, rolled back on any exception."""
        with self._lock, storage_errors(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock, storage_errors(self.path):
            return self._connection.execute(sql, values).fetchall()
