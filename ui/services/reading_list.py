"""Reading lists: saved articles with notes and tags, by owner, in one SQLite file.

Removed entries are kept with the time of removal until they are pruned, so that any session can
restore them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from corpora.dates import now_to_the_microsecond
from corpora.errors import BadInput
from corpora.home import Home
from ui.services.reading_schema import DEFAULT_NAME, SCHEMA

LONGEST_NOTE = 2_000
LONGEST_TAG = 60
_LONGEST_NAME = 100
_MOST_ENTRIES = 5_000
_MOST_TAGS = 30


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An article on a list; `added` is an ISO time in UTC."""

    pmid: str
    added: str
    note: str = ""
    tags: tuple[str, ...] = ()


class OfOwner:
    """Access to one owner's lists in the file; safe for several threads and processes.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home, owner: str = "") -> None:
        self._home = home
        self._owner = owner

    def opened(self) -> AbstractContextManager[sqlite3.Connection]:
        """Open the file for one transaction."""
        return SCHEMA.transaction(self._home.reading)

    def number(self, db: sqlite3.Connection, name: str) -> int | None:
        """Return the id of the existing list of this name."""
        row = db.execute(
            "SELECT id FROM list WHERE owner = ? AND name = ? AND removed = ''", (self._owner, name)
        ).fetchone()
        return None if row is None else int(row[0])


class ReadingList(OfOwner):
    """One list, by its name; adding to it creates it if necessary."""

    def __init__(self, home: Home, owner: str = "", name: str = DEFAULT_NAME) -> None:
        super().__init__(home, owner)
        self.name = name

    def entries(self, tag: str | None = None) -> list[ListEntry]:
        """Return the entries, or those with a tag, latest first."""
        if not self._home.reading.exists():
            return []
        with self.opened() as db:
            return [
                entry
                for entry in self._entries(db)
                if tag is None or tag.casefold() in map(str.casefold, entry.tags)
            ]

    def _entries(self, db: sqlite3.Connection) -> list[ListEntry]:
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
        return [
            ListEntry(pmid, added, note, tuple(tags.get(pmid, ()))) for pmid, added, note in rows
        ]

    def add(self, pmids: str | Iterable[str], tags: Collection[str] = (), note: str = "") -> int:
        """Add articles to the list; return how many are new.

        Existing entries keep their position and note; removed ones are restored with theirs.

        Raises:
            BadInput: the list, a note or a tag would be too long.
        """
        added = [pmids] if isinstance(pmids, str) else pmids
        moment, labels = now_to_the_microsecond(), tuple(tags)
        return self.merge([ListEntry(pmid, moment, note, labels) for pmid in added])

    def merge(self, entries: Sequence[ListEntry]) -> int:
        """Add entries of another list to this one; return how many are new.

        Tags and notes of both lists are combined.

        Raises:
            BadInput: the list, a note or a tag would be too long.
        """
        checked = [(e, _checked_note(e.note), _checked_tags(e.tags)) for e in entries]
        with self.opened() as db:
            number = self._create(db)
            current = {entry.pmid: entry for entry in self._entries(db)}
            removed = dict(
                db.execute(
                    "SELECT pmid, note FROM entry WHERE list = ? AND removed > ''", (number,)
                ).fetchall()
            )
            new = {entry.pmid for entry in entries} - current.keys()
            if len(current) + len(new) > _MOST_ENTRIES:
                raise BadInput(
                    f"A reading list holds at most {_MOST_ENTRIES:,} articles.",
                    "Start another list, or remove articles from this one.",
                )
            for entry, note, tags in checked:
                existing = current.get(entry.pmid)
                before = existing.note if existing else removed.get(entry.pmid, "")
                added = existing.added if existing else entry.added
                db.execute(
                    "INSERT OR REPLACE INTO entry (list, pmid, added, note) VALUES (?, ?, ?, ?)",
                    (number, entry.pmid, added, _combined(before, note)),
                )
                db.executemany(
                    "INSERT OR IGNORE INTO tag (list, pmid, tag) VALUES (?, ?, ?)",
                    [(number, entry.pmid, tag) for tag in tags],
                )
        return len(new)

    def _create(self, db: sqlite3.Connection) -> int:
        number = self.number(db, self.name)
        if number is None:
            cursor = db.execute(
                "INSERT INTO list (owner, name, created) VALUES (?, ?, ?)",
                (self._owner, checked_name(self.name), now_to_the_microsecond()),
            )
            number = int(cursor.lastrowid or 0)
        return number

    def remove(self, pmids: str | Iterable[str]) -> int:
        """Remove articles from the list; return how many were on it.

        `ReadingLists.undo` restores them.
        """
        removed = [pmids] if isinstance(pmids, str) else list(pmids)
        if not self._home.reading.exists():
            return 0
        moment = now_to_the_microsecond()
        with self.opened() as db:
            number = self.number(db, self.name)
            return sum(
                db.execute(
                    "UPDATE entry SET removed = ? WHERE list = ? AND pmid = ? AND removed = ''",
                    (moment, number, pmid),
                ).rowcount
                for pmid in removed
            )

    def annotate(self, pmid: str, note: str) -> None:
        """Set an entry's note.

        Raises:
            BadInput: the note is too long, or the article is not on the list.
        """
        note = _checked_note(note)
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
            BadInput: a tag is too long, there are too many, or the article is not on the list.
        """
        checked = _checked_tags(tags)
        with self.opened() as db:
            number = self.number(db, self.name)
            if not any(entry.pmid == pmid for entry in self._entries(db)):
                raise self._absent(pmid)
            db.execute("DELETE FROM tag WHERE list = ? AND pmid = ?", (number, pmid))
            db.executemany(
                "INSERT INTO tag (list, pmid, tag) VALUES (?, ?, ?)",
                [(number, pmid, tag) for tag in checked],
            )

    def _absent(self, pmid: str) -> BadInput:
        return BadInput(f"{pmid} is not on the list “{self.name}”.", "Add it first.")


def checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise BadInput(
            f"A reading list's name has 1 to {_LONGEST_NAME} characters.", "Choose another name."
        )
    return name


def _checked_note(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"A note has at most {LONGEST_NOTE:,} characters.", "Shorten it.")
    return note


def _checked_tags(tags: Collection[str]) -> tuple[str, ...]:
    """Normalise white space and drop duplicates; semicolons separate tags in files."""
    plain = {tag.casefold(): tag for text in tags if (tag := " ".join(text.split()))}
    if len(plain) > _MOST_TAGS or any(len(t) > LONGEST_TAG or ";" in t for t in plain.values()):
        raise BadInput(
            f"An article has at most {_MOST_TAGS} tags, each of at most {LONGEST_TAG} characters"
            " and without semicolons.",
            "Use fewer or shorter tags.",
        )
    return tuple(plain.values())


def _combined(before: str, note: str) -> str:
    """Combine two notes on one article."""
    if note in before:
        return before
    return _checked_note(f"{before} / {note}" if before and before not in note else note)
