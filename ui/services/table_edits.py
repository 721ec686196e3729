"""What readers write into the cells of evidence tables: kept apart from what articles say."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager

from agent.table.table import Edit, EvidenceTable
from corpora.dates import now
from corpora.errors import BadInput
from corpora.home import Home
from corpora.sqlite_file import Schema

LONGEST_EDIT = 5_000
_AT_ONCE = 500
_VERSION_1 = """
CREATE TABLE edit (
    owner  TEXT NOT NULL,  -- the signed-in user, '' where nobody signs in
    pmid   TEXT NOT NULL,
    column_name TEXT NOT NULL,  -- a column's name, or the question that a column of one's own is
    text   TEXT NOT NULL,
    at     TEXT NOT NULL,
    PRIMARY KEY (owner, pmid, column_name)
) WITHOUT ROWID
"""
_SCHEMA = Schema((_VERSION_1,))


class TableEdits:
    """One owner's edits, which hold for an article's cell in every table that has it.

    Safe to use from several threads and processes.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home, owner: str = "") -> None:
        self._home = home
        self._owner = owner

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return _SCHEMA.transaction(self._home.tables)

    def of(self, pmids: Sequence[str]) -> dict[str, dict[str, Edit]]:
        """By PMID and column the edits of these articles."""
        known: dict[str, dict[str, Edit]] = {}
        if not self._home.tables.exists():
            return known
        with self._open() as db:
            for start in range(0, len(pmids), _AT_ONCE):
                part = pmids[start : start + _AT_ONCE]
                marks = ",".join("?" * len(part))
                for pmid, column, text, at in db.execute(
                    f"SELECT pmid, column_name, text, at FROM edit WHERE owner = ?"
                    f" AND pmid IN ({marks})",
                    (self._owner, *part),
                ):
                    known.setdefault(pmid, {})[column] = Edit(text, at)
        return known

    def write(self, pmid: str, column: str, text: str) -> None:
        """Keep what a person wrote into a cell; "" is kept, too: the cell is then empty.

        Raises:
            BadInput: it is too long.
        """
        text = text.strip()
        if len(text) > LONGEST_EDIT:
            raise BadInput(f"A cell has at most {LONGEST_EDIT:,} characters.", "Shorten it.")
        with self._open() as db:
            db.execute(
                "INSERT OR REPLACE INTO edit (owner, pmid, column_name, text, at)"
                " VALUES (?, ?, ?, ?, ?)",
                (self._owner, pmid, column, text, now()),
            )

    def withdraw(self, pmid: str, column: str) -> bool:
        """Let the article speak again; returns whether there was an edit."""
        with self._open() as db:
            gone = db.execute(
                "DELETE FROM edit WHERE owner = ? AND pmid = ? AND column_name = ?",
                (self._owner, pmid, column),
            )
            return gone.rowcount > 0

    def applied(self, table: EvidenceTable) -> EvidenceTable:
        """The table with this owner's edits in their cells."""
        return table.edited(self.of([row.article.pmid for row in table.rows]))
