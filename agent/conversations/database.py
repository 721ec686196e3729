"""The SQLite file of conversations: its tables, how an older one becomes a newer, transactions."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpora.errors import Damaged, storage_errors
from corpora.home import Home

SCHEMA_VERSION = 2

_THREAD = """
CREATE TABLE IF NOT EXISTS {name} (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL COLLATE NOCASE,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    owner   TEXT NOT NULL,   -- the signed-in user; '' where nobody signs in
    UNIQUE (owner, name)
) WITHOUT ROWID;
"""
_RATING = """
CREATE TABLE IF NOT EXISTS rating (
    thread  TEXT NOT NULL,
    number  INTEGER NOT NULL,
    good    INTEGER NOT NULL,
    note    TEXT NOT NULL,
    created TEXT NOT NULL,
    PRIMARY KEY (thread, number),
    FOREIGN KEY (thread, number) REFERENCES turn (thread, number) ON DELETE CASCADE
) WITHOUT ROWID;
"""
_SCHEMA = f"""
PRAGMA journal_mode=WAL;
BEGIN IMMEDIATE;
{_THREAD.format(name="thread")}
CREATE TABLE IF NOT EXISTS turn (
    thread  TEXT NOT NULL REFERENCES thread (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    asked   TEXT NOT NULL,
    created TEXT NOT NULL,
    filters BLOB NOT NULL,   -- Records.dumps
    answer  BLOB,            -- Records.dumps; NULL until there is one
    PRIMARY KEY (thread, number)
) WITHOUT ROWID;
{_RATING}
PRAGMA user_version={SCHEMA_VERSION};
COMMIT;
"""


class ThreadFile:
    """The open file. Safe to use from several threads and processes.

    Raises:
        StorageError, Busy, Damaged: it cannot be used.
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
                self._prepare()
                self._connection.execute("PRAGMA foreign_keys=ON")
            except BaseException:
                self._connection.close()
                raise

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all of it or nothing."""
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

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _prepare(self) -> None:
        version = self._version()
        if version == 0:
            self._connection.executescript(_SCHEMA)
        elif version == 1:
            self._upgrade()
        elif version != SCHEMA_VERSION:
            raise Damaged(
                f"{self.path} is of version {version}, not {SCHEMA_VERSION}.",
                "Use the Medcite that wrote it, or move the file away.",
            )

    def _upgrade(self) -> None:
        """From version 1, whose names were unique without an owner: all become the local user's.

        A UNIQUE is changed only by a new table, made while foreign keys are not looked at: else
        the turns would go with the old one.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if self._version() == 1:  # no other process was faster
                for sql in (
                    _THREAD.format(name="thread_owned"),
                    "INSERT INTO thread_owned SELECT id, name, created, updated, '' FROM thread",
                    "DROP TABLE thread",
                    "ALTER TABLE thread_owned RENAME TO thread",
                    _RATING,
                    f"PRAGMA user_version={SCHEMA_VERSION}",
                ):
                    self._connection.execute(sql)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
