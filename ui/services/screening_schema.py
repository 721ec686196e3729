"""The tables of screenings, as an ordered list of migrations."""

from corpora.sqlite_file import Schema

_VERSION_1 = """
CREATE TABLE screening (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT NOT NULL UNIQUE,
    query   TEXT NOT NULL,   -- what found the records
    started TEXT NOT NULL,   -- ISO time in UTC
    numbers TEXT NOT NULL    -- PRISMA's of the result set (JSON), and the corpus snapshot
);
CREATE TABLE reviewer (
    screening INTEGER NOT NULL,
    name      TEXT NOT NULL,
    finished  TEXT NOT NULL, -- ISO time in UTC, '' while at it
    PRIMARY KEY (screening, name)
) WITHOUT ROWID;
CREATE TABLE record (
    screening INTEGER NOT NULL,
    place     INTEGER NOT NULL, -- in the result set, from 0
    pmid      TEXT NOT NULL,
    PRIMARY KEY (screening, pmid)
) WITHOUT ROWID;
CREATE TABLE decision (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    screening INTEGER NOT NULL,
    reviewer  TEXT NOT NULL,
    pmid      TEXT NOT NULL,
    verdict   TEXT NOT NULL, -- include, exclude, undecided; '' takes a decision back
    reason    TEXT NOT NULL,
    at        TEXT NOT NULL
);
CREATE INDEX decision_of ON decision (screening, reviewer)
"""
SCHEMA = Schema((_VERSION_1,))
