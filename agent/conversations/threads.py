"""Store conversations, their questions and answers, in one SQLite file.

A thread is a sequence of turns: a question as asked, its filters, and its answer once there is one.
The progress of an unfinished answer is stored by LangGraph's checkpointer
(`agent.conversations.checkpoints`, in the same file, under `Turn.run`) and deleted once the answer
is complete. A turn without an answer was interrupted, and can be resumed.

Every thread has an owner: the signed-in user's name, or "" without sign-in. `Threads` gives access
to its owner's threads only.
"""

from __future__ import annotations

import copy
import secrets
import sqlite3
import textwrap
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from agent.answer import Answer
from agent.conversations.database import ThreadFile
from agent.conversations.serialization import Records
from agent.plan import Scope
from corpora.dates import now_to_the_microsecond
from corpora.errors import BadInput, Busy, UnknownThread, storage_errors
from corpora.home import Home
from retrieval.filters import Filters

_RECORDS = Records(Answer, Filters)
_LONGEST_NAME = 80
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of a thread, numbered from 1. `answer` is None where it was interrupted."""

    thread: str
    number: int
    asked: str
    created: str
    filters: Filters
    answer: Answer | None = None

    @property
    def run(self) -> str:
        """The name of its checkpoints."""
        return f"{self.thread}/{self.number}"


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation. `turns` and `unanswered` are counts; times are ISO 8601 in UTC."""

    id: str
    name: str
    created: str
    updated: str
    owner: str
    turns: int
    unanswered: int


