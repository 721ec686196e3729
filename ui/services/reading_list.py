"""Reading lists: articles that a reader set aside, with notes and tags; one SQLite file, by owner.

What is removed is kept with the time of its removal until it is pruned, so that it can be brought
back from any session.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from corpora.errors import BadInput
from corpora.home import Home
from ui.services.reading_schema import DEFAULT_NAME, SCHEMA

LONGEST_NOTE = 2_000
LONGEST_TAG = 60
_LONGEST_NAME = 100
_MOST_ENTRIES = 5_000
_MOST_TAGS = 30


@dataclass(frozen=True, slots=True)
class Entry:
    """An article on a list; `added` is an ISO time in UTC."""

    pmid: str
    added: str
    note: str = ""
    tags: tuple[str, ...] = ()


class OfOwner:
    """What belongs to one owner in the file.

    Safe to use from several threads and processes.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home, owner: str = "") -> None:
        self._home = home
        self._owner = owner

    def opened(self) -> AbstractContextManager[sqlite3.Connection]:
        """The file, for one transaction."""
        return SCHEMA.transaction(self._home.reading)

    def number(self, db: sqlite3.Connection, name: str) -> int | None:
        """The id of the list of this name that is there."""
        row = db.execute(
            "SELECT id FROM list WHERE owner = ? AND name = ? AND removed = ''", (self._owner, name)
        ).fetchone()
        return None if row is None else int(row[0])


