"""The article store: one SQLite file, the only source of truth about the literature.

It holds each article in its newest known version, the deletions that NLM announced, and a journal
of every import with what could not be read. A file is imported whole or not at all.

Records of one article, whatever database they come from, are one article (see `corpora.identity`
and `corpora.assembly`): PubMed's says what it is, a full text adds its body, others fill gaps, in
whichever order they come.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import orjson

from corpora import schema
from corpora.article import Article, BadRecord, Deletion, Record, Remark, Statement
from corpora.assembly import Assembly, Origin
from corpora.errors import BadInput, Damaged, NoCorpus, storage_errors
from corpora.identity import number_of
from corpora.journal import FetchEntry, ImportCounts, ImportEntry, Journal, SourceFile
from corpora.merging import current
from corpora.notices import NoticeLinks

_AT_ONCE = 500

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
        self._assembly = Assembly(self._db, self._links)

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
            elif (version := self._schema()) in ("1", "2"):
                schema.upgrade(self._db, version)

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
        """The article with this PMID, "doi:…", "PMC…" or key of a record in it, else None."""
        return found[1] if (found := self.find(identifier)) else None

    def find(self, pmid: str) -> tuple[int, Article] | None:
        """(id, article) of this PMID, or of any other identifier of one of its records."""
        row = self._db.execute("SELECT id, record FROM article WHERE pmid = ?", (pmid,)).fetchone()
        return self._read([row])[0] if row else self._named(pmid)

    def _named(self, identifier: str) -> tuple[int, Article] | None:
        names = [f"key {identifier.casefold()}"]
        if identifier.lower().startswith("doi:"):
            names.append(f"doi {identifier[4:].casefold()}")
        if identifier.upper().startswith("PMC"):
            names.append(f"pmcid {identifier.casefold()}")
        marks = ",".join("?" * len(names))
        row = self._db.execute(
            "SELECT id, record FROM article WHERE id IN"
            f" (SELECT article FROM name WHERE number IN ({marks})) ORDER BY id",
            [number_of(name) for name in names],
        ).fetchone()
        return self._read([row])[0] if row else None

    def records(self, pmid: str) -> list[Article]:
        """The records that an article is made of, as their sources gave them; PubMed's first."""
        found = self.find(pmid)
        return [p.record for p in current(self._assembly.known(found[0]).parts)] if found else []

    def merges(self) -> Iterator[tuple[Article, list[Article]]]:
        """Each article that several sources speak of, with their records."""
        rows = self._db.execute("SELECT id FROM article WHERE parts > 1 ORDER BY id").fetchall()
        for (number,) in rows:
            known = self._assembly.known(number)
            if len(records := [part.record for part in current(known.parts)]) > 1:
                yield known.article, records

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

    def changed_since(self, number: int) -> set[int]:
        """Ids of the articles that an import after this one added or changed."""
        rows = self._db.execute("SELECT id FROM article WHERE changed > ?", (number,))
        return {row[0] for row in rows}

    def present(self, ids: Sequence[int]) -> set[int]:
        """Those of these ids that are still there."""
        return set(self._of_each(ids, "''"))

    def pmids(self, ids: Sequence[int]) -> list[str]:
        """The PMIDs, or other keys, of articles by store id, in this order."""
        found = self._of_each(ids, "pmid")
        return [found[int(i)] for i in ids if int(i) in found]

    def dates(self, ids: Sequence[int]) -> dict[int, str]:
        """Publication dates in ISO form by store id, "" where one is unknown."""
        return self._of_each(ids, "coalesce(json_extract(record, '$.published'), '')")

    def first_sources(self, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """(PMID or other key, the first of its `sources` or "") of articles by store id."""
        value = "json_array(pmid, coalesce(json_extract(record, '$.sources[0]'), ''))"
        return {n: tuple(orjson.loads(pair)) for n, pair in self._of_each(ids, value).items()}

    def of_several(self, ids: Sequence[int]) -> set[int]:
        """Those of these articles that are made of several records."""
        return {number for number, parts in self._of_each(ids, "parts").items() if int(parts) > 1}

    def _of_each(self, ids: Sequence[int], value: str) -> dict[int, str]:
        """What an expression says of each of these articles."""
        found: dict[int, str] = {}
        for start in range(0, len(ids), _AT_ONCE):
            part = [int(i) for i in ids[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT id, {value} FROM article WHERE id IN ({marks})", part)
            found.update(rows.fetchall())
        return found

    def _read(self, rows: Sequence[tuple[int, bytes]]) -> list[tuple[int, Article]]:
        articles = self._links.linked([Article.from_json(record) for _, record in rows])
        return [(row[0], article) for row, article in zip(rows, articles, strict=True)]

    def cited_as(
        self,
        *,
        journal: str = "",
        year: int = 0,
        volume: str = "",
        page: str = "",
        author: str = "",
    ) -> list[Article]:
        """The articles to which all parts of a printed citation that are given apply, by id.

        Args:
            journal: its full title or abbreviation, without regard to case and full stops.
            page: the first page.
            author: the family name of any author, or as a reference list prints it ("Smith JA").
        """
        rows = self._db.execute(
            "SELECT id, record FROM article WHERE (:year = 0 OR year = :year)"
            " AND (:volume = '' OR json_extract(record, '$.volume') = :volume) ORDER BY id",
            {"year": year, "volume": volume},
        )
        found: list[Article] = []
        while part := rows.fetchmany(_AT_ONCE):
            found += [a for _, a in self._read(part) if _is_cited_as(a, journal, page, author)]
        return found

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


def _is_cited_as(article: Article, journal: str, page: str, author: str) -> bool:
    def plain(text: str) -> str:
        return " ".join(text.replace(".", " ").casefold().split())

    journals = (article.journal, article.journal_abbreviation)
    first_page = re.split(r"[-–,;]", article.pages, maxsplit=1)[0].strip()
    names = [name for each in article.authors for name in (each.last, each.short)]
    return (
        (not journal or plain(journal) in map(plain, journals))
        and (not page or page.casefold() == first_page.casefold())
        and (not author or plain(author) in map(plain, names))
    )
