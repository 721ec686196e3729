"""SQLite files: their tables as an ordered list of migrations, and how they are opened."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import Damaged, storage_errors

# SQL statements, or what runs some.
Migration = str | Callable[[sqlite3.Connection], None]


def run(db: sqlite3.Connection, statements: str) -> None:
    """Run statements that are set apart by semicolons, within the transaction that is open."""
    for statement in re.sub(r"--[^\n]*", "", statements).split(";"):
        if statement.strip():
            db.execute(statement)


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one kind of file.

    The migration at place n makes version n + 1 of version n; version 0 is an empty file, or one
    of before versions were kept, so that the first migration has to let pass what is there.
    `next_step` says what to do with a file of another version.
    """

    migrations: tuple[Migration, ...]
    next_step: str = "Use the Medcite that wrote it, or move the file away."

    def version(self, db: sqlite3.Connection) -> int:
        """The version of a file."""
        return int(db.execute("PRAGMA user_version").fetchone()[0])

    def note(self, db: sqlite3.Connection, version: int) -> None:
        """Keep the version in the file."""
        db.execute(f"PRAGMA user_version = {version}")

    def check(self, db: sqlite3.Connection, path: Path) -> None:
        """Raises:
        Damaged: the file is of another version, or another program's.
        """
        if (version := self.version(db)) != len(self.migrations):
            raise Damaged(
                f"{path} is of version {version}, not {len(self.migrations)}."
                if version >= 0
                else f"{path} is no file of Medcite's.",
                self.next_step,
            )

    def migrate(self, db: sqlite3.Connection, path: Path) -> None:
        """Bring a file up to date: in one transaction, and once, whoever else opens it meanwhile.

        Raises:
            Damaged: it is of a newer version, or another program's.
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
        """Open a file, brought up to date, for one transaction; its folder is made.

        Raises:
            StorageError, Busy, Damaged: it cannot be used.
        """
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path, timeout=30)) as db:
                self.migrate(db, path)
                with db:
                    yield db
