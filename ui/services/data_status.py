"""What a data directory holds, and how its index stands to its corpus; loads no model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from corpora.article import BadRecord
from corpora.errors import MedciteError
from corpora.home import Home
from corpora.journal import ImportEntry
from corpora.store import Changes, open_corpus
from retrieval.version import Manifest, Versions, read_manifest


@dataclass(frozen=True, slots=True)
class DataStatus:
    """Corpus, index and import journal at one moment.

    `journal` has the newest import first; `problem` says why there is no `manifest`; `changes` is
    what of the corpus is not in the index; `versions` are those kept, newest first, and
    `unreadable` counts those beside them that are damaged or of another format.
    """

    articles: int
    years: tuple[int, int] | None
    snapshot: str
    journal: tuple[ImportEntry, ...]
    unread: tuple[tuple[str, BadRecord], ...]
    manifest: Manifest | None
    versions: tuple[Manifest, ...]
    unreadable: int
    problem: MedciteError | None = None
    changes: Changes | None = None

    @property
    def moved_on(self) -> bool:
        """Whether the corpus has changed since the index was built."""
        return self.manifest is not None and self.manifest.snapshot != self.snapshot


def data_status(home: Home) -> DataStatus:
    """Look at a data directory.

    Raises:
        NoCorpus, Damaged, StorageError: there is no literature to speak of.
    """
    versions = Versions(home.indexes)
    manifest, problem = None, None
    try:
        manifest = read_manifest(versions.current())
    except MedciteError as error:
        problem = error
    with open_corpus(home.corpus) as store:
        changes = None
        if manifest and manifest.store == store.identity:
            changes = store.changes(manifest.last_import, manifest.last_article, manifest.articles)
        elif manifest:
            changes = Changes(added=len(store), revised=0, deleted=manifest.articles)
        return DataStatus(
            articles=len(store),
            years=store.years(),
            snapshot=store.snapshot,
            journal=tuple(reversed(store.journal())),
            unread=tuple(store.unread()),
            manifest=manifest,
            versions=(kept := tuple(_kept(versions))),
            unreadable=len(versions.all()) - len(kept),
            problem=problem,
            changes=changes,
        )


def _kept(versions: Versions) -> Iterator[Manifest]:
    """The versions that can be read, newest first."""
    for folder in reversed(versions.all()):
        with suppress(MedciteError):
            yield read_manifest(folder)


def sizes(home: Home) -> dict[str, int]:
    """Bytes on disk of each part of a data directory."""
    parts = {
        "Articles": home.corpus,
        "Downloads": home.downloads,
        "Vectors": home.vectors,
        "Indexes": home.indexes,
        "Threads": home.threads,
        "Language models": home.models,
    }
    return {name: _size_of(path) for name, path in parts.items()}


def _size_of(path: Path) -> int:
    if path.is_dir():
        return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    # SQLite's journal lies beside its file.
    return sum(each.stat().st_size for each in path.parent.glob(f"{path.name}*") if each.is_file())
