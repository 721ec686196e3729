"""The log of searches and questions: one SQLite file, by owner; kept on this machine alone.

A search is kept with its date, the state of the corpus, filters and counts, so that a methods
appendix can be written from it, and with the PMIDs that it found, so that a later run can tell what
is new. Nothing is written while logging is switched off in the settings.
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

# Larger result sets are kept by their count alone.
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
class Entry:
    """A search or question. `found` counts what matched after the filters; of a question, sources.

    `reading` is a Boolean query as it was understood; `snapshot` and `articles` say what the corpus
    was; `exported` lists what was taken out, in words; `near` counts what was shown beside the set.
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
    """One owner's searches. Safe to use from several threads and processes.

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

    def add(self, entry: Entry, pmids: Sequence[str] | None = None) -> int:
        """Keep a search; returns its number, 0 where logging is off and it is no saved search."""
        if not (self.on or entry.name):
            return 0
        kept = None
        if pmids is not None and len(pmids) <= _MOST_PMIDS:
            kept = zlib.compress("\n".join(pmids).encode())
        with self._open() as db:
            cursor = db.execute(
                "INSERT INTO search (owner, at, kind, text, name, details, pmids)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (self._owner, now(), entry.kind, entry.text, entry.name, _details(entry), kept),
            )
            return int(cursor.lastrowid or 0)

    def note_export(self, number: int, what: str) -> None:
        """Note that something of a search was exported; nothing where it is not in the log."""
        if not self._home.searches.exists():
            return
        with self._open() as db:
            db.execute(
                "UPDATE search SET details = json_insert(details, '$.exported[#]', ?)"
                " WHERE id = ? AND owner = ?",
                (what, number, self._owner),
            )

    def entries(self) -> list[Entry]:
        """All of this owner's, oldest first."""
        if not self._home.searches.exists():
            return []
        with self._open() as db:
            rows = db.execute(
                "SELECT id, at, kind, text, name, details FROM search WHERE owner = ? ORDER BY id",
                (self._owner,),
            ).fetchall()
        return [_entry(*row) for row in rows]

    def find(self, named: str) -> Entry:
        """The entry of this number or name; the newest of several runs of a saved one.

        Raises:
            BadInput: there is none.
        """
        entries = self.entries()
        for entry in reversed(entries):
            if entry.name == named or str(entry.id) == named.lstrip("#"):
                return entry
        names = ", ".join(dict.fromkeys(each.name for each in entries if each.name)) or "none"
        raise BadInput(
            f"No search in the log is called “{named}”.",
            f"Saved searches: {names}. See: medcite searches list.",
        )

    def pmids(self, number: int) -> list[str] | None:
        """What a search found, None where that was not kept."""
        with self._open() as db:
            row = db.execute(
                "SELECT pmids FROM search WHERE id = ? AND owner = ?", (number, self._owner)
            ).fetchone()
        if row is None or row[0] is None:
            return None
        return [each for each in zlib.decompress(row[0]).decode().split("\n") if each]

    def save(self, number: int, name: str) -> None:
        """Give a search a name to run it again by.

        Raises:
            BadInput: the name is empty, a number, or taken by another query; a question.
        """
        entry = self.find(str(number))
        name = " ".join(name.split())
        if not name or name.lstrip("#").isdigit():
            raise BadInput("A saved search needs a name that is no number.", "Give it one.")
        if entry.kind == "question":
            raise BadInput("A question finds no result set to save.", "Save a search.")
        for other in self.entries():
            if other.name == name and other.text != entry.text:
                raise BadInput(f"Another search is called “{name}”.", "Choose another name.")
        with self._open() as db:
            db.execute("UPDATE search SET name = ? WHERE id = ?", (name, number))

    def saved(self) -> list[Entry]:
        """Of each saved search the newest run."""
        return list({each.name: each for each in self.entries() if each.name}.values())

    def delete(self, numbers: Sequence[int]) -> int:
        """Remove entries; returns how many there were."""
        with self._open() as db:
            return sum(
                db.execute(
                    "DELETE FROM search WHERE id = ? AND owner = ?", (number, self._owner)
                ).rowcount
                for number in numbers
            )

    def prune(self, older_than: timedelta) -> int:
        """Remove what is older, but for saved searches; returns how many there were."""
        if not self._home.searches.exists():
            return 0
        limit = (datetime.now(UTC) - older_than).isoformat(timespec="seconds")
        with self._open() as db:
            return db.execute(
                "DELETE FROM search WHERE owner = ? AND at < ? AND name = ''", (self._owner, limit)
            ).rowcount


def _details(entry: Entry) -> str:
    return orjson.dumps({name: getattr(entry, name) for name in _DETAILS}).decode()


def _entry(number: int, at: str, kind: str, text: str, name: str, details: str) -> Entry:
    fields = orjson.loads(details)
    fields["notes"], fields["exported"] = tuple(fields["notes"]), tuple(fields["exported"])
    return Entry(text=text, kind=kind, name=name, at=at, id=number, **fields)
