"""Read a corpus: articles by PMID, identifier or id, changes and counts."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import orjson

from corpora.article import Article, BadRecord
from corpora.identity import number_of
from corpora.store.assembly import Assembly
from corpora.store.journal import FetchEntry, ImportEntry, Journal
from corpora.store.merging import current
from corpora.store.notice_links import NoticeLinks

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Changes:
    """How a store differs from its state at an earlier import."""

    added: int
    revised: int
    deleted: int

    @property
    def any(self) -> bool:
        return bool(self.added or self.revised or self.deleted)


class ArticleReader:
    """Read access to an open store."""

    def __init__(self, path: Path, db: sqlite3.Connection) -> None:
        self.path = path
        self._db = db
        self._journal = Journal(db)
        self._links = NoticeLinks(db)
        self._assembly = Assembly(db, self._links)

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """A block in which all reads see one snapshot, whatever other processes import."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("COMMIT")

    @property
    def snapshot(self) -> str:
        """A digest of all articles, independent of the order of import."""
        return self._meta("snapshot")

    @property
    def identity(self) -> str:
        """A unique id of this store; article ids are valid only within it."""
        return self._meta("identity")

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM article").fetchone()[0])

    @property
    def last_import(self) -> int:
        """The number of the latest import, 0 before the first."""
        return int(self._db.execute("SELECT max(id) FROM import").fetchone()[0] or 0)

    @property
    def last_id(self) -> int:
        """The highest store id, 0 for an empty store."""
        return int(self._db.execute("SELECT max(id) FROM article").fetchone()[0] or 0)

    def changes(self, last_import: int, last_id: int, articles: int) -> Changes:
        """The changes since the store had this latest import, highest id and size."""
        added, revised, kept = self._db.execute(
            "SELECT count(*) FILTER (WHERE id > :id),"
            " count(*) FILTER (WHERE id <= :id AND changed > :import),"
            " count(*) FILTER (WHERE id <= :id) FROM article",
            {"id": last_id, "import": last_import},
        ).fetchone()
        return Changes(added, revised, articles - kept)

    def get(self, pmid: str) -> Article | None:
        """The article with this PMID, None if there is none."""
        return match[1] if (match := self.find(pmid)) else None

    def identified(self, identifier: str) -> Article | None:
        """The article with this PMID, "doi:…", "PMC…" or key of one of its records, else None."""
        return match[1] if (match := self.find(identifier)) else None

    def find(self, pmid: str) -> tuple[int, Article] | None:
        """(id, article) for a PMID or any other identifier of one of its records."""
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
        """The records an article is derived from, unmerged, PubMed's first."""
        match = self.find(pmid)
        return [p.record for p in current(self._assembly.load(match[0]).parts)] if match else []

    def merges(self) -> Iterator[tuple[Article, list[Article]]]:
        """Each article with records from several sources, and those records."""
        rows = self._db.execute("SELECT id FROM article WHERE parts > 1 ORDER BY id").fetchall()
        for (number,) in rows:
            entry = self._assembly.load(number)
            if len(records := [part.record for part in current(entry.parts)]) > 1:
                yield entry.article, records

    def by_id(self, ids: Sequence[int]) -> dict[int, Article]:
        """Articles by store id; ids that no longer exist are omitted."""
        return dict(self._read(list(self._of_each(ids, "record").items())))

    def of_pmids(self, pmids: Sequence[str]) -> Iterator[tuple[str, Article | None]]:
        """(PMID, article or None) in this order, by PMID only; read in batches."""
        for start in range(0, len(pmids), _AT_ONCE):
            part = pmids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                f"SELECT id, record FROM article WHERE pmid IN ({marks})", tuple(part)
            ).fetchall()
            articles = {article.pmid: article for _, article in self._read(rows)}
            yield from ((pmid, articles.get(pmid)) for pmid in part)

    def articles(self, after: int = 0) -> Iterator[tuple[int, Article]]:
        """Stream (id, article) by ascending id, the order in which indexes are built."""
        rows = self._db.execute("SELECT id, record FROM article WHERE id > ? ORDER BY id", (after,))
        while part := list(islice(rows, _AT_ONCE)):
            yield from self._read(part)

    def states(self) -> Iterator[tuple[int, int]]:
        """(id, number of the import that last changed it) of every article, by ascending id."""
        yield from self._db.execute("SELECT id, changed FROM article ORDER BY id")

    def changed_since(self, number: int) -> set[int]:
        """Ids of the articles added or changed by imports after this one."""
        rows = self._db.execute("SELECT id FROM article WHERE changed > ?", (number,))
        return {row[0] for row in rows}

    def present(self, ids: Sequence[int]) -> set[int]:
        """The subset of these ids that still exist."""
        return set(self._of_each(ids, "''"))

    def pmids(self, ids: Sequence[int]) -> list[str]:
        """The PMIDs, or other keys, of articles by store id, in this order."""
        keys = self._of_each(ids, "pmid")
        return [keys[int(i)] for i in ids if int(i) in keys]

    def dates(self, ids: Sequence[int]) -> dict[int, str]:
        """ISO publication dates by store id, "" if unknown."""
        return self._of_each(ids, "coalesce(json_extract(record, '$.published'), '')")

    def first_sources(self, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """(PMID or other key, the first of its `sources` or "") of articles by store id."""
        value = "json_array(pmid, coalesce(json_extract(record, '$.sources[0]'), ''))"
        return {n: tuple(orjson.loads(pair)) for n, pair in self._of_each(ids, value).items()}

    def of_several(self, ids: Sequence[int]) -> set[int]:
        """The subset of these articles that have several records."""
        return {number for number, parts in self._of_each(ids, "parts").items() if int(parts) > 1}

    def _of_each(self, ids: Sequence[int], value: str) -> dict[int, Any]:
        """The value of an SQL expression for each of these articles."""
        values: dict[int, Any] = {}
        for start in range(0, len(ids), _AT_ONCE):
            part = [int(i) for i in ids[start : start + _AT_ONCE]]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(f"SELECT id, {value} FROM article WHERE id IN ({marks})", part)
            values.update(rows.fetchall())
        return values

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
        """The articles that match all given parts of a printed citation, by id.

        Args:
            journal: full title or abbreviation, ignoring case and full stops.
            page: the first page.
            author: the family name of any author, or the name as printed ("Smith JA").
        """
        rows = self._db.execute(
            "SELECT id, record FROM article WHERE (:year = 0 OR year = :year)"
            " AND (:volume = '' OR json_extract(record, '$.volume') = :volume) ORDER BY id",
            {"year": year, "volume": volume},
        )
        matches: list[Article] = []
        while part := rows.fetchmany(_AT_ONCE):
            matches += [a for _, a in self._read(part) if _is_cited_as(a, journal, page, author)]
        return matches

    def years(self) -> tuple[int, int] | None:
        """First and last publication year, None for an empty store."""
        row = self._db.execute("SELECT min(year), max(year) FROM article WHERE year > 0").fetchone()
        return (row[0], row[1]) if row[0] else None

    def counts(self, field: Literal["journal", "languages"]) -> dict[str, int]:
        """The number of articles per value of a field, most frequent first."""
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
        """Whether this reader read a file with these bytes to its end, with no unread record."""
        return self._journal.imported(sha256, reader)

    def unread(self) -> list[tuple[str, BadRecord]]:
        """(file name, record) of all unread records, from each file's latest attempt only."""
        return self._journal.unread()


def _is_cited_as(article: Article, journal: str, page: str, author: str) -> bool:
    def plain(text: str) -> str:
        return " ".join(text.replace(".", " ").casefold().split())

    journals = (article.journal, article.journal_abbreviation)
    first_page = re.split(r"[-–,;]", article.pages, maxsplit=1)[0].strip()
    names = [name for person in article.authors for name in (person.last, person.short)]
    return (
        (not journal or plain(journal) in map(plain, journals))
        and (not page or page.casefold() == first_page.casefold())
        and (not author or plain(author) in map(plain, names))
    )
