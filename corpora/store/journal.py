"""The journal of a store: every import with its effect and unread records, and every fetch."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from corpora.article import BadRecord
from corpora.dates import now

# Values of `undone`: all records of an import were removed, or some of them.
_UNDONE, _IN_PART = "undone", "in part"


@dataclass(slots=True)
class ImportCounts:
    """What the records of one file, or of several, did to the store."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    outdated: int = 0
    deleted: int = 0
    unread: int = 0
    joined: int = 0
    statements: int = 0

    def __iadd__(self, other: ImportCounts) -> ImportCounts:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    @property
    def records(self) -> int:
        """Records seen in the source, deletions not counted."""
        return (
            self.added + self.replaced + self.joined + self.unchanged + self.outdated + self.unread
        )


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One import. `error` is "" if the file was read to its end."""

    name: str
    path: str
    sha256: str
    reader: str
    started: str
    finished: str
    counts: ImportCounts
    error: str
    number: int = 0
    undone: str = ""


@dataclass(frozen=True, slots=True)
class FetchEntry:
    """One fetch: its source, its query and the number of files it returned."""

    source: str
    query: str
    started: str
    finished: str
    files: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A literature file as entered in the journal; `reader` says how it was read."""

    name: str
    path: str
    sha256: str
    reader: str


class Journal:
    """Reads and writes the journal; writers hold a transaction on the store."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def imports(self) -> list[ImportEntry]:
        """Every import, oldest first."""
        rows = self._db.execute(
            "SELECT name, path, sha256, reader, started, finished, error, id, undone,"
            f" {', '.join(ImportCounts.__slots__)} FROM import ORDER BY id"
        )
        return [
            ImportEntry(name, path, sha256, reader, started, finished, ImportCounts(*counts),
                        error, number, undone)
            for (name, path, sha256, reader, started, finished, error, number, undone,
                 *counts) in rows
        ]  # fmt: skip

    def fetches(self) -> list[FetchEntry]:
        """Every fetch, oldest first."""
        rows = self._db.execute(
            "SELECT source, query, started, finished, files, error FROM fetch ORDER BY id"
        )
        return [FetchEntry(*row) for row in rows]

    def imported(self, sha256: str, reader: str) -> bool:
        """Whether this reader read a file with these bytes to its end, with no unread record."""
        row = self._db.execute(
            "SELECT 1 FROM import WHERE sha256 = ? AND reader = ? AND error = '' AND unread = 0"
            " AND undone = ''",
            (sha256, reader),
        ).fetchone()
        return row is not None

    def unread(self) -> list[tuple[str, BadRecord]]:
        """(file name, record) of all unread records, from each file's latest attempt only."""
        rows = self._db.execute(
            "SELECT i.name, u.position, u.pmid, u.reason, u.line FROM unread u JOIN import i"
            " ON i.id = u.import WHERE i.undone = ''"
            " AND i.id IN (SELECT max(id) FROM import GROUP BY sha256)"
            " ORDER BY i.id, u.position"
        )
        return [(row[0], BadRecord(*row[1:])) for row in rows]

    def begin(self, file: SourceFile) -> tuple[int, int]:
        """Enter an import; return its number and that of the first import of the same bytes."""
        cursor = self._db.execute(
            "INSERT INTO import (name, path, sha256, reader, started, finished)"
            " VALUES (?, ?, ?, ?, ?, '')",
            (file.name, file.path, file.sha256, file.reader, now()),
        )
        number = int(cursor.lastrowid or 0)
        return number, self.first(file.sha256) if file.sha256 else number

    def first(self, sha256: str) -> int:
        """The number of the first import of a file's bytes that has not been undone."""
        row = self._db.execute(
            "SELECT min(id) FROM import WHERE sha256 = ? AND error = '' AND undone != ?",
            (sha256, _UNDONE),
        )
        return int(row.fetchone()[0] or 0)

    def undo(self, sha256: str) -> None:
        """Mark all imports of a file's bytes as undone."""
        self._db.execute("UPDATE import SET undone = ? WHERE sha256 = ?", (_UNDONE, sha256))

    def reopen(self, first: int) -> None:
        """Allow a file to be imported again although it was read to its end."""
        self._db.execute(
            "UPDATE import SET undone = ? WHERE undone = '' AND"
            " sha256 = (SELECT sha256 FROM import WHERE id = ?)",
            (_IN_PART, first),
        )

    def finish(self, number: int, counts: ImportCounts, unread: Sequence[BadRecord]) -> None:
        """Record the outcome of an import."""
        self._db.executemany(
            "INSERT INTO unread VALUES (?, ?, ?, ?, ?)",
            [(number, bad.position, bad.pmid, bad.reason, bad.line) for bad in unread],
        )
        self._db.execute(
            f"UPDATE import SET finished = ?, {' = ?, '.join(counts.__slots__)} = ? WHERE id = ?",
            (now(), *(getattr(counts, field) for field in counts.__slots__), number),
        )

    def fail(self, file: SourceFile, error: str) -> None:
        """Enter a file that could not be imported."""
        moment = now()
        self._db.execute(
            "INSERT INTO import (name, path, sha256, reader, started, finished, error)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (file.name, file.path, file.sha256, file.reader, moment, moment, error),
        )

    def fetched(self, entry: FetchEntry) -> None:
        """Enter a fetch."""
        self._db.execute(
            "INSERT INTO fetch (source, query, started, finished, files, error)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (entry.source, entry.query, entry.started, entry.finished, entry.files, entry.error),
        )