class Threads:
    """The threads of one data directory and owner; safe to use from several threads and processes.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used.
    """

    def __init__(self, home: Home, owner: str = "") -> None:
        self.owner = owner
        self.file = ThreadFile(home)
        self.path = self.file.path

    def of(self, owner: str) -> Threads:
        """The threads of another owner, over the same open file."""
        view = copy.copy(self)
        view.owner = owner
        return view

    def close(self) -> None:
        self.file.close()

    def __enter__(self) -> Threads:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Finding

    def all(self) -> list[Thread]:
        """All threads, the most recently used first."""
        rows = self.file.rows(
            "SELECT thread.*, count(turn.number) AS turns,"
            " count(turn.number) - count(turn.answer) AS unanswered"
            " FROM thread LEFT JOIN turn ON turn.thread = thread.id WHERE owner = ?"
            " GROUP BY thread.id ORDER BY updated DESC, thread.id",
            self.owner,
        )
        return [Thread(**dict(row)) for row in rows]

    def search(self, text: str) -> list[Thread]:
        """The threads whose name and questions together contain all these words, ignoring case."""
        words = text.casefold().split()
        rows = self.file.rows(
            "SELECT thread.id AS id, thread.name || ' ' || coalesce(group_concat(asked, ' '), '')"
            " AS text FROM thread LEFT JOIN turn ON turn.thread = thread.id WHERE owner = ?"
            " GROUP BY thread.id",
            self.owner,
        )
        texts = {row["id"]: row["text"].casefold() for row in rows}
        return [t for t in self.all() if all(word in texts.get(t.id, "") for word in words)]

    def find(self, named: str) -> Thread:
        """Find a thread by its id, its name, or a unique prefix of its id.

        Raises:
            UnknownThread: no thread matches, or several do.
        """
        threads = self.all()
        for thread in threads:
            if named == thread.id or named.casefold() == thread.name.casefold():
                return thread
        matches = [t for t in threads if len(named) >= _SHORTEST_PREFIX and t.id.startswith(named)]
        if len(matches) == 1:
            return matches[0]
        raise UnknownThread(
            f"“{named}” is a prefix of several ids."
            if matches
            else f"There is no thread “{named}”.",
            "See: medcite threads list",
        )

    def latest(self) -> Thread:
        """The most recently used thread.

        Raises:
            UnknownThread: there is no thread.
        """
        threads = self.all()
        if not threads:
            raise UnknownThread(
                "There is no thread to continue.", 'Start one: medcite ask --thread NAME "…"'
            )
        return threads[0]

    def turns(self, thread: str) -> list[Turn]:
        """All turns of the thread of this id, in order."""
        rows = self.file.rows("SELECT * FROM turn WHERE thread = ? ORDER BY number", thread)
        return [_turn(row) for row in rows]

    def history(self, thread: str) -> tuple[str, ...]:
        """The questions that a follow-up can refer to, as they were searched, the latest last."""
        answers = [turn.answer for turn in self.turns(thread)]
        return tuple(a.question for a in answers if a and a.plan.scope is Scope.LITERATURE)

    def interrupted(self, thread: str) -> Turn:
        """The latest turn without an answer.

        Raises:
            BadInput: every turn has an answer.
        """
        for turn in reversed(self.turns(thread)):
            if turn.answer is None:
                return turn
        raise BadInput(
            "Every question of this thread already has an answer.",
            f"Read them: medcite threads show {thread}",
        )

    # Changing

    def create(self, name: str = "") -> Thread:
        """Create a thread; without a name it is named after its id.

        Raises:
            BadInput: the name is taken, too long or empty.
        """
        identifier = secrets.token_hex(4)
        with self.file.writing() as connection:
            self._insert(connection, identifier, name or f"thread-{identifier}")
        return self.find(identifier)

    def start(self, question: str) -> Thread:
        """Create a thread named after its first question."""
        identifier = secrets.token_hex(4)
        wanted = " ".join(question.split()) or identifier
        with self.file.writing() as connection:
            rows = connection.execute("SELECT name FROM thread WHERE owner = ?", (self.owner,))
            taken = {row["name"].casefold() for row in rows}
            self._insert(connection, identifier, _free_name(wanted, taken))
        return self.find(identifier)

    def rename(self, thread: str, name: str) -> Thread:
        """Rename the thread of this id; errors as in `create`."""
        with self.file.writing() as connection, _naming(name) as checked:
            connection.execute("UPDATE thread SET name = ? WHERE id = ?", (checked, thread))
        return self.find(thread)

    def branch(self, thread: Thread, upto: int | None = None, name: str = "") -> Thread:
        """Create a thread that begins with this one's answered turns, all or up to a number.

        Raises:
            BadInput: there is no such turn, or the name cannot be used.
        """
        numbers = [turn.number for turn in self.turns(thread.id) if turn.answer is not None]
        if not numbers or (upto is not None and upto not in numbers):
            which = f"question number {upto}" if upto is not None else "question"
            raise BadInput(
                f"“{thread.name}” has no answered {which}.",
                f"See: medcite threads show {thread.id}",
            )
        identifier = secrets.token_hex(4)
        with self.file.writing() as connection:
            branch_name = name or f"{thread.name[:60]} (branch {identifier})"
            self._insert(connection, identifier, branch_name)
            connection.execute(
                "INSERT INTO turn SELECT ?, number, asked, created, filters, answer FROM turn"
                " WHERE thread = ? AND answer IS NOT NULL AND number <= ?",
                (identifier, thread.id, upto if upto is not None else max(numbers)),
            )
        return self.find(identifier)

    def delete(self, thread: str) -> None:
        """Delete the thread of this id with everything stored for it.

        Raises:
            Busy: another process is working on the thread.
        """
        with self.working(thread):
            unfinished = [turn for turn in self.turns(thread) if turn.answer is None]
            with self.file.writing() as connection:
                connection.execute("DELETE FROM thread WHERE id = ?", (thread,))
            self._forget(unfinished)
            self._lock_file(thread).unlink(missing_ok=True)

    def prune(self, older_than: timedelta) -> list[Thread]:
        """Delete the threads not used for this long, except busy ones; return those deleted."""
        limit = (datetime.now(UTC) - older_than).isoformat(timespec="microseconds")
        deleted = []
        for thread in self.all():
            if thread.updated < limit:
                with suppress(Busy):
                    self.delete(thread.id)
                    deleted.append(thread)
        return deleted

    def begin(self, thread: str, asked: str, filters: Filters) -> Turn:
        """Add a turn without an answer to the thread of this id."""
        with self.file.writing() as connection:
            (last,) = connection.execute(
                "SELECT coalesce(max(number), 0) FROM turn WHERE thread = ?", (thread,)
            ).fetchone()
            turn = Turn(thread, last + 1, asked, now_to_the_microsecond(), filters)
            connection.execute(
                "INSERT INTO turn (thread, number, asked, created, filters) VALUES (?, ?, ?, ?, ?)",
                (thread, turn.number, asked, turn.created, _RECORDS.dumps(filters)),
            )
            _touch(connection, thread)
        return turn

    def finish(self, turn: Turn, answer: Answer) -> None:
        """Store the answer of a turn."""
        with self.file.writing() as connection:
            connection.execute(
                "UPDATE turn SET answer = ? WHERE thread = ? AND number = ?",
                (_RECORDS.dumps(answer), turn.thread, turn.number),
            )
            _touch(connection, turn.thread)

    def discard(self, turn: Turn) -> None:
        """Delete an interrupted question and its checkpoints; an answered question is kept.

        Raises:
            Busy: another process is working on the thread.
        """
        with self.working(turn.thread):
            with self.file.writing() as connection:
                connection.execute(
                    "DELETE FROM turn WHERE thread = ? AND number = ? AND answer IS NULL",
                    (turn.thread, turn.number),
                )
            self._forget([turn])

    def _forget(self, unfinished: list[Turn]) -> None:
        """Delete the checkpoints of these turns."""
        if unfinished:
            from agent.conversations.checkpoints import Checkpoints

            with closing(Checkpoints.open(self.path)) as checkpoints:
                for turn in unfinished:
                    checkpoints.delete_thread(turn.run)

    @contextmanager
    def working(self, thread: str) -> Iterator[None]:
        """Lock the thread of this id against other processes.

        Raises:
            Busy: another process holds the lock. A killed process releases its lock.
        """
        path = self._lock_file(thread)
        with storage_errors(path):
            path.parent.mkdir(exist_ok=True)
            lock = FileLock(path, timeout=0)
            try:
                lock.acquire()
            except Timeout as error:
                raise Busy(
                    "Another process is working on this thread.",
                    "Wait for its answer, or branch the thread: medcite threads branch …",
                ) from error
        try:
            yield
        finally:
            lock.release()

    def _insert(self, connection: sqlite3.Connection, identifier: str, name: str) -> None:
        with _naming(name) as checked:
            now = now_to_the_microsecond()
            connection.execute(
                "INSERT INTO thread (id, name, created, updated, owner) VALUES (?, ?, ?, ?, ?)",
                (identifier, checked, now, now, self.owner),
            )

    def _lock_file(self, thread: str) -> Path:
        return self.path.with_suffix(".locks") / f"{thread}.lock"


