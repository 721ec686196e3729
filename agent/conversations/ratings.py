"""Readers' ratings of answers: thumbs up or down and a note, stored only on this machine."""

from __future__ import annotations

from dataclasses import dataclass

from agent.conversations.threads import Threads
from corpora.dates import now

# Ample for a note, too short to store a document in.
_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating of one turn's answer by the thread's owner; deleted with the thread."""

    thread: str
    number: int
    good: bool
    note: str
    created: str
    asked: str


class Ratings:
    """The ratings of the owner of some threads.

    Raises:
        StorageError, Busy: the file cannot be used.
    """

    def __init__(self, threads: Threads) -> None:
        self._owner, self._file = threads.owner, threads.file

    def rate(self, thread: str, number: int, *, good: bool, note: str = "") -> None:
        """Store the rating of a turn, replacing an earlier one."""
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO rating (thread, number, good, note, created)"
                " VALUES (?, ?, ?, ?, ?)",
                (thread, number, good, note.strip()[:_LONGEST_NOTE], now()),
            )

    def withdraw(self, thread: str, number: int) -> None:
        """Delete the rating of a turn."""
        with self._file.writing() as connection:
            connection.execute(
                "DELETE FROM rating WHERE thread = ? AND number = ?", (thread, number)
            )

    def of(self, thread: str, number: int) -> Rating | None:
        """The rating of a turn, None where there is none."""
        ratings = self.all()
        return next((r for r in ratings if (r.thread, r.number) == (thread, number)), None)

    def all(self) -> list[Rating]:
        """Every rating, the newest first."""
        rows = self._file.rows(
            "SELECT rating.*, asked FROM rating"
            " JOIN turn ON turn.thread = rating.thread AND turn.number = rating.number"
            " JOIN thread ON thread.id = rating.thread WHERE owner = ?"
            " ORDER BY rating.created DESC, rating.thread, rating.number",
            self._owner,
        )
        return [Rating(**{**dict(row), "good": bool(row["good"])}) for row in rows]
