"""The article store: one SQLite file, the only source of truth about the literature.

It holds each article in its newest known version, the deletions that NLM announced, and a journal
of every import with what could not be read. A file is imported whole or not at all.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from corpora.article import Article, BadRecord, Deletion, Record
from corpora.errors import Damaged, NoCorpus, storage_errors

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE article (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: indexes refer to it
    pmid     TEXT NOT NULL UNIQUE,
    version  INTEGER NOT NULL,
    revised  TEXT NOT NULL,
    year     INTEGER NOT NULL,
    digest   BLOB NOT NULL,                      -- of the record, 16 bytes
    import   INTEGER NOT NULL REFERENCES import (id),
    record   BLOB NOT NULL                       -- Article.to_json()
);
CREATE TABLE deletion (
    pmid TEXT PRIMARY KEY, release TEXT NOT NULL, import INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE import (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    name      TEXT NOT NULL,
    path      TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    reader    TEXT NOT NULL,
    started   TEXT NOT NULL,
    finished  TEXT NOT NULL,
    added     INTEGER NOT NULL DEFAULT 0,
    replaced  INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    outdated  INTEGER NOT NULL DEFAULT 0,
    deleted   INTEGER NOT NULL DEFAULT 0,
    unread    INTEGER NOT NULL DEFAULT 0,
    error     TEXT NOT NULL DEFAULT ''
);
CREATE INDEX import_sha256 ON import (sha256);
CREATE TABLE unread (
    import   INTEGER NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    pmid     TEXT NOT NULL,
    reason   TEXT NOT NULL
);
"""

# NLM numbers baseline and update files in the order in which they must be applied.
_RELEASE = re.compile(r"pubmed(\d\d)n(\d{4,5})\.xml")


def release_of(name: str) -> str:
    """A sortable "26n1234" for a file name of NLM's, "" for any other."""
    found = _RELEASE.search(name)
    return f"{found[1]}n{int(found[2]):05d}" if found else ""


@dataclass(slots=True)
class ImportCounts:
    """What the records of one file, or of several, did to the store."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    outdated: int = 0
    deleted: int = 0
    unread: int = 0

    def __iadd__(self, other: ImportCounts) -> ImportCounts:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    @property
    def records(self) -> int:
        """Records seen in the source, deletions not counted."""
        return self.added + self.replaced + self.unchanged + self.outdated + self.unread


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One line of the import journal. `error` is "" for a file that was read to its end."""

    name: str
    path: str
    sha256: str
    reader: str
    started: str
    finished: str
    counts: ImportCounts
    error: str


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where records come from: the first import of this file, and NLM's release."""

    first: int
    release: str


