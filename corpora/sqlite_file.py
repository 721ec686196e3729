"""SQLite files with a schema given as an ordered list of migrations."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import Damaged, storage_errors

# SQL statements, or a function that runs some.
Migration = str | Callable[[sqlite3.Connection], None]


def run(db: sqlite3.Connection, statements: str) -> None:
    """Run statements separated by semicolons within the open transaction."""
    for statement in re.sub(r"--[^\n]*", "", statements).split(";"):
        if statement.strip():
            db.execute(statement)


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one kind of file.

    The migration at index n upgrades version n to n + 1; version 0 is an empty file, or one written
    before versions were stored, so the first migration must tolerate existing tables.
    `next_step` says what to do with a file of another version.
    """

    migrations: tuple[Migration, ...]
    next_step: str = "Use the Medcite that wrote it, or move the file away."

    def version(self, db: sqlite3.Connection) -> int:
        """The version of a file."""
        return int(db.execute("PRAGMA user_version").fetchone()[0])

    def note(self, db: sqlite3.Connection, version: int) -> None:
        """Store the version in the file."""
        db.execute(f"PRAGMA user_version = {version}")

    def check(self, db: sqlite3.Connection, path: Path) -> None:
        """Raises:
        Damaged: the file has another version or belongs to another program.
        """
        if (version := self.version(db)) != len(self.migrations):
            raise Damaged(
                f"{path} has version {version}, not {len(self.migrations)}."
                if version >= 0
                else f"{path} is not a Medcite file.",
                self.next_step,
            )

    def migrate(self, db: sqlite3.Connection, path: Path) -> None:
        """Upgrade a file in one transaction, safely if other processes open it at the same time.

        Raises:
            Damaged: it has a newer version or belongs to another program.
        """
        if not 0 <= self.version(db) < len(self.migrations):
            return self.check(db, path)
        db.execute("BEGIN IMMEDIATE")
        try:
            for migration in self.migrations[self.version(db) :]:
                if isinstance(migration, str):
                    run(db, migration)
                else:
                    migration(db)
            self.note(db, len(self.migrations))
        except BaseException:
            # A full disk may have rolled back already.
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        return None

    @contextmanager
    def transaction(self, path: Path) -> Iterator[sqlite3.Connection]:
        """Open a file for one transaction, creating its folder and upgrading it if necessary.

        Raises:
            StorageError, Busy, Damaged: the file cannot be used.
        """
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path, timeout=30)) as db:
                self.migrate(db, path)
                with db:
                    yield db