class ReadingList(OfOwner):
    """One list, by its name; what is put on it makes it where it is not there yet."""

    def __init__(self, home: Home, owner: str = "", name: str = DEFAULT_NAME) -> None:
        super().__init__(home, owner)
        self.name = name

    def entries(self, tag: str | None = None) -> list[Entry]:
        """The entries, or those with a tag, last added first."""
        if not self._home.reading.exists():
            return []
        with self.opened() as db:
            return [
                each
                for each in self._entries(db)
                if tag is None or tag.casefold() in map(str.casefold, each.tags)
            ]

    def _entries(self, db: sqlite3.Connection) -> list[Entry]:
        number = self.number(db, self.name)
        tags: dict[str, list[str]] = {}
        for pmid, tag in db.execute(
            "SELECT pmid, tag FROM tag WHERE list = ? ORDER BY tag", (number,)
        ):
            tags.setdefault(pmid, []).append(tag)
        rows = db.execute(
            "SELECT pmid, added, note FROM entry WHERE list = ? AND removed = ''"
            " ORDER BY added DESC, pmid",
            (number,),
        ).fetchall()
        return [Entry(pmid, added, note, tuple(tags.get(pmid, ()))) for pmid, added, note in rows]

    def add(self, pmids: str | Iterable[str], tags: Collection[str] = (), note: str = "") -> int:
        """Put articles on the list; returns how many were not on it.

        One that is there keeps its place and note; one that was removed comes back with its own.

        Raises:
            BadInput: the list would be too long, or a note or tag is.
        """
        wanted = [pmids] if isinstance(pmids, str) else pmids
        moment, kept = moment_now(), tuple(tags)
        return self.merge([Entry(pmid, moment, note, kept) for pmid in wanted])

    def merge(self, entries: Sequence[Entry]) -> int:
        """Put entries of another list on this one; returns how many were not on it.

        Tags and notes come together: nothing of either list is lost.

        Raises:
            BadInput: the list would be too long, or a note or tag is.
        """
        checked = [(each, _noted(each.note), _tagged(each.tags)) for each in entries]
        with self.opened() as db:
            number = self._made(db)
            known = {each.pmid: each for each in self._entries(db)}
            removed = dict(
                db.execute(
                    "SELECT pmid, note FROM entry WHERE list = ? AND removed > ''", (number,)
                ).fetchall()
            )
            new = {each.pmid for each in entries} - known.keys()
            if len(known) + len(new) > _MOST_ENTRIES:
                raise BadInput(
                    f"A reading list holds {_MOST_ENTRIES:,} articles and no more.",
                    "Begin another one, or remove what is done with.",
                )
            for each, note, tags in checked:
                before = known[each.pmid].note if each.pmid in known else removed.get(each.pmid, "")
                added = known[each.pmid].added if each.pmid in known else each.added
                db.execute(
                    "INSERT OR REPLACE INTO entry (list, pmid, added, note) VALUES (?, ?, ?, ?)",
                    (number, each.pmid, added, _joined(before, note)),
                )
                db.executemany(
                    "INSERT OR IGNORE INTO tag (list, pmid, tag) VALUES (?, ?, ?)",
                    [(number, each.pmid, tag) for tag in tags],
                )
        return len(new)

    def _made(self, db: sqlite3.Connection) -> int:
        number = self.number(db, self.name)
        if number is None:
            cursor = db.execute(
                "INSERT INTO list (owner, name, created) VALUES (?, ?, ?)",
                (self._owner, checked_name(self.name), moment_now()),
            )
            number = int(cursor.lastrowid or 0)
        return number

    def remove(self, pmids: str | Iterable[str]) -> int:
        """Take articles off the list; returns how many were on it.

        `ReadingLists.undo` puts them back.
        """
        wanted = [pmids] if isinstance(pmids, str) else list(pmids)
        if not self._home.reading.exists():
            return 0
        moment = moment_now()
        with self.opened() as db:
            number = self.number(db, self.name)
            return sum(
                db.execute(
                    "UPDATE entry SET removed = ? WHERE list = ? AND pmid = ? AND removed = ''",
                    (moment, number, pmid),
                ).rowcount
                for pmid in wanted
            )

    def annotate(self, pmid: str, note: str) -> None:
        """Set an entry's note.

        Raises:
            BadInput: it is too long, or the article is not on the list.
        """
        note = _noted(note)
        with self.opened() as db:
            changed = db.execute(
                "UPDATE entry SET note = ? WHERE list = ? AND pmid = ? AND removed = ''",
                (note, self.number(db, self.name), pmid),
            ).rowcount
            if not changed:
                raise self._absent(pmid)

    def tag(self, pmid: str, tags: Collection[str]) -> None:
        """Set an entry's tags.

        Raises:
            BadInput: one is too long, there are too many, or the article is not on the list.
        """
        wanted = _tagged(tags)
        with self.opened() as db:
            number = self.number(db, self.name)
            if not any(each.pmid == pmid for each in self._entries(db)):
                raise self._absent(pmid)
            db.execute("DELETE FROM tag WHERE list = ? AND pmid = ?", (number, pmid))
            db.executemany(
                "INSERT INTO tag (list, pmid, tag) VALUES (?, ?, ?)",
                [(number, pmid, tag) for tag in wanted],
            )

    def _absent(self, pmid: str) -> BadInput:
        return BadInput(f"{pmid} is not on the list “{self.name}”.", "Add it first.")


def moment_now() -> str:
    """The present moment to the microsecond, so that removals are told apart."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadInput(
            f"A reading list's name has 1 to {_LONGEST_NAME} characters.", "Give it a short one."
        )
    return name


def _noted(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"A note has at most {LONGEST_NOTE:,} characters.", "Shorten it.")
    return note


def _tagged(tags: Collection[str]) -> tuple[str, ...]:
    """Tags on one line each, none twice; files part them by semicolons."""
    plain = {tag.casefold(): tag for each in tags if (tag := " ".join(each.split()))}
    if len(plain) > _MOST_TAGS or any(len(t) > LONGEST_TAG or ";" in t for t in plain.values()):
        raise BadInput(
            f"An article has at most {_MOST_TAGS} tags, of {LONGEST_TAG} characters and without"
            " semicolons each.",
            "Shorten them.",
        )
    return tuple(plain.values())


def _joined(before: str, note: str) -> str:
    """Two notes on one article as one."""
    if note in before:
        return before
    return _noted(f"{before} / {note}" if before and before not in note else note)
