"""Cache of passage vectors in append-only shards, keyed by a hash of the encoded text.

A shard is a `.npy` file of float16 rows, written completely before it is entered in `keys.sqlite`;
a killed build loses only the current shard. A shard's checksum is verified when it is first read: a
damaged shard is dropped, and its passages are encoded again.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from corpora.atomic_files import replacing, sha256_of
from corpora.errors import storage_errors
from corpora.sqlite_file import Schema
from retrieval.array_file import mapped_array
from retrieval.encoder import EncoderIdentity, Vectors

log = structlog.get_logger()

Key = bytes
# Each open shard is a memory map, whose number per process is limited.
_MOST_OPEN = 256
# SQLite's own cache of the keys, in KiB; the page cache holds the rest.
_KEY_CACHE = 65_536


@dataclass(frozen=True, slots=True)
class Imported:
    """Progress of importing a vector file: its first `rows`, with the corpus snapshot then."""

    name: str
    digest: str
    snapshot: str
    rows: int


_VERSION_1 = """
CREATE TABLE IF NOT EXISTS shard (
    number INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS vector (
    key BLOB PRIMARY KEY, shard INTEGER NOT NULL, row INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS vector_shard ON vector (shard)
"""
# The index over shards was as large as all keys, and served only to drop a damaged shard.
_VERSION_2 = """
DROP INDEX IF EXISTS vector_shard;
CREATE TABLE imported (
    name TEXT PRIMARY KEY, digest TEXT NOT NULL, snapshot TEXT NOT NULL, rows INTEGER NOT NULL
) WITHOUT ROWID
"""
_SCHEMA = Schema((_VERSION_1, _VERSION_2), "Move it away: vectors will be computed again.")


def key_of(text: str) -> Key:
    """The 16-byte key of an encoded text."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


class VectorCache:
    """The cached vectors of one encoder. One process writes at a time (builds hold a lock)."""

    def __init__(self, folder: Path, identity: EncoderIdentity) -> None:
        self.folder = folder / identity.fingerprint
        self.dimension = identity.dimension
        self._open: OrderedDict[int, npt.NDArray[np.float16]] = OrderedDict()
        self._whole: set[int] = set()
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / "keys.sqlite"
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute(f"PRAGMA cache_size = -{_KEY_CACHE}")
            _SCHEMA.migrate(self._db, path)

    def close(self) -> None:
        self._open.clear()
        self._db.close()

    def __enter__(self) -> VectorCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM vector").fetchone()[0])

    def missing(self, keys: Sequence[Key]) -> list[int]:
        """Positions in `keys` whose vector is not cached or is in a damaged shard."""
        places = self._places(keys)
        for number in {place[0] for place in places.values()}:
            if self._shard(number) is None:
                self._forget(number)
                places = {key: place for key, place in places.items() if place[0] != number}
        return [position for position, key in enumerate(keys) if key not in places]

    def read(self, keys: Sequence[Key]) -> Vectors:
        """(n, dimension) vectors of keys that are all cached.

        Raises:
            KeyError: one is not cached.
        """
        places = self._places(keys)
        vectors = np.empty((len(keys), self.dimension), dtype=np.float32)
        numbers = np.array([places[key][0] for key in keys], dtype=np.int64)
        rows = np.array([places[key][1] for key in keys], dtype=np.int64)
        for number in np.unique(numbers):
            shard = self._shard(int(number))
            if shard is None:
                raise KeyError(f"shard {number} is damaged")
            here = numbers == number
            vectors[here] = shard[rows[here]]
        return vectors

    def imported(self, name: str) -> Imported | None:
        """The import progress of the file with this name, None if it was never imported."""
        row = self._db.execute("SELECT * FROM imported WHERE name = ?", (name,)).fetchone()
        return Imported(*row) if row else None

    def append(
        self, keys: Sequence[Key], vectors: Vectors, imported: Imported | None = None
    ) -> None:
        """Store vectors, one per key, atomically.

        Args:
            imported: import progress to store with them if they come from a file.
        """
        with storage_errors(self.folder):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                if len(keys):
                    self._append(keys, vectors)
                if imported:
                    self._db.execute(
                        "INSERT OR REPLACE INTO imported VALUES (?, ?, ?, ?)", astuple(imported)
                    )
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _append(self, keys: Sequence[Key], vectors: Vectors) -> None:
        row = self._db.execute("INSERT INTO shard (sha256) VALUES ('')")
        number = int(row.lastrowid or 0)
        digest = self._write(number, vectors.astype(np.float16))
        self._db.execute("UPDATE shard SET sha256 = ? WHERE number = ?", (digest, number))
        # In key order, so that neighbouring rows are written together.
        self._db.executemany(
            "INSERT OR REPLACE INTO vector VALUES (?, ?, ?)",
            sorted((key, number, place) for place, key in enumerate(keys)),
        )

    def _write(self, number: int, rows: npt.NDArray[np.float16]) -> str:
        with replacing(self._path(number), durable=True) as part:
            with part.open("wb") as file:
                np.save(file, rows, allow_pickle=False)
            return sha256_of(part)

    def _path(self, number: int) -> Path:
        return self.folder / f"shard-{number:06d}.npy"

    def _places(self, keys: Sequence[Key]) -> dict[Key, tuple[int, int]]:
        places: dict[Key, tuple[int, int]] = {}
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                f"SELECT key, shard, row FROM vector WHERE key IN ({marks})", part
            )
            places.update((key, (shard, row)) for key, shard, row in rows)
        return places

    def _shard(self, number: int) -> npt.NDArray[np.float16] | None:
        """The rows of a shard, memory-mapped; None if the file differs from what was written."""
        if number not in self._open:
            path = self._path(number)
            if number not in self._whole:
                if not self._is_whole(number):
                    return None
                self._whole.add(number)
            self._open[number] = mapped_array(path)
            if len(self._open) > _MOST_OPEN:
                self._open.popitem(last=False)
        self._open.move_to_end(number)
        return self._open[number]

    def _is_whole(self, number: int) -> bool:
        row = self._db.execute("SELECT sha256 FROM shard WHERE number = ?", (number,)).fetchone()
        path = self._path(number)
        return row is not None and path.exists() and sha256_of(path) == row[0]

    def damaged(self) -> list[Path]:
        """Shards that are missing or differ from what was written; reads every shard."""
        numbers = [row[0] for row in self._db.execute("SELECT number FROM shard ORDER BY number")]
        return [self._path(number) for number in numbers if not self._is_whole(number)]

    def _forget(self, number: int) -> None:
        log.warning(
            "vector shard damaged, its passages will be encoded again",
            path=str(self._path(number)),
        )
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM vector WHERE shard = ?", (number,))
        self._db.execute("DELETE FROM shard WHERE number = ?", (number,))
        self._db.execute("COMMIT")
        self._path(number).unlink(missing_ok=True)
