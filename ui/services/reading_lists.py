"""The reading lists of one owner: create, rename, remove and restore."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from corpora.dates import now_to_the_microsecond
from corpora.errors import BadInput
from ui.render.units import counted
from ui.services.reading_list import OfOwner, ReadingList, checked_name
from ui.services.reading_schema import DEFAULT_NAME


@dataclass(frozen=True, slots=True)
class Summary:
    """Summary of a list; `tags` counts the entries of each tag, most frequent first."""

    name: str
    created: str
    entries: int
    tags: dict[str, int]


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal: a whole list, or entries of one."""

    at: str
    name: str
    whole: bool
    entries: int

    def __str__(self) -> str:
        if self.whole:
            return f"the list “{self.name}” ({counted(self.entries, 'article')})"
        return f"{counted(self.entries, 'article')} from “{self.name}”"


class ReadingLists(OfOwner):
    """All the lists of one owner."""

    def summaries(self) -> list[Summary]:
        """Return summaries of the lists, oldest first."""
        if not self._home.reading.exists():
            return []
        with self.opened() as db:
            rows = db.execute(
                "SELECT id, name, created, (SELECT count(*) FROM entry"
                "  WHERE entry.list = list.id AND entry.removed = '')"
                " FROM list WHERE owner = ? AND removed = '' ORDER BY id",
                (self._owner,),
            ).fetchall()
            tags = {
                number: dict(
                    db.execute(
                        "SELECT tag, count(*) FROM tag JOIN entry USING (list, pmid)"
                        " WHERE list = ? AND removed = '' GROUP BY tag ORDER BY count(*) DESC, tag",
                        (number,),
                    ).fetchall()
                )
                for number, *_ in rows
            }
        return [Summary(name, created, count, tags[n]) for n, name, created, count in rows]

    def names(self) -> list[str]:
        """Return the names of the lists, oldest first."""
        return [summary.name for summary in self.summaries()]

    def get(self, name: str | None = None) -> ReadingList:
        """Return an existing list; without a name the only one, or the default if there is none.

        Raises:
            BadInput: there is no list of this name, or no name and several lists.
        """
        names = self.names()
        if name is None and len(names) < 2:
            return ReadingList(self._home, self._owner, names[0] if names else DEFAULT_NAME)
        match = next((n for n in names if n.casefold() == (name or "").casefold()), None)
        if match is not None:
            return ReadingList(self._home, self._owner, match)
        existing = ", ".join(f"“{n}”" for n in names) or "none"
        if name is None:
            raise BadInput("There are several reading lists.", f"Name one: {existing}.")
        raise BadInput(f"There is no reading list “{name}”.", f"Existing lists: {existing}.")

    def create(self, name: str) -> ReadingList:
        """Create an empty list.

        Raises:
            BadInput: the name is empty, too long or taken.
        """
        name = checked_name(name)
        with self.opened() as db:
            self._refuse_taken(db, name)
            db.execute(
                "INSERT INTO list (owner, name, created) VALUES (?, ?, ?)",
                (self._owner, name, now_to_the_microsecond()),
            )
        return ReadingList(self._home, self._owner, name)

    def rename(self, old: str, new: str) -> None:
        """Rename a list.

        Raises:
            BadInput: there is no such list, or the new name is empty, too long or taken.
        """
        current, new = self.get(old).name, checked_name(new)
        with self.opened() as db:
            if current.casefold() != new.casefold():
                self._refuse_taken(db, new)
            db.execute(
                "UPDATE list SET name = ? WHERE owner = ? AND name = ? AND removed = ''",
                (new, self._owner, current),
            )

    def _refuse_taken(self, db: sqlite3.Connection, name: str) -> None:
        if self.number(db, name) is not None:
            raise BadInput(f"There already is a reading list “{name}”.", "Choose another name.")

    def delete(self, name: str) -> None:
        """Remove a list with its entries; `undo` restores them.

        Raises:
            BadInput: there is no such list.
        """
        current = self.get(name).name
        with self.opened() as db:
            db.execute(
                "UPDATE list SET removed = ? WHERE owner = ? AND name = ? AND removed = ''",
                (now_to_the_microsecond(), self._owner, current),
            )

    def last_removal(self) -> Removal | None:
        """Return what `undo` would restore; None if there is nothing."""
        if not self._home.reading.exists():
            return None
        with self.opened() as db:
            return self._last_removal(db)

    def _last_removal(self, db: sqlite3.Connection) -> Removal | None:
        # Entries of a removed list are restored with the list, not individually before it.
        row = db.execute(
            "SELECT removed, name, 1, (SELECT count(*) FROM entry"
            "  WHERE entry.list = list.id AND entry.removed = '')"
            " FROM list WHERE owner = :owner AND removed > ''"
            " UNION ALL SELECT entry.removed, list.name, 0, count(*)"
            " FROM entry JOIN list ON list.id = entry.list"
            " WHERE owner = :owner AND list.removed = '' AND entry.removed > ''"
            " GROUP BY entry.removed, list.id ORDER BY 1 DESC LIMIT 1",
            {"owner": self._owner},
        ).fetchone()
        return None if row is None else Removal(row[0], row[1], bool(row[2]), row[3])

    def undo(self) -> Removal | None:
        """Restore the last removal, with notes and tags; return None if there is nothing.

        A list whose name has been taken in the meantime is restored under a free name.
        """
        if not self._home.reading.exists():
            return None
        with self.opened() as db:
            removal = self._last_removal(db)
            if removal is None:
                return None
            if removal.whole:
                name = self._free(db, removal.name)
                db.execute(
                    "UPDATE list SET removed = '', name = ? WHERE owner = ? AND removed = ?",
                    (name, self._owner, removal.at),
                )
                return Removal(removal.at, name, True, removal.entries)
            db.execute(
                "UPDATE entry SET removed = '' WHERE removed = ? AND list = ?",
                (removal.at, self.number(db, removal.name)),
            )
            return removal

    def _free(self, db: sqlite3.Connection, name: str) -> str:
        number, free = 2, name
        while self.number(db, free) is not None:
            number, free = number + 1, f"{name} ({number})"
        return free

    def prune(self, older_than: timedelta) -> int:
        """Permanently delete entries added or removed before an age; return how many."""
        if not self._home.reading.exists():
            return 0
        limit = (datetime.now(UTC) - older_than).isoformat(timespec="microseconds")
        owned = "list IN (SELECT id FROM list WHERE owner = :owner)"
        expired = (
            "list IN (SELECT id FROM list WHERE owner = :owner AND removed BETWEEN '0' AND :limit)"
        )
        parameters = {"owner": self._owner, "limit": limit}
        with self.opened() as db:
            count = db.execute(
                f"DELETE FROM entry WHERE {expired} OR {owned}"
                " AND (added < :limit OR removed BETWEEN '0' AND :limit)",
                parameters,
            ).rowcount
            db.execute(
                f"DELETE FROM tag WHERE {owned} AND (list, pmid) NOT IN"
                " (SELECT list, pmid FROM entry)",
                parameters,
            )
            db.execute(
                "DELETE FROM list WHERE owner = :owner AND removed BETWEEN '0' AND :limit",
                parameters,
            )
        return count
