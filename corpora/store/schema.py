"""The tables of the article store, by schema version."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from corpora.article import Article
from corpora.dates import now
from corpora.identity import names_of
from corpora.normalization import normal_article
from corpora.sqlite_file import Schema, run
from corpora.store.assembly import as_kept
from corpora.store.notice_links import NoticeLinks

_NEXT_STEP = "Move it away and import the literature again, or use the Medcite that wrote it."

_VERSION_1 = """
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
)
"""
_VERSION_2 = """
ALTER TABLE article ADD COLUMN changed INTEGER NOT NULL DEFAULT 0; -- the import that last did
ALTER TABLE article ADD COLUMN body INTEGER NOT NULL DEFAULT 0;    -- whether it holds a full text
UPDATE article SET changed = import;
CREATE INDEX article_changed ON article (changed);
CREATE TABLE fetch (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    source   TEXT NOT NULL,
    query    TEXT NOT NULL,
    started  TEXT NOT NULL,
    finished TEXT NOT NULL,
    files    INTEGER NOT NULL,
    error    TEXT NOT NULL
)
"""
_VERSION_3 = """
ALTER TABLE article ADD COLUMN parts INTEGER NOT NULL DEFAULT 0; -- rows in `part`, 0 for one record
ALTER TABLE import ADD COLUMN joined INTEGER NOT NULL DEFAULT 0; -- records of known articles
ALTER TABLE import ADD COLUMN statements INTEGER NOT NULL DEFAULT 0;
ALTER TABLE import ADD COLUMN undone TEXT NOT NULL DEFAULT '';   -- "undone" or "in part", else ""
ALTER TABLE unread ADD COLUMN line INTEGER NOT NULL DEFAULT 0;
CREATE TABLE part (                              -- the records of an article of several
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL,
    import  INTEGER NOT NULL,                    -- the first import of its file's bytes
    record  BLOB NOT NULL                        -- Article.to_json(), deflated
);
CREATE INDEX part_article ON part (article);
CREATE INDEX part_import ON part (import);
CREATE INDEX article_import ON article (import);
CREATE TABLE name (                              -- what articles may be found by (corpora.identity)
    number  INTEGER NOT NULL,
    article INTEGER NOT NULL,
    PRIMARY KEY (number, article)
) WITHOUT ROWID;
CREATE TABLE apart (                             -- pairs of records that somebody has parted
    one BLOB NOT NULL, other BLOB NOT NULL, PRIMARY KEY (one, other)
) WITHOUT ROWID;
DROP TABLE IF EXISTS notice;
CREATE TABLE notice (                            -- what `said_by` says about a PMID or "doi:…"
    about     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    issued_by INTEGER NOT NULL,
    said_by   TEXT NOT NULL,                     -- an article's key, or "import 7"
    pmid      TEXT NOT NULL,                     -- the other record, as it is shown
    doi       TEXT NOT NULL,
    source    TEXT NOT NULL,
    PRIMARY KEY (about, kind, issued_by, said_by)
) WITHOUT ROWID;
CREATE INDEX notice_said_by ON notice (said_by)
"""


def _renew(db: sqlite3.Connection) -> None:
    """Normalise all articles again and store their names and notices."""
    links = NoticeLinks(db)
    snapshot = int(db.execute("SELECT value FROM meta WHERE name = 'snapshot'").fetchone()[0], 16)
    entry = 0
    for number, record, digest in _rows(db):
        stored = Article.from_json(record)
        article = replace(normal_article(stored), pmid=stored.pmid)
        if article != stored:
            entry = entry or _entry(db)
            record, now = as_kept(article)  # noqa: PLW2901
            snapshot ^= int.from_bytes(digest) ^ int.from_bytes(now)
            db.execute(
                "UPDATE article SET record = ?, digest = ?, changed = ? WHERE id = ?",
                (record, now, entry, number),
            )
        links.state(article)
        db.executemany(
            "INSERT OR IGNORE INTO name VALUES (?, ?)",
            [(name, number) for name in names_of(article)],
        )
    db.execute("UPDATE meta SET value = ? WHERE name = 'snapshot'", (f"{snapshot:032x}",))


def _rows(db: sqlite3.Connection) -> Iterator[tuple[int, bytes, bytes]]:
    """All article rows in batches by id, since the caller updates rows while iterating."""
    last = 0
    while rows := db.execute(
        "SELECT id, record, digest FROM article WHERE id > ? ORDER BY id LIMIT 500", (last,)
    ).fetchall():
        yield from rows
        last = rows[-1][0]


def _entry(db: sqlite3.Connection) -> int:
    """Add a journal entry, so that indexes detect the change."""
    moment = now()
    cursor = db.execute(
        "INSERT INTO import (name, path, sha256, reader, started, finished)"
        " VALUES ('upgrade of the corpus', '', '', 'upgrade', ?, ?)",
        (moment, moment),
    )
    return int(cursor.lastrowid or 0)


def _first(db: sqlite3.Connection) -> None:
    run(db, _VERSION_1)
    db.execute("INSERT INTO meta VALUES ('snapshot', ?)", ("0" * 32,))


def _second(db: sqlite3.Connection) -> None:
    run(db, _VERSION_2)
    db.execute("INSERT INTO meta VALUES ('identity', ?)", (secrets.token_hex(8),))


def _third(db: sqlite3.Connection) -> None:
    """Convert articles to the form that readers return now (see `corpora.normalization`), so that
    retractions an older Medcite did not recognise take effect.
    """
    run(db, _VERSION_3)
    _renew(db)


class _CorpusSchema(Schema):
    """A schema whose version is stored in the `meta` table."""

    def version(self, db: sqlite3.Connection) -> int:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return 0
        if "meta" not in tables:
            return -1
        row = db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()
        return int(row[0]) if row and row[0].isdigit() else -1

    def note(self, db: sqlite3.Connection, version: int) -> None:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", (str(version),))


SCHEMA = _CorpusSchema((_first, _second, _third), _NEXT_STEP)
