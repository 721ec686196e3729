"""Checkpoint the progress of answers: LangGraph's SQLite checkpointer with a safe serializer.

The checkpointer's own serializer instantiates any class that the file names; this one only the
agent's records (`agent.conversations.serialization`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langgraph.checkpoint.sqlite import SqliteSaver

from agent.conversations.serialization import Records
from agent.state import State
from corpora.errors import Damaged, storage_errors

_RECORDS = Records(State)
# With another format, of a graph with other nodes or another state, a question starts over.
_FORMAT = "records-2"


class RecordSerializer:
    """LangGraph's SerializerProtocol over `Records`."""

    def dumps_typed(self, obj: object) -> tuple[str, bytes]:
        return _FORMAT, _RECORDS.dumps(obj)

    def loads_typed(self, data: tuple[str, bytes]) -> object:
        if data[0] != _FORMAT:
            raise Damaged(
                f"A stored conversation is of an unknown format ({data[0]}).",
                "Delete its thread with `medcite threads delete`, and ask again.",
            )
        return _RECORDS.loads(data[1])


class Checkpoints(SqliteSaver):
    """The checkpointer over a SQLite file. Close it when done.

    Raises:
        StorageError, Busy, Damaged: the file cannot be used; from any call.
    """

    _path: Path

    @classmethod
    def open(cls, path: Path) -> Checkpoints:
        """Open this file, creating it if it does not exist."""
        connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
        # A killed process loses nothing; a power cut may lose the steps since the last answer.
        connection.execute("PRAGMA synchronous=NORMAL")
        checkpoints = cls(connection, serde=RecordSerializer())
        checkpoints._path = path
        return checkpoints

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """A cursor that rolls back on failure: an open transaction would lock out all others."""
        with storage_errors(self._path):
            try:
                with super().cursor(transaction) as cursor:
                    yield cursor
            except sqlite3.Error:
                self.conn.rollback()
                raise

    def close(self) -> None:
        self.conn.close()
