"""What a corpus says: articles by PMID, identifier or id, what has changed, how many of what."""

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
from corpora.assembly import Assembly
from corpora.identity import number_of
from corpora.journal import FetchEntry, ImportEntry, Journal
from corpora.merging import current
from corpora.notices import NoticeLinks

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Changes:
    """How a store differs from what it was at some earlier import."""

    added: int
    revised: int
    deleted: int

    @property
    def any(self) -> bool:
        return bool(self.added or self.revised or self.deleted)


class ArticleReader:
    """All that is read of an open store."""

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
        return dict(self._read(list(self._of_each(ids, "record").items())))

    def of_pmids(self, pmids: Sequence[str]) -> Iterator[tuple[str, Article | None]]:
        """(PMID, article or None) in this order, by PMID alone; read in portions."""
        for start in range(0, len(pmids), _AT_ONCE):
            part = pmids[start : start + _AT_ONCE]
            marks = ",".join("?" * len(part))
            rows = self._db.execute(
                f"SELECT id, record FROM article WHERE pmid IN ({marks})", tuple(part)
            ).fetchall()
            found = {article.pmid: article for _, article in self._read(rows)}
            yield from ((pmid, found.get(pmid)) for pmid in part)

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

    def _of_each(self, ids: Sequence[int], value: str) -> dict[int, Any]:
        """What an expression says of each of these articles."""
        found: dict[int, Any] = {}
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
