"""What changes a corpus: imports whole or not at all, their undoing, removals, parting."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from corpora.article import Article, BadRecord, Deletion, Record, Remark, Statement
from corpora.assembly import Origin
from corpora.errors import BadInput, NoCorpus, storage_errors
from corpora.journal import FetchEntry, ImportCounts, SourceFile
from corpora.store.reading import ArticleReader
from corpora.store.schema import SCHEMA

# NLM numbers baseline and update files in the order in which they must be applied.
_RELEASE = re.compile(r"pubmed(\d\d)n(\d{4,5})\.xml")


def release_of(name: str) -> str:
    """A sortable "26n1234" for a file name of NLM's, "" for any other."""
    found = _RELEASE.search(name)
    return f"{found[1]}n{int(found[2]):05d}" if found else ""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What the records of one file did, and what of them could not be read."""

    counts: ImportCounts
    unread: tuple[BadRecord, ...]
    remarks: tuple[Remark, ...]
    number: int


class ArticleStore(ArticleReader):
    """Articles by PMID, and by the id under which indexes know them.

    A store may be open in several processes; one at a time writes. Instances belong to one thread.

    Raises:
        StorageError: the file cannot be made, read or written.
        Damaged: the file is no Medcite corpus, or of a newer Medcite.
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
            # Within a preview: a file that fails leaves nothing behind there, either.
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
        """Apply the records of one file: all of them, or none where reading or storing fails."""
        counts, bad, remarks = ImportCounts(), [], []
        with storage_errors(self.path), self._transaction():
            # A file that is read again, for its unread records, counts as of its first import.
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
        """Mark articles as changed by what a list says about them, and the store with them."""
        for article in {found[0] for name in about if (found := self.find(name))}:
            self._db.execute("UPDATE article SET changed = ? WHERE id = ?", (number, article))
            digest = hashlib.blake2b(f"{number} {article}".encode(), digest_size=16).digest()
            self._assembly.snapshot ^= int.from_bytes(digest)

    @contextmanager
    def preview(self) -> Iterator[None]:
        """Within it, whatever is imported or removed is forgotten at the end."""
        with storage_errors(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                self._assembly.snapshot = 0

    def undo_import(self, number: int) -> ImportCounts:
        """Take away what an import brought; what other imports say of its articles stays.

        Raises:
            BadInput: there is no such import, or it is one of NLM's numbered files, on which the
                following ones build.
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
                known = self._assembly.known(article)
                gone = [part for part in known.parts if part.first == first]
                self._assembly.without(known, gone, own)
                counts.deleted += len(gone) == len(known.parts)
                counts.replaced += len(gone) < len(known.parts)
            said = f"import {first}"
            self._touch(self._links.about(said), own)
            self._links.withdraw(said)
            self._journal.undo(entry.sha256)
            self._journal.finish(own, counts, ())
            self._note_snapshot()
        return counts

    def remove(self, pmids: Iterable[str]) -> int:
        """Remove articles with all their records; returns how many there were.

        The files they came from may be imported again.
        """
        counts = ImportCounts()
        with storage_errors(self.path), self._transaction():
            own, _ = self._journal.begin(SourceFile("removal", "", "", "remove"))
            for pmid in pmids:
                if found := self.find(pmid):
                    known = self._assembly.known(found[0])
                    self._assembly.without(known, known.parts, own)
                    for part in known.parts:
                        self._journal.reopen(part.first)
                    counts.deleted += 1
            self._journal.finish(own, counts, ())
            self._note_snapshot()
        return counts.deleted

    def part(self, pmid: str) -> list[Article]:
        """Take a merged article apart into one of each source, which then stay apart.

        Raises:
            BadInput: there is no such article, or it is made of one record.
        """
        found = self.find(pmid)
        known = self._assembly.known(found[0]) if found else None
        if known is None or len({part.origin for part in known.parts}) < 2:
            raise BadInput(
                f"{pmid} is no article of several sources.",
                "`medcite corpus merges` lists those that are.",
            )
        with storage_errors(self.path), self._transaction():
            own, _ = self._journal.begin(SourceFile(f"{pmid} taken apart", "", "", "part"))
            numbers = self._assembly.part_from(known, own)
            self._journal.finish(own, ImportCounts(added=len(numbers) - 1, replaced=1), ())
            self._note_snapshot()
        return list(self.by_id(numbers).values())

    def record_failure(self, *, name: str, path: str, sha256: str, reader: str, error: str) -> None:
        """Note in the journal that a file could not be imported."""
        with storage_errors(self.path), self._transaction():
            self._journal.fail(SourceFile(name, path, sha256, reader), error)

    def record_fetch(self, entry: FetchEntry) -> None:
        """Note in the journal what was fetched from where."""
        with storage_errors(self.path), self._transaction():
            self._journal.fetched(entry)


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
