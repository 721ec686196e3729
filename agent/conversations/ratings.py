"""What readers say of answers: a thumb and a note, kept on this machine and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from agent.conversations.threads import Threads
from corpora.dates import now

# Longer than a note; short enough that nobody keeps a document in it.
_LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Rating:
    """What a thread's owner says of the answer of one turn; goes when the thread goes."""

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
        """Keep a rating of a turn, in the place of an earlier one."""
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO rating (thread, number, good, note, created)"
                " VALUES (?, ?, ?, ?, ?)",
                (thread, number, good, note.strip()[:_LONGEST_NOTE], now()),
            )

    def withdraw(self, thread: str, number: int) -> None:
        """Forget the rating of a turn."""
        with self._file.writing() as connection:
            connection.execute(
                "DELETE FROM rating WHERE thread = ? AND number = ?", (thread, number)
            )

    def of(self, thread: str, number: int) -> Rating | None:
        """The rating of a turn, None where there is none."""
        known = self.all()
        return next((r for r in known if (r.thread, r.number) == (thread, number)), None)

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
