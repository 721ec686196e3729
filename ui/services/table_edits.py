"""Manual edits of evidence tables, stored separately from the articles' words."""

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
    """One owner's edits, which apply to an article's cell in every table.

    Safe for several threads and processes.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home, owner: str = "") -> None:
        self._home = home
        self._owner = owner

    def _open(self) -> AbstractContextManager[sqlite3.Connection]:
        return _SCHEMA.transaction(self._home.tables)

    def of(self, pmids: Sequence[str]) -> dict[str, dict[str, Edit]]:
        """Return the edits of these articles, by PMID and column."""
        edits: dict[str, dict[str, Edit]] = {}
        if not self._home.tables.exists():
            return edits
        with self._open() as db:
            for start in range(0, len(pmids), _AT_ONCE):
                part = pmids[start : start + _AT_ONCE]
                marks = ",".join("?" * len(part))
                for pmid, column, text, at in db.execute(
                    f"SELECT pmid, column_name, text, at FROM edit WHERE owner = ?"
                    f" AND pmid IN ({marks})",
                    (self._owner, *part),
                ):
                    edits.setdefault(pmid, {})[column] = Edit(text, at)
        return edits

    def write(self, pmid: str, column: str, text: str) -> None:
        """Store an edit of a cell; "" is an edit too, which empties the cell.

        Raises:
            BadInput: the text is too long.
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
        """Remove an edit, which restores the article's words; return whether there was one."""
        with self._open() as db:
            cursor = db.execute(
                "DELETE FROM edit WHERE owner = ? AND pmid = ? AND column_name = ?",
                (self._owner, pmid, column),
            )
            return cursor.rowcount > 0

    def applied(self, table: EvidenceTable) -> EvidenceTable:
        """Return the table with this owner's edits."""
        return table.edited(self.of([row.article.pmid for row in table.rows]))
