"""Store measurements of language models in the data directory: one small JSON file per kind of
measurement, with the latest one of each model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

import orjson
from pydantic import TypeAdapter

from corpora.atomic_files import atomic_write
from corpora.errors import storage_errors

Record = TypeVar("Record")


class MeasurementFile(Generic[Record]):
    """Read and write files of one kind of measurement.

    Args:
        form: the type of the records, a dataclass that JSON can represent.
        key: the key of a record; a new record replaces the one with the same key.
    """

    def __init__(self, form: type[Record], key: Callable[[Record], str]) -> None:
        self._form = form
        self._key = key

    def read(self, path: Path) -> dict[str, Record]:
        """Key → record; a file that cannot be read counts as empty."""
        try:
            records = TypeAdapter(list[self._form]).validate_json(path.read_bytes())  # type: ignore[name-defined]
        except (OSError, ValueError):
            return {}
        return {self._key(record): record for record in records}

    def keep(self, path: Path, record: Record) -> None:
        """Add a record to the file.

        Raises:
            StorageError: the file cannot be written.
        """
        records = self.read(path) | {self._key(record): record}
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(path, orjson.dumps(list(records.values())), durable=True)