class ArticleStore:
    """Articles by PMID, and by the id under which indexes know them.

    A store may be open in several processes; one at a time writes. Instances belong to one thread.

    Raises:
        StorageError: the file cannot be made, read or written.
        Damaged: the file is no Medcite corpus, or of a newer Medcite.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        with storage_errors(path):
            if read_only and not path.exists():
                raise FileNotFoundError(2, "No such file", str(path))
            self._db = sqlite3.connect(
                f"file:{path.as_posix()}?mode={'ro' if read_only else 'rwc'}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=30,
            )
            try:
                if not read_only:
                    self._db.execute("PRAGMA journal_mode = WAL")
                    self._db.execute("PRAGMA synchronous = NORMAL")
                    self._create()
                self._check()
            except BaseException:
                self._db.close()
                raise

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> ArticleStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _create(self) -> None:
        with self._transaction():
            if not self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.executemany(
                    "INSERT INTO meta VALUES (?, ?)",
                    [("schema", str(SCHEMA_VERSION)), ("snapshot", "0" * 32)],
                )

    def _check(self) -> None:
        found = None
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
            found = self._meta("schema")
        if found != str(SCHEMA_VERSION):
            raise Damaged(
                f"{self.path} is not a corpus of this version of Medcite.",
                "Move it away and import the literature again, or use the Medcite that made it.",
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            # A full disk may have rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    # Reading

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within it, all reads see the store as it was, whatever other processes import."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    @property
    def snapshot(self) -> str:
        """A digest of all articles, the same for the same articles in whatever order they came."""
        return self._meta("snapshot")

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM article").fetchone()[0])

    def get(self, pmid: str) -> Article | None:
        """The article with this PMID, None where there is none."""
        row = self._db.execute("SELECT record FROM article WHERE pmid = ?", (pmid,)).fetchone()
        return Article.from_json(row[0]) if row else None

    def by_id(self, ids: Sequence[int]) -> dict[int, Article]:
        """Articles by store id; ids that are gone are left out."""
        found: dict[int, Article] = {}
        for start in range(0, len(ids), 500):
            part = [int(i) for i in ids[start : start + 500]]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT id, record FROM article WHERE id IN ({marks})", part)
            found.update((row[0], Article.from_json(row[1])) for row in rows)
        return found

    def articles(self, after: int = 0) -> Iterator[tuple[int, Article]]:
        """(id, article) by ascending id, streamed: the order in which indexes are built."""
        rows = self._db.execute("SELECT id, record FROM article WHERE id > ? ORDER BY id", (after,))
        for row in rows:
            yield row[0], Article.from_json(row[1])

    def years(self) -> tuple[int, int] | None:
        """First and last publication year, None for an empty store."""
        row = self._db.execute("SELECT min(year), max(year) FROM article WHERE year > 0").fetchone()
        return (row[0], row[1]) if row[0] else None

    def journal(self) -> list[ImportEntry]:
        """Every import, oldest first."""
        rows = self._db.execute(
            "SELECT name, path, sha256, reader, started, finished, error,"
            " added, replaced, unchanged, outdated, deleted, unread FROM import ORDER BY id"
        )
        return [
            ImportEntry(name, path, sha256, reader, started, finished, ImportCounts(*counts), error)
            for name, path, sha256, reader, started, finished, error, *counts in rows
        ]

    def imported(self, sha256: str, reader: str) -> bool:
        """Whether a file of these bytes was read to its end, every record, by this reader."""
        row = self._db.execute(
            "SELECT 1 FROM import WHERE sha256 = ? AND reader = ? AND error = '' AND unread = 0",
            (sha256, reader),
        ).fetchone()
        return row is not None

    def unread(self) -> list[tuple[str, BadRecord]]:
        """(file name, record) of what could not be read, each file's latest attempt only."""
        rows = self._db.execute(
            "SELECT i.name, u.position, u.pmid, u.reason FROM unread u JOIN import i"
            " ON i.id = u.import WHERE i.id IN (SELECT max(id) FROM import GROUP BY sha256)"
            " ORDER BY i.id, u.position"
        )
        return [(row[0], BadRecord(*row[1:])) for row in rows]

    # Writing

    def import_records(
        self, records: Iterable[Record], *, name: str, path: str, sha256: str, reader: str
    ) -> tuple[ImportCounts, list[BadRecord]]:
        """Apply the records of one file: all of them, or none where reading or storing fails.

        Returns:
            what they did, and the records that could not be read.
        """
        started = _now()
        counts, bad = ImportCounts(), []
        release = release_of(name)
        with storage_errors(self.path), self._transaction():
            cursor = self._db.execute(
                "INSERT INTO import (name, path, sha256, reader, started, finished)"
                " VALUES (?, ?, ?, ?, ?, '')",
                (name, path, sha256, reader, started),
            )
            number = int(cursor.lastrowid or 0)
            # A file that is read again, for its unread records, counts as of its first import.
            first = self._db.execute("SELECT min(id) FROM import WHERE sha256 = ?", (sha256,))
            origin = _Origin(int(first.fetchone()[0]), release)
            snapshot = int(self.snapshot, 16)
            for record in records:
                if isinstance(record, Article):
                    snapshot ^= self._put(record, origin, counts)
                elif isinstance(record, Deletion):
                    snapshot ^= self._delete(record.pmid, origin, counts)
                else:
                    counts.unread += 1
                    bad.append(record)
                    self._db.execute(
                        "INSERT INTO unread VALUES (?, ?, ?, ?)",
                        (number, record.position, record.pmid, record.reason),
                    )
            self._db.execute(
                "UPDATE meta SET value = ? WHERE name = 'snapshot'", (f"{snapshot:032x}",)
            )
            self._db.execute(
                "UPDATE import SET finished = ?, added = ?, replaced = ?, unchanged = ?,"
                " outdated = ?, deleted = ?, unread = ? WHERE id = ?",
                (_now(), *(getattr(counts, field) for field in counts.__slots__), number),
            )
        return counts, bad

    def record_failure(self, *, name: str, path: str, sha256: str, reader: str, error: str) -> None:
        """Note in the journal that a file could not be imported."""
        with storage_errors(self.path), self._transaction():
            self._db.execute(
                "INSERT INTO import (name, path, sha256, reader, started, finished, error)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (name, path, sha256, reader, _now(), _now(), error),
            )

    def _put(self, article: Article, origin: _Origin, counts: ImportCounts) -> int:
        """Add or replace one article; returns what the snapshot changes by."""
        record = article.to_json()
        digest = hashlib.blake2b(record, digest_size=16).digest()
        row = self._db.execute(
            "SELECT id, version, revised, digest, import FROM article WHERE pmid = ?",
            (article.pmid,),
        ).fetchone()
        new = int.from_bytes(digest)
        if row is None:
            if self._deleted_later(article.pmid, origin):
                counts.outdated += 1
                return 0
            counts.added += 1
            self._db.execute(
                "INSERT INTO article (pmid, version, revised, year, digest, import, record)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    article.pmid,
                    article.version,
                    article.revised,
                    article.year,
                    digest,
                    origin.first,
                    record,
                ),
            )
            return new
        if row[3] == digest:
            counts.unchanged += 1
            return 0
        # Equal revisions come from files that name none: the file that was first seen later wins.
        if (article.version, article.revised, origin.first) < (row[1], row[2], row[4]):
            counts.outdated += 1
            return 0
        counts.replaced += 1
        self._db.execute(
            "UPDATE article SET version = ?, revised = ?, year = ?, digest = ?, import = ?,"
            " record = ? WHERE id = ?",
            (article.version, article.revised, article.year, digest, origin.first, record, row[0]),
        )
        return new ^ int.from_bytes(row[3])

    def _deleted_later(self, pmid: str, origin: _Origin) -> bool:
        """Whether this PMID was deleted after its file was released, or first seen here."""
        row = self._db.execute(
            "SELECT release, import FROM deletion WHERE pmid = ?", (pmid,)
        ).fetchone()
        if row is None:
            return False
        return bool(origin.release and origin.release < row[0]) or origin.first < row[1]

    def _delete(self, pmid: str, origin: _Origin, counts: ImportCounts) -> int:
        row = self._db.execute(
            "SELECT digest, import FROM article WHERE pmid = ?", (pmid,)
        ).fetchone()
        if row and origin.first < row[1]:
            return 0
        self._db.execute(
            "INSERT INTO deletion VALUES (?, ?, ?) ON CONFLICT (pmid) DO UPDATE"
            " SET release = max(release, excluded.release), import = excluded.import",
            (pmid, origin.release, origin.first),
        )
        if row is None:
            return 0
        counts.deleted += 1
        self._db.execute("DELETE FROM article WHERE pmid = ?", (pmid,))
        return int.from_bytes(row[0])


def open_corpus(path: Path) -> ArticleStore:
    """The store at `path` for reading.

    Raises:
        NoCorpus: there is none, or it is empty.
    """
    if not path.exists():
        raise NoCorpus(
            f"There is no literature in {path.parent} yet.",
            "Import some with `medcite corpus fetch demo` or `medcite corpus add FILE…`.",
        )
    return ArticleStore(path)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
