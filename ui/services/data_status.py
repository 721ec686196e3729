"""The state of a data directory, and whether its index is up to date; loads no model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from corpora.article import BadRecord
from corpora.errors import MedciteError
from corpora.home import Home
from corpora.store import Changes, open_corpus
from corpora.store.journal import ImportEntry
from retrieval.version import Manifest, Versions, read_manifest


@dataclass(frozen=True, slots=True)
class DataStatus:
    """Corpus, index and import journal at one moment.

    `journal` has the newest import first; `problem` says why there is no `manifest`; `changes` are
    those not yet indexed; `versions` are the readable index versions, newest first, and
    `unreadable` counts further ones that are damaged or in another format.
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
    """Read the state of a data directory.

    Raises:
        NoCorpus, Damaged, StorageError: there is no readable corpus.
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
            versions=(readable := tuple(_readable(versions))),
            unreadable=len(versions.all()) - len(readable),
            problem=problem,
            changes=changes,
        )


def _readable(versions: Versions) -> Iterator[Manifest]:
    """Yield the manifests that can be read, newest version first."""
    for folder in reversed(versions.all()):
        with suppress(MedciteError):
            yield read_manifest(folder)


def sizes(home: Home) -> dict[str, int]:
    """Return the size in bytes of each part of a data directory."""
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
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    # Includes SQLite's journal next to its file.
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*") if file.is_file())
