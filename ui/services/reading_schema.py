"""The tables of reading lists, as an ordered list of migrations."""

from corpora.sqlite_file import Schema

# The name of a user's first list unless they named it.
DEFAULT_NAME = "Reading list"

_VERSION_1 = """
CREATE TABLE IF NOT EXISTS entry (
    owner TEXT NOT NULL,  -- the signed-in user, '' where nobody signs in
    pmid  TEXT NOT NULL,
    added TEXT NOT NULL,
    note  TEXT NOT NULL,
    PRIMARY KEY (owner, pmid)
) WITHOUT ROWID
"""
# Several named lists per owner. Removed rows stay, with the time of removal, for undo.
_VERSION_2 = f"""
CREATE TABLE list (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    owner   TEXT NOT NULL,
    name    TEXT NOT NULL COLLATE NOCASE,
    created TEXT NOT NULL,            -- ISO time in UTC
    removed TEXT NOT NULL DEFAULT ''  -- ISO time in UTC, '' while it is there
);
CREATE UNIQUE INDEX list_name ON list (owner, name) WHERE removed = '';
INSERT INTO list (owner, name, created)
    SELECT owner, '{DEFAULT_NAME}', min(added) FROM entry GROUP BY owner;
ALTER TABLE entry RENAME TO entry_of_owner;
CREATE TABLE entry (
    list    INTEGER NOT NULL,
    pmid    TEXT NOT NULL,
    added   TEXT NOT NULL,
    note    TEXT NOT NULL,
    removed TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (list, pmid)
) WITHOUT ROWID;
INSERT INTO entry (list, pmid, added, note)
    SELECT list.id, pmid, added, note FROM entry_of_owner JOIN list USING (owner);
DROP TABLE entry_of_owner;
CREATE TABLE tag (
    list INTEGER NOT NULL,
    pmid TEXT NOT NULL,
    tag  TEXT NOT NULL COLLATE NOCASE,
    PRIMARY KEY (list, pmid, tag)
) WITHOUT ROWID
"""
SCHEMA = Schema((_VERSION_1, _VERSION_2))
