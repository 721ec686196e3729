"""The log of searches and questions, by owner, in one SQLite file on this machine.

A search is logged with its date, the state of the corpus, filters and counts, from which a methods
appendix is written, and with the PMIDs of its results, so that a later run can show what is new.
Nothing is written while logging is off in the settings.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from corpora.dates import now
from corpora.errors import BadInput
from corpora.home import Home
from corpora.sqlite_file import Schema
from ui.services.settings import read_choices

# Of larger result sets only the count is stored.
_MOST_PMIDS = 100_000
_VERSION_1 = """
CREATE TABLE IF NOT EXISTS search (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    owner    TEXT NOT NULL,   -- the signed-in user, '' where nobody signs in
    at       TEXT NOT NULL,   -- ISO time in UTC
    kind     TEXT NOT NULL,   -- boolean, semantic or question
    text     TEXT NOT NULL,
    name     TEXT NOT NULL,   -- of a saved search, else ''
    details  TEXT NOT NULL,   -- the other fields of Entry (JSON)
    pmids    BLOB             -- deflated, one a line, NULL where not kept
)
"""
_SCHEMA = Schema((_VERSION_1,))


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """A search or question; `found` counts the filtered matches or, for a question, its sources.

    `reading` is a Boolean query as interpreted; `snapshot` and `articles` describe the corpus;
    `exported` lists the exports in words; `near` counts articles shown beside the matches.
    """

    text: str
    kind: str
    found: int
    snapshot: str
    articles: int
    reading: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    near: int = 0
    retracted: int = 0
    exported: tuple[str, ...] = ()
    name: str = ""
    at: str = ""
    id: int = 0


_DETAILS = (
    "found", "snapshot", "articles", "reading", "filters", "notes", "near", "retracted", "exported",
)  # fmt: skip


class SearchLog:
    """One owner's searches; safe for several threads and processes.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home, owner: str = "") -> None:
        self._home = home
        self._owner = owner

    @property
    def on(self) -> bool:
        """Whether searches are logged."""
        return read_choices(self._home).log_searches

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return _SCHEMA.transaction(self._home.searches)

    def add(self, entry: SearchEntry, pmids: Sequence[str] | None = None) -> int:
        """Log a search; return its number, or 0 if logging is off and the search is not saved."""
        if not (self.on or entry.name):
            return 0
        packed = None
        if pmids is not None and len(pmids) <= _MOST_PMIDS:
            packed = zlib.compress("\n".join(pmids).encode())
        with self._open() as db:
            cursor = db.execute(
                "INSERT INTO search (owner, at, kind, text, name, details, pmids)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._owner, now(), entry.kind, entry.text, entry.name, _details(entry), packed),
            )
            return int(cursor.lastrowid or 0)

    def note_export(self, number: int, export: str) -> None:
        """Note an export of a search's results; does nothing if the search is not logged."""
        if not self._home.searches.exists():
            return
        with self._open() as db:
            db.execute(
                "UPDATE search SET details = json_insert(details, '$.exported[#]', ?)"
                " WHERE id = ? AND owner = ?",
                (export, number, self._owner),
            )

    def entries(self) -> list[SearchEntry]:
        """Return all entries, oldest first."""
        if not self._home.searches.exists():
            return []
        with self._open() as db:
            rows = db.execute(
                "SELECT id, at, kind, text, name, details FROM search WHERE owner = ? ORDER BY id",
                (self._owner,),
            ).fetchall()
        return [_entry(*row) for row in rows]

    def find(self, key: str) -> SearchEntry:
        """Return the entry with this number or name; the newest run of a saved search.

        Raises:
            BadInput: there is none.
        """
        entries = self.entries()
        for entry in reversed(entries):
            if entry.name == key or str(entry.id) == key.lstrip("#"):
                return entry
        names = ", ".join(dict.fromkeys(e.name for e in entries if e.name)) or "none"
        raise BadInput(
            f"There is no search “{key}” in the log.",
            f"Saved searches: {names}. See: medcite searches list.",
        )

    def pmids(self, number: int) -> list[str] | None:
        """Return the PMIDs of a search's results; None if they were not stored."""
        with self._open() as db:
            row = db.execute(
                "SELECT pmids FROM search WHERE id = ? AND owner = ?", (number, self._owner)
            ).fetchone()
        if row is None or row[0] is None:
            return None
        return [pmid for pmid in zlib.decompress(row[0]).decode().split("\n") if pmid]

    def save(self, number: int, name: str) -> None:
        """Save a search under a name.

        Raises:
            BadInput: the name is empty, a number, or taken by another query, or the entry is a
                question.
        """
        entry = self.find(str(number))
        name = " ".join(name.split())
        if not name or name.lstrip("#").isdigit():
            raise BadInput(
                "The name of a saved search must not be empty or a number.", "Choose another name."
            )
        if entry.kind == "question":
            raise BadInput("A question has no result set to save.", "Save a search instead.")
        for other in self.entries():
            if other.name == name and other.text != entry.text:
                raise BadInput(f"There already is a search “{name}”.", "Choose another name.")
        with self._open() as db:
            db.execute("UPDATE search SET name = ? WHERE id = ?", (name, number))

    def saved(self) -> list[SearchEntry]:
        """Return the newest run of each saved search."""
        return list({entry.name: entry for entry in self.entries() if entry.name}.values())

    def delete(self, numbers: Sequence[int]) -> int:
        """Remove entries; return how many were removed."""
        with self._open() as db:
            return sum(
                db.execute(
                    "DELETE FROM search WHERE id = ? AND owner = ?", (number, self._owner)
                ).rowcount
                for number in numbers
            )

    def prune(self, older_than: timedelta) -> int:
        """Remove older entries except saved searches; return how many were removed."""
        if not self._home.searches.exists():
            return 0
        limit = (datetime.now(UTC) - older_than).isoformat(timespec="seconds")
        with self._open() as db:
            return db.execute(
                "DELETE FROM search WHERE owner = ? AND at < ? AND name = ''", (self._owner, limit)
            ).rowcount


def _details(entry: SearchEntry) -> str:
    return orjson.dumps({name: getattr(entry, name) for name in _DETAILS}).decode()


def _entry(number: int, at: str, kind: str, text: str, name: str, details: str) -> SearchEntry:
    fields = orjson.loads(details)
    fields["notes"], fields["exported"] = tuple(fields["notes"]), tuple(fields["exported"])
    return SearchEntry(text=text, kind=kind, name=name, at=at, id=number, **fields)
