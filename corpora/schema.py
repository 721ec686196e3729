"""The tables of the article store, and how an older store becomes a present one."""

from __future__ import annotations

import secrets
import sqlite3

from corpora.article import Article
from corpora.notices import NoticeLinks

SCHEMA_VERSION = 2

_ARTICLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE article (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,  -- never reused: indexes refer to it
    pmid     TEXT NOT NULL UNIQUE,
    version  INTEGER NOT NULL,
    revised  TEXT NOT NULL,
    year     INTEGER NOT NULL,
    digest   BLOB NOT NULL,                      -- of the record, 16 bytes
    import   INTEGER NOT NULL REFERENCES import (id),
    record   BLOB NOT NULL,                      -- Article.to_json()
    changed  INTEGER NOT NULL DEFAULT 0,         -- the import that last changed the record
    body     INTEGER NOT NULL DEFAULT 0          -- whether it holds a full text
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
_SINCE_VERSION_2 = """
CREATE INDEX article_changed ON article (changed);
CREATE TABLE notice (                            -- what article `other` says about `pmid`
    pmid      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    issued_by INTEGER NOT NULL,
    other     TEXT NOT NULL,
    source    TEXT NOT NULL,
    PRIMARY KEY (pmid, kind, issued_by, other)
) WITHOUT ROWID;
CREATE INDEX notice_other ON notice (other);
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


def create(db: sqlite3.Connection) -> None:
    """Make the tables of an empty store; the caller holds a transaction."""
    _execute(db, _ARTICLES + ";" + _SINCE_VERSION_2)
    db.executemany(
        "INSERT INTO meta VALUES (?, ?)",
        [
            ("schema", str(SCHEMA_VERSION)),
            ("snapshot", "0" * 32),
            ("identity", secrets.token_hex(8)),
        ],
    )


def upgrade(db: sqlite3.Connection) -> None:
    """Bring a store of version 1 up to date; the caller holds a transaction."""
    for column in ("changed", "body"):
        db.execute(f"ALTER TABLE article ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    db.execute("UPDATE article SET changed = import")
    _execute(db, _SINCE_VERSION_2)
    links = NoticeLinks(db)
    for (record,) in db.execute("SELECT record FROM article"):
        links.state(Article.from_json(record))
    db.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (str(SCHEMA_VERSION),))
    db.execute("INSERT INTO meta VALUES ('identity', ?)", (secrets.token_hex(8),))


def _execute(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";"):
        db.execute(statement)
