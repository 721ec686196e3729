"""The reading lists of one owner: made, named, removed and brought back."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from corpora.errors import BadInput
from ui.render.units import counted
from ui.services.reading_list import OfOwner, ReadingList, checked_name, moment_now
from ui.services.reading_schema import DEFAULT_NAME


@dataclass(frozen=True, slots=True)
class Summary:
    """A list at a glance; `tags` counts the entries of each tag, the most frequent first."""

    name: str
    created: str
    entries: int
    tags: dict[str, int]


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed at one time: a list, or entries of one."""

    at: str
    name: str
    whole: bool
    entries: int

    def __str__(self) -> str:
        if self.whole:
            return f"the list “{self.name}” ({counted(self.entries, 'article')})"
        return f"{counted(self.entries, 'article')} of “{self.name}”"


class ReadingLists(OfOwner):
    """All the lists of one owner."""

    def summaries(self) -> list[Summary]:
        """The lists, oldest first."""
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
        """Their names, oldest first."""
        return [each.name for each in self.summaries()]

    def get(self, name: str | None = None) -> ReadingList:
        """A list that is there; without a name the only one, or the default one where none is.

        Raises:
            BadInput: there is none of this name, or there are several to choose from.
        """
        names = self.names()
        if name is None and len(names) < 2:
            return ReadingList(self._home, self._owner, names[0] if names else DEFAULT_NAME)
        known = next((each for each in names if each.casefold() == (name or "").casefold()), None)
        if known is not None:
            return ReadingList(self._home, self._owner, known)
        there = ", ".join(f"“{each}”" for each in names) or "none"
        if name is None:
            raise BadInput("There are several reading lists.", f"Name one: {there}.")
        raise BadInput(f"No reading list is called “{name}”.", f"There are: {there}.")

    def create(self, name: str) -> ReadingList:
        """Make an empty list.

        Raises:
            BadInput: the name is empty, too long or taken.
        """
        name = checked_name(name)
        with self.opened() as db:
            self._refuse_taken(db, name)
            db.execute(
                "INSERT INTO list (owner, name, created) VALUES (?, ?, ?)",
                (self._owner, name, moment_now()),
            )
        return ReadingList(self._home, self._owner, name)

    def rename(self, old: str, new: str) -> None:
        """Raises:
        BadInput: there is no such list, or the new name is empty, too long or taken.
        """
        known, new = self.get(old).name, checked_name(new)
        with self.opened() as db:
            if known.casefold() != new.casefold():
                self._refuse_taken(db, new)
            db.execute(
                "UPDATE list SET name = ? WHERE owner = ? AND name = ? AND removed = ''",
                (new, self._owner, known),
            )

    def _refuse_taken(self, db: sqlite3.Connection, name: str) -> None:
        if self.number(db, name) is not None:
            raise BadInput(f"A reading list is called “{name}” already.", "Choose another name.")

    def delete(self, name: str) -> None:
        """Remove a list with its entries; `undo` brings them back.

        Raises:
            BadInput: there is no such list.
        """
        known = self.get(name).name
        with self.opened() as db:
            db.execute(
                "UPDATE list SET removed = ? WHERE owner = ? AND name = ? AND removed = ''",
                (moment_now(), self._owner, known),
            )

    def last_removal(self) -> Removal | None:
        """What `undo` brings back, None where nothing was removed."""
        if not self._home.reading.exists():
            return None
        with self.opened() as db:
            return self._last_removal(db)

    def _last_removal(self, db: sqlite3.Connection) -> Removal | None:
        # Entries of a removed list come back with it, and before it no single ones of them.
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
        """Bring back what was removed last, with notes and tags; None where there is nothing.

        A list whose name was given to another one meanwhile comes back under a free one.
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
        """Delete for good what was added, or removed, so long ago; returns how many entries."""
        if not self._home.reading.exists():
            return 0
        limit = (datetime.now(UTC) - older_than).isoformat(timespec="microseconds")
        mine = "list IN (SELECT id FROM list WHERE owner = :owner)"
        gone = (
            "list IN (SELECT id FROM list WHERE owner = :owner AND removed BETWEEN '0' AND :limit)"
        )
        named = {"owner": self._owner, "limit": limit}
        with self.opened() as db:
            count = db.execute(
                f"DELETE FROM entry WHERE {gone} OR {mine}"
                " AND (added < :limit OR removed BETWEEN '0' AND :limit)",
                named,
            ).rowcount
            db.execute(
                f"DELETE FROM tag WHERE {mine} AND (list, pmid) NOT IN"
                " (SELECT list, pmid FROM entry)",
                named,
            )
            db.execute(
                "DELETE FROM list WHERE owner = :owner AND removed BETWEEN '0' AND :limit", named
            )
        return count
