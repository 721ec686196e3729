"""Assemble a store's articles from records: match, join, replace and separate them.

An article with one record is that record. If several sources describe it, or a later file revises
it, each record is kept in `part`, and `corpora.store.merging` derives the article from them:
undoing an import removes its records and leaves what the others say. NLM's numbered files are the
exception: they revise millions of records in a fixed order, so only the newest PubMed record is
kept.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from corpora.article import Article
from corpora.identifiers import made_identifier
from corpora.identity import names_of, same_article
from corpora.store.journal import ImportCounts
from corpora.store.merging import Part, completed, current, merged
from corpora.store.notice_links import NoticeLinks

# Orders a record after all stored ones.
_NEWEST = 1 << 60


@dataclass(frozen=True, slots=True)
class Origin:
    """Where records come from: this import, the first import of the same bytes, NLM's release."""

    number: int
    first: int
    release: str


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article's row and the records it is derived from."""

    number: int
    article: Article
    digest: bytes
    parts: tuple[Part, ...]
    stored: bool  # whether the parts are rows of `part`


class Assembly:
    """Writes articles; the caller holds a transaction on the store.

    Attributes:
        snapshot: change in the digest of the whole store since it was last set to 0 (XOR).
    """

    def __init__(self, db: sqlite3.Connection, links: NoticeLinks) -> None:
        self._db = db
        self._links = links
        self.snapshot = 0

    # Matching

    def load(self, number: int) -> StoredArticle:
        """The article with this id."""
        record, digest, first, parts = self._db.execute(
            "SELECT record, digest, import, parts FROM article WHERE id = ?", (number,)
        ).fetchone()
        article = Article.from_json(record)
        if not parts:
            return StoredArticle(number, article, digest, (Part(article, first),), stored=False)
        rows = self._db.execute(
            "SELECT id, import, record FROM part WHERE article = ? ORDER BY id", (number,)
        )
        return StoredArticle(
            number,
            article,
            digest,
            tuple(Part(Article.from_json(zlib.decompress(data)), i, n) for n, i, data in rows),
            stored=True,
        )

    def _matching(self, record: Article) -> list[StoredArticle]:
        """The articles a record belongs to: one, or several that it shows to be the same."""
        names = names_of(record)
        marks = ",".join("?" * len(names))
        rows = self._db.execute(
            f"SELECT DISTINCT article FROM name WHERE number IN ({marks})", tuple(names)
        ).fetchall()
        exact = self._db.execute("SELECT id FROM article WHERE pmid = ?", (record.pmid,)).fetchone()
        numbers = {number for (number,) in rows} | ({exact[0]} if exact else set())
        matching = [
            entry
            for entry in map(self.load, sorted(numbers))
            if any(same_article(record, part.record) for part in entry.parts)
            and not self._apart(record, entry.parts)
        ]
        return self._of_one_pmid(record, matching)

    def _of_one_pmid(self, record: Article, matching: list[StoredArticle]) -> list[StoredArticle]:
        """The matches that can be one article: different PMIDs are different articles."""
        pmids = sorted({k.article.pmid for k in matching if k.article.from_pubmed}, key=int)
        if not pmids:
            return matching
        own = record.pmid if record.from_pubmed else pmids[0]
        return [k for k in matching if not k.article.from_pubmed or k.article.pmid == own]

    def _apart(self, record: Article, parts: Sequence[Part]) -> bool:
        own = as_kept(record)[1]
        for part in parts:
            pair = sorted((own, as_kept(part.record)[1]))
            if self._db.execute("SELECT 1 FROM apart WHERE one = ? AND other = ?", pair).fetchone():
                return True
        return False

    # Writing

    def put(self, record: Article, origin: Origin, counts: ImportCounts) -> None:
        """Add a record: as a new article, as another record of one, or replacing an older one."""
        matching = self._matching(record)
        if not matching:
            if self._deleted_later(record.pmid, origin):
                counts.outdated += 1
                return
            counts.added += 1
            self._write(None, record, origin.first, origin.number)
            return
        part = Part(record, origin.first, _NEWEST)
        kept = [other for entry in matching for other in entry.parts]
        same = [other for other in kept if other.origin == part.origin]
        newest = max(same, key=lambda other: other.age, default=part)
        older = newest.age[:3] > part.age[:3]
        if older and origin.release:
            parts = kept
        elif origin.release:
            parts = [*(other for other in kept if other not in same), part]
        else:
            # A file read again, or one that lists an article twice, contributes one record.
            repeated = [other for other in same if other.first == part.first]
            part = replace(part, record=completed(record, [other.record for other in repeated]))
            parts = [*(other for other in kept if other not in repeated), part]
        article = merged(parts)
        changed = len(matching) > 1 or as_kept(article)[1] != matching[0].digest
        same_content = as_kept(record)[1] == as_kept(newest.record)[1]
        counts.outdated += older and not same_content
        counts.unchanged += bool(same) and not changed and (same_content or not older)
        counts.replaced += bool(same) and changed and not older
        counts.joined += not same
        self._keep(matching, article, parts, origin, changed=changed)

    def _keep(
        self,
        matching: Sequence[StoredArticle],
        article: Article,
        parts: Sequence[Part],
        origin: Origin,
        *,
        changed: bool,
    ) -> None:
        target, *others = matching
        for entry in others:
            self._remove(entry)
        self._db.execute("DELETE FROM part WHERE article = ?", (target.number,))
        base = current(parts)[0]
        if changed:
            self._replace(target, article, base.first, origin.number)
        else:
            # Only typography and sources changed, which no index stores. A plain record with the
            # same words does not remove the typography.
            if not article.typography:
                article = replace(article, typography=target.article.typography)
            self._db.execute(
                "UPDATE article SET record = ? WHERE id = ?", (article.to_json(), target.number)
            )
        self._name(target.number, (article, *(part.record for part in parts)))
        self._store_parts(target.number, parts)

    def _store_parts(self, number: int, parts: Sequence[Part]) -> None:
        stored = parts if len(parts) > 1 else ()
        self._db.executemany(
            "INSERT INTO part (article, import, record) VALUES (?, ?, ?)",
            [(number, p.first, zlib.compress(p.record.to_json())) for p in stored],
        )
        self._db.execute("UPDATE article SET parts = ? WHERE id = ?", (len(stored), number))

    def _write(self, number: int | None, article: Article, first: int, changed: int) -> int:
        """Insert an article, under the given id if it is free again."""
        record, digest = as_kept(article)
        cursor = self._db.execute(
            "INSERT INTO article"
            " (id, pmid, version, revised, year, digest, import, record, changed, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, article.pmid, article.version, article.revised, article.year, digest, first,
             record, changed, bool(article.body)),
        )  # fmt: skip
        new = int(cursor.lastrowid or 0)
        self._links.state(article)
        self._name(new, (article,))
        self.snapshot ^= int.from_bytes(digest)
        return new

    def _replace(self, entry: StoredArticle, article: Article, first: int, changed: int) -> None:
        record, digest = as_kept(article)
        self._links.withdraw(entry.article.pmid)
        self._unname(entry)
        self._db.execute(
            "UPDATE article SET pmid = ?, version = ?, revised = ?, year = ?, digest = ?,"
            " import = ?, record = ?, changed = ?, body = ? WHERE id = ?",
            (article.pmid, article.version, article.revised, article.year, digest, first, record,
             changed, bool(article.body), entry.number),
        )  # fmt: skip
        self._links.state(article)
        self.snapshot ^= int.from_bytes(entry.digest) ^ int.from_bytes(digest)

    def _remove(self, entry: StoredArticle) -> None:
        self._db.execute("DELETE FROM part WHERE article = ?", (entry.number,))
        self._unname(entry)
        self._links.withdraw(entry.article.pmid)
        self._db.execute("DELETE FROM article WHERE id = ?", (entry.number,))
        self.snapshot ^= int.from_bytes(entry.digest)

    def _name(self, number: int, records: Iterable[Article]) -> None:
        names = {name for record in records for name in names_of(record)}
        self._db.executemany(
            "INSERT OR IGNORE INTO name VALUES (?, ?)", [(name, number) for name in names]
        )

    def _unname(self, entry: StoredArticle) -> None:
        records = (entry.article, *(part.record for part in entry.parts))
        names = {name for record in records for name in names_of(record)}
        self._db.executemany(
            "DELETE FROM name WHERE number = ? AND article = ?",
            [(name, entry.number) for name in names],
        )

    # Removing

    def _deleted_later(self, pmid: str, origin: Origin) -> bool:
        """Whether this PMID was deleted after its file was released or first imported."""
        row = self._db.execute(
            "SELECT release, import FROM deletion WHERE pmid = ?", (pmid,)
        ).fetchone()
        if row is None:
            return False
        return bool(origin.release and origin.release < row[0]) or origin.first < row[1]

    def delete(self, pmid: str, origin: Origin, counts: ImportCounts) -> None:
        """Remove PubMed's record, as NLM announced; records from other sources stay."""
        row = self._db.execute("SELECT id FROM article WHERE pmid = ?", (pmid,)).fetchone()
        entry = self.load(row[0]) if row else None
        removed = [p for p in entry.parts if p.record.pmid == pmid] if entry else []
        if any(origin.first < part.first for part in removed):
            return
        self._db.execute(
            "INSERT INTO deletion VALUES (?, ?, ?) ON CONFLICT (pmid) DO UPDATE"
            " SET release = max(release, excluded.release), import = excluded.import",
            (pmid, origin.release, origin.first),
        )
        if entry is None:
            return
        counts.deleted += 1
        self.without(entry, removed, origin.number)

    def without(self, entry: StoredArticle, removed: Sequence[Part], changed: int) -> None:
        """Remove records from an article; the rest may form one article, several or none."""
        remaining = [part for part in entry.parts if part not in removed]
        self._remove(entry)
        groups: list[list[Part]] = []
        for part in remaining:
            touched = [g for g in groups if any(same_article(part.record, p.record) for p in g)]
            groups = [g for g in groups if g not in touched]
            groups.append([*(p for g in touched for p in g), part])
        number: int | None = entry.number
        for group in groups:
            number = self._write_parts(number, group, changed)
            number = None

    def _write_parts(self, number: int | None, parts: Sequence[Part], changed: int) -> int:
        article = merged(parts)
        if self._db.execute("SELECT 1 FROM article WHERE pmid = ?", (article.pmid,)).fetchone():
            article = replace(article, pmid=self._free_key(article))
        new = self._write(number, article, current(parts)[0].first, changed)
        self._name(new, (part.record for part in parts))
        self._store_parts(new, parts)
        return new

    def _free_key(self, article: Article) -> str:
        """A key for a record that was separated from another with the same key."""
        identifier = made_identifier(article.doi, article.pmcid, article.title, article.year)
        source = "-".join(article.sources).replace(" ", "-") or "2"
        key, count = f"{identifier}#{source}", 2
        while self._db.execute("SELECT 1 FROM article WHERE pmid = ?", (key,)).fetchone():
            key, count = f"{identifier}#{source}-{count}", count + 1
        return key

    def part_from(self, entry: StoredArticle, changed: int) -> list[int]:
        """Make one article of each origin's records, and remember to keep them apart."""
        origins: dict[str, list[Part]] = {}
        for part in entry.parts:
            origins.setdefault(part.origin, []).append(part)
        groups = list(origins.values())
        digests = [[as_kept(part.record)[1] for part in group] for group in groups]
        for place, group in enumerate(digests):
            for other in digests[place + 1 :]:
                self._db.executemany(
                    "INSERT OR IGNORE INTO apart VALUES (?, ?)",
                    [sorted((a, b)) for a in group for b in other],
                )
        self._remove(entry)
        numbers = [self._write_parts(entry.number, groups[0], changed)]
        return numbers + [self._write_parts(None, group, changed) for group in groups[1:]]


def as_kept(article: Article) -> tuple[bytes, bytes]:
    """A record and the digest of its content.

    The digest excludes typography and sources, which no index or quotation uses.
    """
    record = article.to_json()
    plain = not (article.typography or article.sources)
    content = record if plain else replace(article, typography=(), sources=()).to_json()
    return record, hashlib.blake2b(content, digest_size=16).digest()
