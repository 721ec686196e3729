"""The article store: one SQLite file, the only source of truth about the literature.

It holds each article in its newest known version, the deletions that NLM announced, and a journal
of every import with what could not be read. A file is imported whole or not at all.

A PubMed record and the full text of the same article are one article: the record says what it is,
the full text adds its body, in whichever order the two come.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from corpora import schema
from corpora.article import Article, BadRecord, Deletion, Record
from corpora.errors import Damaged, NoCorpus, storage_errors
from corpora.journal import FetchEntry, ImportCounts, ImportEntry, Journal, SourceFile
from corpora.notices import NoticeLinks

_AT_ONCE = 500

# NLM numbers baseline and update files in the order in which they must be applied.
_RELEASE = re.compile(r"pubmed(\d\d)n(\d{4,5})\.xml")


def release_of(name: str) -> str:
    """A sortable "26n1234" for a file name of NLM's, "" for any other."""
    found = _RELEASE.search(name)
    return f"{found[1]}n{int(found[2]):05d}" if found else ""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where records come from: this import, the first one of the same bytes, and NLM's release."""

    number: int
    first: int
    release: str


@dataclass(frozen=True, slots=True)
class Changes:
    """How a store differs from what it was at some earlier import."""

    added: int
    revised: int
    deleted: int

    @property
    def any(self) -> bool:
        return bool(self.added or self.revised or self.deleted)


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
        self._journal = Journal(self._db)
        self._links = NoticeLinks(self._db)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> ArticleStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _create(self) -> None:
        with self._transaction():
            if not self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone():
                schema.create(self._db)
            elif self._schema() == "1":
                schema.upgrade(self._db)

    def _schema(self) -> str:
        known = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
        return self._meta("schema") if known else ""

    def _check(self) -> None:
        if self._schema() != str(schema.SCHEMA_VERSION):
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

    @property
    def identity(self) -> str:
        """Tells this store from every other; its article ids mean nothing to another."""
        return self._meta("identity")

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM article").fetchone()[0])

    @property
    def last_import(self) -> int:
        """The number of the newest import, 0 before the first."""
        return int(self._db.execute("SELECT max(id) FROM import").fetchone()[0] or 0)

    @property
    def last_id(self) -> int:
        """The highest store id there is, 0 for an empty store."""
        return int(self._db.execute("SELECT max(id) FROM article").fetchone()[0] or 0)

    def changes(self, last_import: int, last_id: int, articles: int) -> Changes:
        """What has changed since the store had this newest import, highest id and size."""
        added, revised, kept = self._db.execute(
            "SELECT count(*) FILTER (WHERE id > :id),"
            " count(*) FILTER (WHERE id <= :id AND changed > :import),"
            " count(*) FILTER (WHERE id <= :id) FROM article",
            {"id": last_id, "import": last_import},
        ).fetchone()
        return Changes(added, revised, articles - kept)

    def get(self, pmid: str) -> Article | None:
        """The article with this PMID, None where there is none."""
        return found[1] if (found := self.find(pmid)) else None

    def identified(self, identifier: str) -> Article | None:
        """The article with this PMID, "doi:…" or "PMC…", None where there is none.

        A DOI or PMCID that is not the article's own key is looked for in all records.
        """
        if found := self.get(identifier):
            return found
        name = "pmcid" if identifier.startswith("PMC") else "doi"
        value = identifier.removeprefix("doi:")
        if name == "doi" and value == identifier:
            return None
        rows = self._db.execute(
            "SELECT pmid FROM article WHERE CAST(record AS TEXT) LIKE ?", (f'%"{value}"%',)
        )
        for (pmid,) in rows.fetchall():
            article = self.get(pmid)
            if article is not None and getattr(article, name).casefold() == value.casefold():
                return article
        return None

    def find(self, pmid: str) -> tuple[int, Article] | None:
        """(id, article) of this PMID."""
        row = self._db.execute("SELECT id, record FROM article WHERE pmid = ?", (pmid,)).fetchone()
        return self._read([row])[0] if row else None

    def _recorded(self, pmid: str) -> Article | None:
        """The article as its own record says, without what others say about it."""
        row = self._db.execute("SELECT record FROM article WHERE pmid = ?", (pmid,)).fetchone()
        return Article.from_json(row[0]) if row else None

    def by_id(self, ids: Sequence[int]) -> dict[int, Article]:
        """Articles by store id; ids that are gone are left out."""
        found: dict[int, Article] = {}
        for start in range(0, len(ids), _AT_ONCE):
            part = [int(i) for i in ids[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT id, record FROM article WHERE id IN ({marks})", part)
            found.update(self._read(rows.fetchall()))
        return found

    def articles(self, after: int = 0) -> Iterator[tuple[int, Article]]:
        """(id, article) by ascending id, streamed: the order in which indexes are built."""
        rows = self._db.execute("SELECT id, record FROM article WHERE id > ? ORDER BY id", (after,))
        while part := list(islice(rows, _AT_ONCE)):
            yield from self._read(part)

    def states(self) -> Iterator[tuple[int, int]]:
        """(id, number of the import that last changed it) of every article, by ascending id."""
        yield from self._db.execute("SELECT id, changed FROM article ORDER BY id")

    def _read(self, rows: Sequence[tuple[int, bytes]]) -> list[tuple[int, Article]]:
        articles = self._links.linked([Article.from_json(record) for _, record in rows])
        return [(row[0], article) for row, article in zip(rows, articles, strict=True)]

    def years(self) -> tuple[int, int] | None:
        """First and last publication year, None for an empty store."""
        row = self._db.execute("SELECT min(year), max(year) FROM article WHERE year > 0").fetchone()
        return (row[0], row[1]) if row[0] else None

    def counts(self, field: Literal["journal", "languages"]) -> dict[str, int]:
        """How many articles have which value of a field, the most frequent first."""
        rows = self._db.execute(
            "SELECT value, count(*) FROM article, json_each(record, ?) WHERE value != ''"
            " GROUP BY value ORDER BY count(*) DESC, value",
            (f"$.{field}",),
        )
        return dict(rows.fetchall())

    def journal(self) -> list[ImportEntry]:
        """Every import, oldest first."""
        return self._journal.imports()

    def fetches(self) -> list[FetchEntry]:
        """Every fetch, oldest first."""
        return self._journal.fetches()

    def imported(self, sha256: str, reader: str) -> bool:
        """Whether a file of these bytes was read to its end, every record, by this reader."""
        return self._journal.imported(sha256, reader)

    def unread(self) -> list[tuple[str, BadRecord]]:
        """(file name, record) of what could not be read, each file's latest attempt only."""
        return self._journal.unread()

    # Writing

    def import_records(
        self, records: Iterable[Record], *, name: str, path: str, sha256: str, reader: str
    ) -> tuple[ImportCounts, list[BadRecord]]:
        """Apply the records of one file: all of them, or none where reading or storing fails.

        Returns:
            what they did, and the records that could not be read.
        """
        counts, bad = ImportCounts(), []
        with storage_errors(self.path), self._transaction():
            # A file that is read again, for its unread records, counts as of its first import.
            number, first = self._journal.begin(SourceFile(name, path, sha256, reader))
            origin = _Origin(number, first, release_of(name))
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
                "UPDATE meta SET value = ? WHERE name = 'snapshot'", (f"{snapshot:032x}",)
            )
            self._journal.finish(number, counts, bad)
        return counts, bad

    def record_failure(self, *, name: str, path: str, sha256: str, reader: str, error: str) -> None:
        """Note in the journal that a file could not be imported."""
        with storage_errors(self.path), self._transaction():
            self._journal.fail(SourceFile(name, path, sha256, reader), error)

    def record_fetch(self, entry: FetchEntry) -> None:
        """Note in the journal what was fetched from where."""
        with storage_errors(self.path), self._transaction():
            self._journal.fetched(entry)

    def _put(self, article: Article, origin: _Origin, counts: ImportCounts) -> int:
        """Add or replace one article; returns what the snapshot changes by."""
        row = self._db.execute(
            "SELECT id, version, revised, digest, import, body FROM article WHERE pmid = ?",
            (article.pmid,),
        ).fetchone()
        if row is None:
            if self._deleted_later(article.pmid, origin):
                counts.outdated += 1
                return 0
            counts.added += 1
            return self._write(None, article, origin)
        number, version, revised, digest, first, body = row
        joins = article.version == 0 < version
        # Equal revisions come from files that name none: the file that was first seen later wins.
        older = (article.version, article.revised, origin.first) < (version, revised, first)
        older = older and not joins
        if body or joins:
            known = self._recorded(article.pmid)
            if known and joins:
                article = known.with_body(article)
            elif known and article.version > 0:
                article = article.with_body(known)
        record, said = _as_kept(article)
        if said == digest:
            counts.unchanged += 1
            if article.typography and not older:
                self._db.execute("UPDATE article SET record = ? WHERE id = ?", (record, number))
            return 0
        if older:
            counts.outdated += 1
            return 0
        counts.replaced += 1
        self._links.withdraw(article.pmid)
        return self._write(number, article, origin) ^ int.from_bytes(digest)

    def _write(self, number: int | None, article: Article, origin: _Origin) -> int:
        """Insert an article, or update the one of this number; returns its digest."""
        record, digest = _as_kept(article)
        self._db.execute(
            "INSERT INTO article"
            " (id, pmid, version, revised, year, digest, import, record, changed, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
            " revised = excluded.revised, year = excluded.year, digest = excluded.digest,"
            " import = excluded.import, record = excluded.record, changed = excluded.changed,"
            " body = excluded.body",
            (
                number,
                article.pmid,
                article.version,
                article.revised,
                article.year,
                digest,
                origin.first,
                record,
                origin.number,
                bool(article.body),
            ),
        )
        self._links.state(article)
        return int.from_bytes(digest)

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
        self._links.withdraw(pmid)
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


def _as_kept(article: Article) -> tuple[bytes, bytes]:
    """A record, and the digest of what it says: of its typography no index or quote knows."""
    record = article.to_json()
    said = replace(article, typography=()).to_json() if article.typography else record
    return record, hashlib.blake2b(said, digest_size=16).digest()
