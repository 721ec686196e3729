"""The MeSH tree: which headings are narrower than which, and by what other names they go.

It is read from NLM's descriptor file (desc2026.xml, also packed) into a small SQLite file. The
format is described at https://www.nlm.nih.gov/mesh/xml_data_elements.html.
"""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from corpora.errors import Damaged, UnreadableFile
from corpora.files import replacing
from corpora.readers.xml_text import Element, child_text, element_text, stream_elements

_SCHEMA = """
CREATE TABLE heading (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE term (key TEXT PRIMARY KEY, heading INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE place (number TEXT PRIMARY KEY, heading INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX place_heading ON place (heading);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A heading, its other names, and its places in the tree ("C14.280.434")."""

    name: str
    terms: tuple[str, ...]
    numbers: tuple[str, ...]


def read_descriptors(path: Path) -> Iterator[Descriptor]:
    """The headings of a descriptor file.

    Raises:
        UnreadableFile: it is none, or breaks off.
    """
    count = 0
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == _GZIP
            plain.seek(0)
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=plain)) if packed else plain
            for element in stream_elements(stream, ("DescriptorRecord",)):
                if name := child_text(element, "DescriptorName/String"):
                    count += 1
                    yield Descriptor(
                        name,
                        tuple(_texts(element, "ConceptList/Concept/TermList/Term/String")),
                        tuple(_texts(element, "TreeNumberList/TreeNumber")),
                    )
    except (OSError, EOFError) as error:
        raise UnreadableFile(f"{path} cannot be read ({error}).", "Check the file.") from error
    if not count:
        raise UnreadableFile(
            f"{path} holds no MeSH heading.", "Give NLM's descriptor file, such as desc2026.xml."
        )


def _texts(element: Element, path: str) -> Iterator[str]:
    for child in element.iterfind(path):
        if text := element_text(child):
            yield text


def write_tree(
    path: Path,
    descriptors: Iterator[Descriptor],
    source: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Write the tree, whole or not at all, in the place of an earlier one; returns the headings.

    Args:
        progress: told how many headings have been written.
    """
    count = 0
    with replacing(path) as part:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as db, db:
            db.executescript(_SCHEMA)
            for count, each in enumerate(descriptors, start=1):
                db.execute("INSERT INTO heading VALUES (?, ?)", (count, each.name))
                db.execute("INSERT OR REPLACE INTO term VALUES (?, ?)", (_key(each.name), count))
                # A heading's own name goes before another's synonym.
                db.executemany(
                    "INSERT OR IGNORE INTO term VALUES (?, ?)",
                    [(_key(term), count) for term in each.terms],
                )
                db.executemany(
                    "INSERT OR IGNORE INTO place VALUES (?, ?)",
                    [(number, count) for number in each.numbers],
                )
                if count % 1000 == 0:
                    progress(count)
            db.execute("INSERT INTO meta VALUES ('source', ?)", (source,))
    return count


class MeshTree:
    """A written tree, open for reading. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Raises:
        Damaged: the file is no such tree.
        """
        self._path = path
        self.source = self._rows("SELECT value FROM meta WHERE name = 'source'")[0]

    @classmethod
    def open(cls, path: Path) -> MeshTree | None:
        """The tree that was imported; None where none was."""
        return cls(path) if path.exists() else None

    def heading(self, name: str) -> str | None:
        """The heading that goes by a name, in whatever case; None where none does."""
        found = self._rows(
            "SELECT name FROM heading JOIN term ON term.heading = heading.id WHERE key = ?",
            _key(name),
        )
        return found[0] if found else None

    def narrower(self, heading: str) -> list[str]:
        """A heading and all that are below it anywhere in the tree."""
        below = self._rows(
            "SELECT DISTINCT below.name FROM heading top"
            " JOIN place high ON high.heading = top.id"
            # "." sorts before "/", so that this is what begins with the number and a point.
            " JOIN place low ON low.number = high.number"
            " OR (low.number > high.number || '.' AND low.number < high.number || '/')"
            " JOIN heading below ON below.id = low.heading WHERE top.name = ?",
            heading,
        )
        return list(dict.fromkeys((heading, *below)))

    def _rows(self, statement: str, *values: str) -> list[str]:
        try:
            address = f"file:{self._path.as_posix()}?mode=ro"
            with closing(sqlite3.connect(address, uri=True)) as db:
                return [str(row[0]) for row in db.execute(statement, values)]
        except sqlite3.Error as error:
            raise Damaged(
                f"{self._path} is no MeSH tree.", "Import it again: medcite corpus fetch mesh."
            ) from error


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
