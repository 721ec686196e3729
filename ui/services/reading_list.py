"""Reading lists: articles that a reader set aside, with notes; one SQLite file, by owner."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from corpora.article import Article
from corpora.errors import BadInput
from corpora.home import Home
from corpora.readers.fields import one_line
from corpora.sqlite_file import Schema

LONGEST_NOTE = 2_000
_MOST_ENTRIES = 5_000
_VERSION_1 = """
CREATE TABLE IF NOT EXISTS entry (
    owner TEXT NOT NULL,  -- the signed-in user, '' where nobody signs in
    pmid  TEXT NOT NULL,
    added TEXT NOT NULL,
    note  TEXT NOT NULL,
    PRIMARY KEY (owner, pmid)
) WITHOUT ROWID
"""
_SCHEMA = Schema((_VERSION_1,))


@dataclass(frozen=True, slots=True)
class Entry:
    """An article on a list; `added` is an ISO time in UTC."""

    pmid: str
    added: str
    note: str = ""


class ReadingList:
    """One owner's list. Safe to use from several threads and processes.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home, owner: str = "") -> None:
        self._home = home
        self._owner = owner

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return _SCHEMA.transaction(self._home.reading)

    def entries(self) -> list[Entry]:
        """The list, last added first."""
        if not self._home.reading.exists():
            return []
        with self._open() as db:
            rows = db.execute(
                "SELECT pmid, added, note FROM entry WHERE owner = ? ORDER BY added DESC, pmid",
                (self._owner,),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def add(self, pmid: str) -> None:
        """Put an article on the list; one that is there stays as it is.

        Raises:
            BadInput: the list is full.
        """
        if len(self.entries()) >= _MOST_ENTRIES:
            raise BadInput(
                f"The reading list holds {_MOST_ENTRIES:,} articles and no more.",
                "Export it, and remove what is done with.",
            )
        self.restore(Entry(pmid, datetime.now(UTC).isoformat()))

    def restore(self, entry: Entry) -> None:
        """Put a removed entry back where it was, with its note."""
        with self._open() as db:
            db.execute(
                "INSERT OR IGNORE INTO entry (owner, pmid, added, note) VALUES (?, ?, ?, ?)",
                (self._owner, entry.pmid, entry.added, entry.note),
            )

    def remove(self, pmid: str) -> Entry | None:
        """Take an article off the list; returns what `restore` puts back."""
        found = next((entry for entry in self.entries() if entry.pmid == pmid), None)
        if found:
            with self._open() as db:
                db.execute("DELETE FROM entry WHERE owner = ? AND pmid = ?", (self._owner, pmid))
        return found

    def prune(self, older_than: timedelta) -> int:
        """Take off what was added so long ago; returns how many there were."""
        if not self._home.reading.exists():
            return 0
        limit = (datetime.now(UTC) - older_than).isoformat()
        with self._open() as db:
            return db.execute(
                "DELETE FROM entry WHERE owner = ? AND added < ?", (self._owner, limit)
            ).rowcount

    def annotate(self, pmid: str, note: str) -> None:
        """Set an entry's note.

        Raises:
            BadInput: it is too long.
        """
        if len(note) > LONGEST_NOTE:
            raise BadInput(f"A note has at most {LONGEST_NOTE:,} characters.", "Shorten it.")
        with self._open() as db:
            db.execute(
                "UPDATE entry SET note = ? WHERE owner = ? AND pmid = ?",
                (note.strip(), self._owner, pmid),
            )


def reading_csv(entries: Sequence[Entry], articles: Mapping[str, Article]) -> str:
    """A list as a table, with the columns that `medcite corpus add` reads back, and the notes.

    Args:
        articles: by PMID; an entry without its article has its PMID and note alone.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ("pmid", "title", "authors", "journal", "year", "doi", "pmcid", "design", "retracted",
         "note", "added")
    )  # fmt: skip
    for entry in entries:
        article = articles.get(entry.pmid) or Article(entry.pmid, "")
        known = entry.pmid in articles
        row = (
            entry.pmid, article.title, "; ".join(a.short for a in article.authors),
            article.journal, str(article.year or ""), article.doi, article.pmcid,
            article.design.level.label if known else "", "true" if article.retracted else "",
            entry.note, entry.added[:10],
        )  # fmt: skip
        writer.writerow([plain_cell(value) for value in row])
    return out.getvalue()


def plain_cell(text: str) -> str:
    """A cell on one line that no spreadsheet takes for a formula."""
    text = one_line(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
