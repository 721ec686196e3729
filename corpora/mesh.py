"""The MeSH tree: the hierarchy of headings and their entry terms.

The edition of 2025 ships with Medcite (`mesh.tsv.xz`, made by `evaluation.training.mesh`). A newer
one is read from NLM's descriptor file (desc2026.xml, optionally gzipped) into a small SQLite file.
The format is described at https://www.nlm.nih.gov/mesh/xml_data_elements.html.
"""

from __future__ import annotations

import gzip
import lzma
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import IO, cast

from corpora.atomic_files import replacing
from corpora.errors import Damaged, UnreadableFile
from corpora.readers.xml_text import Element, child_text, element_text, stream_elements

_SCHEMA = """
CREATE TABLE heading (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE term (key TEXT PRIMARY KEY, heading INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE place (number TEXT PRIMARY KEY, heading INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX place_heading ON place (heading);
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_GZIP = b"\x1f\x8b"
_WORD = re.compile(r"[^\W_]+")
# Unlike `agent.language.spelling`, which asks the index, these give British and American names the
# same key. They change the reading of 8 of 636 tuning questions, each rightly.
_BRITISH = (("ae", "e"), ("oe", "e"), ("sulph", "sulf"), ("our", "or"), ("ise", "ize"))
_SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A heading, its entry terms and its tree numbers ("C14.280.434")."""

    name: str
    terms: tuple[str, ...]
    numbers: tuple[str, ...]


def read_descriptors(path: Path) -> Iterator[Descriptor]:
    """The headings of a descriptor file.

    Raises:
        UnreadableFile: the file is not a descriptor file or is truncated.
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
            f"{path} contains no MeSH heading.",
            "Give NLM's descriptor file, such as desc2026.xml.",
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
    """Write the tree atomically, replacing an earlier one; return the number of headings.

    Args:
        progress: called with the number of headings written so far.
    """
    count = 0
    with replacing(path) as part:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(part)) as db, db:
            db.executescript(_SCHEMA)
            for count, descriptor in enumerate(descriptors, start=1):
                db.execute("INSERT INTO heading VALUES (?, ?)", (count, descriptor.name))
                db.execute(
                    "INSERT OR REPLACE INTO term VALUES (?, ?)", (_key(descriptor.name), count)
                )
                # A heading's own name takes precedence over another's entry term.
                db.executemany(
                    "INSERT OR IGNORE INTO term VALUES (?, ?)",
                    [(_key(term), count) for term in descriptor.terms],
                )
                db.executemany(
                    "INSERT OR IGNORE INTO place VALUES (?, ?)",
                    [(number, count) for number in descriptor.numbers],
                )
                if count % 1000 == 0:
                    progress(count)
            db.execute("INSERT INTO meta VALUES ('source', ?)", (source,))
    return count


class MeshTree:
    """A written tree, open for reading. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Raises:
        Damaged: the file is not a MeSH tree.
        """
        self._path = path
        self.source = self._rows("SELECT value FROM meta WHERE name = 'source'")[0]

    def heading(self, name: str) -> str | None:
        """The heading for a name or entry term, ignoring case; None if there is none."""
        names = self._rows(
            "SELECT name FROM heading JOIN term ON term.heading = heading.id WHERE key = ?",
            _key(name),
        )
        return names[0] if names else None

    def narrower(self, heading: str) -> list[str]:
        """A heading and all headings below it in the tree."""
        below = self._rows(
            "SELECT DISTINCT below.name FROM heading top"
            " JOIN place high ON high.heading = top.id"
            # "." sorts before "/", so this range is all numbers that begin with this one and ".".
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
                f"{self._path} is not a MeSH tree.", "Import it again: medcite corpus fetch mesh."
            ) from error


class ShippedTree:
    """The tree that ships with Medcite, with the same methods."""

    source = "MeSH 2025"

    def heading(self, name: str) -> str | None:
        """The heading for a name or entry term, ignoring case, hyphens, plural."""
        place = _shipped_keys().get(name_key(name))
        return None if place is None else shipped_headings()[place].name

    def narrower(self, heading: str) -> list[str]:
        """A heading and all headings below it in the tree."""
        place = _shipped_keys().get(name_key(heading))
        own = () if place is None else shipped_headings()[place].numbers
        above = tuple(f"{number}." for number in own)
        below = (
            each.name
            for each in shipped_headings()
            if any(number.startswith(above) for number in each.numbers)
        )
        return list(dict.fromkeys((heading, *below)))


Tree = MeshTree | ShippedTree


def open_tree(path: Path) -> Tree:
    """The imported tree, or the one that ships with Medcite if none was imported."""
    return MeshTree(path) if path.exists() else ShippedTree()


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the shipped tree: its tree numbers, and the keys of its names, its own first.

    `diseases` are keys of names by which Mondo or the Disease Ontology know it, and MeSH does not.
    """

    name: str
    numbers: tuple[str, ...]
    keys: tuple[str, ...]
    diseases: tuple[str, ...]


@lru_cache(maxsize=1)
def shipped_headings() -> tuple[Heading, ...]:
    """The shipped headings; reading them takes a fifth of a second."""
    packed = files("corpora").joinpath("mesh.tsv.xz").read_bytes()
    headings = []
    for line in lzma.decompress(packed).decode().splitlines():
        name, *columns = line.split("\t")
        numbers, keys, diseases = (tuple(column.split()) for column in columns)
        headings.append(Heading(name, numbers, keys, diseases))
    return tuple(headings)


@lru_cache(maxsize=1)
def _shipped_keys() -> dict[str, int]:
    return keys_of(heading.keys for heading in shipped_headings())


def keys_of(names: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """Key → number of the heading; a heading's own name precedes another's entry term."""
    keys: dict[str, int] = {}
    own: dict[str, int] = {}
    for number, (first, *others) in enumerate(names):
        own[first] = number
        for key in others:
            keys.setdefault(key, number)
    return keys | own


def name_key(name: str) -> str:
    """What the spellings of a name share: natural order, American spelling, no case,
    hyphens, spaces or plurals.
    """
    key = "".join(_singular(word) for word in _WORD.findall(in_natural_order(name).casefold()))
    for british, american in _BRITISH:
        key = key.replace(british, american)
    return key


def in_natural_order(name: str) -> str:
    """A name of two parts, such as “Neoplasms, Colorectal”, as “Colorectal Neoplasms”."""
    parts = name.split(", ")
    return " ".join(reversed(parts)) if len(parts) == 2 else name


def _singular(word: str) -> str:
    if len(word) > _SHORTEST + 1 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > _SHORTEST and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()
