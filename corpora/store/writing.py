"""Change a corpus: atomic imports, undo, removal, and splitting of merged articles."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpora.article import Article, BadRecord, Deletion, Record, Remark, Statement
from corpora.errors import BadInput, NoCorpus, storage_errors
from corpora.store.assembly import Origin
from corpora.store.journal import FetchEntry, ImportCounts, SourceFile
from corpora.store.reading import ArticleReader
from corpora.store.schema import SCHEMA

# NLM numbers baseline and update files in the order in which they must be applied.
_RELEASE = re.compile(r"pubmed(\d\d)n(\d{4,5})\.xml")


def release_of(name: str) -> str:
    """A sortable "26n01234" for an NLM file name, "" for any other."""
    match = _RELEASE.search(name)
    return f"{match[1]}n{int(match[2]):05d}" if match else ""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The effect of one file's records, and those that could not be read."""

    counts: ImportCounts
    unread: tuple[BadRecord, ...]
    remarks: tuple[Remark, ...]
    number: int


class ArticleStore(ArticleReader):
    """Articles by PMID and by the id that indexes use.

    Several processes may open a store; one writes at a time. Instances belong to one thread.

    Raises:
        StorageError: the file cannot be created, read or written.
        Damaged: the file is not a Medcite corpus, or was written by a newer Medcite.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        with storage_errors(path):
            if read_only and not path.exists():
                raise FileNotFoundError(2, "No such file", str(path))
            db = sqlite3.connect(
                f"file:{path.as_posix()}?mode={'ro' if read_only else 'rwc'}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=30,
            )
            try:
                if not read_only:
                    db.execute("PRAGMA journal_mode = WAL")
                    db.execute("PRAGMA synchronous = NORMAL")
                    SCHEMA.migrate(db, path)
                SCHEMA.check(db, path)
            except BaseException:
                db.close()
                raise
        super().__init__(path, db)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> ArticleStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if bool(self._db.in_transaction):
            # Within a preview: a failed file must leave nothing behind there, either.
            self._db.execute("SAVEPOINT file")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK TO file")
                raise
            self._db.execute("RELEASE file")
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._assembly.snapshot = 0
            # A full disk may have rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def import_records(
        self, records: Iterable[Record], *, name: str, path: str, sha256: str, reader: str
    ) -> ImportResult:
        """Apply the records of one file: all of them, or none if reading or storing fails."""
        counts, bad, remarks = ImportCounts(), [], []
        with storage_errors(self.path), self._transaction():
            # A file read again for its unread records keeps the order of its first import.
            number, first = self._journal.begin(SourceFile(name, path, sha256, reader))
            origin = Origin(number, first, release_of(name))
            for record in records:
                if isinstance(record, Article):
                    self._assembly.put(record, origin, counts)
                elif isinstance(record, Deletion):
                    self._assembly.delete(record.pmid, origin, counts)
                elif isinstance(record, Statement):
                    counts.statements += 1
                    self._links.keep(record.about, record.notice, f"import {first}")
                elif isinstance(record, Remark):
                    remarks.append(record)
                else:
                    counts.unread += 1
                    bad.append(record)
            if counts.statements:
                self._touch(self._links.about(f"import {first}"), number)
            self._journal.finish(number, counts, bad)
            self._note_snapshot()
        return ImportResult(counts, tuple(bad), tuple(remarks), number)

    def _note_snapshot(self) -> None:
        snapshot = int(self.snapshot, 16) ^ self._assembly.snapshot
        self._assembly.snapshot = 0
        self._db.execute("UPDATE meta SET value = ? WHERE name = 'snapshot'", (f"{snapshot:032x}",))

    def _touch(self, about: Sequence[str], number: int) -> None:
        """Mark articles, and so the store, as changed by statements about them."""
        for article in {match[0] for name in about if (match := self.find(name))}:
            self._db.execute("UPDATE article SET changed = ? WHERE id = ?", (number, article))
            digest = hashlib.blake2b(f"{number} {article}".encode(), digest_size=16).digest()
            self._assembly.snapshot ^= int.from_bytes(digest)

    @contextmanager
    def preview(self) -> Iterator[None]:
        """A block whose imports and removals are rolled back at its end."""
        with storage_errors(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._assembly.snapshot = 0

    def undo_import(self, number: int) -> ImportCounts:
        """Remove the records of an import; records of its articles from other imports stay.

        Raises:
            BadInput: there is no such import, or it is one of NLM's numbered files, on which later
                ones depend.
        """
        entry = next((e for e in self._journal.imports() if e.number == number), None)
        if entry is None or entry.error or entry.undone or not entry.sha256:
            raise BadInput(
                f"There is no import {number} to undo.",
                "`medcite corpus status` lists imports with their numbers.",
            )
        if release_of(entry.name):
            raise BadInput(
                f"{entry.name} is one of PubMed's numbered files, on which later ones build.",
                "Remove articles by PMID or query: medcite corpus remove --help.",
            )
        counts = ImportCounts()
        with storage_errors(self.path), self._transaction():
            first = self._journal.first(entry.sha256)
            own, _ = self._journal.begin(SourceFile(f"undo of {entry.name}", "", "", "undo"))
            for (article,) in self._db.execute(
                "SELECT article FROM part WHERE import = ? UNION"
                " SELECT id FROM article WHERE import = ? AND parts = 0",
                (first, first),
            ).fetchall():
                merged = self._assembly.load(article)
                parts = merged.parts
                removed = [part for part in parts if part.first == first]
                self._assembly.without(merged, removed, own)
                counts.deleted += len(removed) == len(parts)
                counts.replaced += len(removed) < len(parts)
            source = f"import {first}"
            self._touch(self._links.about(source), own)
            self._links.withdraw(source)
            self._journal.undo(entry.sha256)
            self._journal.finish(own, counts, ())
            self._note_snapshot()
        return counts

    def remove(self, pmids: Iterable[str]) -> int:
        """Remove articles with all their records; return their number.

        The files they came from can be imported again.
        """
        counts = ImportCounts()
        with storage_errors(self.path), self._transaction():
            own, _ = self._journal.begin(SourceFile("removal", "", "", "remove"))
            for pmid in pmids:
                if match := self.find(pmid):
                    article = self._assembly.load(match[0])
                    self._assembly.without(article, article.parts, own)
                    for part in article.parts:
                        self._journal.reopen(part.first)
                    counts.deleted += 1
            self._journal.finish(own, counts, ())
            self._note_snapshot()
        return counts.deleted

    def part(self, pmid: str) -> list[Article]:
        """Split a merged article into one per source, which are not merged again.

        Raises:
            BadInput: there is no such article, or it has records from one source only.
        """
        match = self.find(pmid)
        article = self._assembly.load(match[0]) if match else None
        if article is None or len({part.origin for part in article.parts}) < 2:
            raise BadInput(
                f"{pmid} is not an article with several sources.",
                "`medcite corpus merges` lists those that are.",
            )
        with storage_errors(self.path), self._transaction():
            own, _ = self._journal.begin(SourceFile(f"{pmid} taken apart", "", "", "part"))
            numbers = self._assembly.part_from(article, own)
            self._journal.finish(own, ImportCounts(added=len(numbers) - 1, replaced=1), ())
            self._note_snapshot()
        return list(self.by_id(numbers).values())

    def record_failure(self, *, name: str, path: str, sha256: str, reader: str, error: str) -> None:
        """Record in the journal that a file could not be imported."""
        with storage_errors(self.path), self._transaction():
            self._journal.fail(SourceFile(name, path, sha256, reader), error)

    def record_fetch(self, entry: FetchEntry) -> None:
        """Record a fetch in the journal."""
        with storage_errors(self.path), self._transaction():
            self._journal.fetched(entry)


def open_corpus(path: Path) -> ArticleStore:
    """The store at `path` for reading.

    Raises:
        NoCorpus: there is no store.
    """
    if not path.exists():
        raise NoCorpus(
            f"There is no literature in {path.parent} yet.",
            "Import some with `medcite corpus fetch demo` or `medcite corpus add FILE…`.",
        )
    return ArticleStore(path)