def _turn(row: sqlite3.Row) -> Turn:
    return Turn(
        row["thread"],
        row["number"],
        row["asked"],
        row["created"],
        _RECORDS.loads(row["filters"]),
        _RECORDS.loads(row["answer"]) if row["answer"] is not None else None,
    )


def _touch(connection: sqlite3.Connection, thread: str) -> None:
    connection.execute(
        "UPDATE thread SET updated = ? WHERE id = ?", (now_to_the_microsecond(), thread)
    )


def _free_name(wanted: str, taken: set[str]) -> str:
    """The name, shortened to the permitted length, with a number where it is taken."""
    number, name = 1, textwrap.shorten(wanted, _LONGEST_NAME, placeholder="…")
    while name.casefold() in taken:
        number += 1
        name = f"{wanted[: _LONGEST_NAME - 7].rstrip()} ({number})"
    return name


@contextmanager
def _naming(name: str) -> Iterator[str]:
    """Validate a name, on one line, and translate the database's uniqueness error.

    Raises:
        BadInput: the name is empty, too long, or taken.
    """
    checked = " ".join(name.split())
    if not checked or len(checked) > _LONGEST_NAME:
        raise BadInput(
            f"A thread's name has 1 to {_LONGEST_NAME} characters.", "Choose another name."
        )
    try:
        yield checked
    except sqlite3.IntegrityError as error:
        raise BadInput(
            f"A thread named “{checked}” already exists.", "Choose another name."
        ) from error
