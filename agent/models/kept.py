"""What was measured of language models on this machine, kept in the data directory: one small JSON
file a kind of measurement, with the latest of each model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import orjson
from pydantic import TypeAdapter

from corpora.errors import storage_errors
from corpora.files import atomic_write

Record = TypeVar("Record")


class Kept(Generic[Record]):
    """Reads and writes files of one kind.

    Args:
        form: the records, dataclasses of what JSON can say.
        key: what a record is known by; a newer one of the same key takes the place of the older.
    """

    def __init__(self, form: type[Record], key: Callable[[Record], str]) -> None:
        self._form = form
        self._key = key

    def read(self, path: Path) -> dict[str, Record]:
        """Key → record; a file that cannot be read counts as nothing measured."""
        try:
            records = TypeAdapter(list[self._form]).validate_json(path.read_bytes())  # type: ignore[name-defined]
        except (OSError, ValueError):
            return {}
        return {self._key(each): each for each in records}

    def keep(self, path: Path, record: Record) -> None:
        """Write a record beside the others.

        Raises:
            StorageError: it cannot be written.
        """
        records = self.read(path) | {self._key(record): record}
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, orjson.dumps(list(records.values())), durable=True)
