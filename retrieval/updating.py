"""Update corpus and index with NLM's daily update files of PubMed in one run.

For imported files only the checksums are requested. New files are fetched, verified and imported
in NLM's order, including deletions and revisions; the index build then encodes what changed, puts
the new version in use and removes old ones. Each step is atomic, so the next run completes one that
was stopped or failed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import filelock

from corpora.errors import Busy, MedciteError
from corpora.home import Home
from corpora.importer import FileReport, ImportReport, import_files, journalled
from corpora.sources.nlm import BASE_URL, UPDATES, NlmServer
from corpora.sources.progress import FetchProgress
from corpora.sources.transfer import Transfer
from corpora.store import ArticleStore
from retrieval.build import BuildResult, already_built, build_index, build_lock
from retrieval.encoder import Encoder, load_encoder
from retrieval.progress import BuildProgress
from retrieval.version import Versions, read_manifest


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """The result of an update. `fetched` counts new files, `listed` all that NLM offers.

    `seconds` is by step: fetch (including imports), index, publish.
    """

    listed: int
    fetched: int
    imports: ImportReport
    build: BuildResult
    pruned: tuple[str, ...]
    published: str
    seconds: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The report as a JSON object."""
        counts = self.imports.counts
        return {
            "listed": self.listed,
            "fetched": self.fetched,
            **{name: getattr(counts, name) for name in counts.__slots__},
            "failed": [str(report.path) for report in self.imports.failed],
            "version": self.build.manifest.version,
            "unchanged": self.build.unchanged,
            "articles": self.build.manifest.articles,
            "passages": self.build.manifest.passages,
            "encoded": self.build.encoded,
            "pruned": list(self.pruned),
            "published": self.published,
            "seconds": self.seconds,
        }


def update(
    home: Home,
    fetching: FetchProgress,
    building: BuildProgress,
    *,
    encoder: Encoder | None = None,
    mirror: str = BASE_URL,
    at_once: int = 3,
    keep: int = 2,
    publish_to: str = "",
    token: str = "",
) -> UpdateReport:
    """Bring corpus and index up to date with NLM's update files.

    Args:
        encoder: None loads that of the version in use, if there is something to index.
        keep: number of index versions to keep, including the one in use.
        publish_to: a Milvus server to publish the new version to.

    Raises:
        Busy: another update or a build is running.
        NoIndex, NoCorpus: there is nothing to update.
        FetchError: NLM's server cannot be reached; files fetched before are imported, and indexed
            by the next run.
    """
    versions = Versions(home.indexes)
    in_use = read_manifest(versions.current())
    with _only_one(home):
        seconds = {}
        started = time.monotonic()
        listed, fetched, imports = _fetch(home, mirror, at_once, fetching)
        seconds["fetch"] = round(time.monotonic() - started, 1)
        started = time.monotonic()
        name = in_use.encoder.name
        # If nothing is new, this avoids loading the encoder.
        built = None if encoder else already_built(home, name)
        if built is None:
            built = build_index(home, encoder or load_encoder(name), building)
        with build_lock(home):
            pruned = tuple(folder.name for folder in versions.prune(keep))
        seconds["index"] = round(time.monotonic() - started, 1)
        if publish_to and not built.unchanged:
            from retrieval.publishing import publish

            started = time.monotonic()
            publish(home, publish_to, building, token=token, keep=keep)
            seconds["publish"] = round(time.monotonic() - started, 1)
    published = publish_to if not built.unchanged else ""
    return UpdateReport(listed, fetched, imports, built, pruned, published, seconds)


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    lock = filelock.FileLock(home.root / "update.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise Busy(
            f"Another update is running in {home.root}.", "Wait for it to end and try again."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _fetch(
    home: Home, mirror: str, at_once: int, progress: FetchProgress
) -> tuple[int, int, ImportReport]:
    """(number of files listed, number of new files, report of their import)."""
    reports: list[FileReport] = []
    listed = 0
    folder = home.downloads / UPDATES.name
    before = {path.name: path.read_text() for path in folder.glob("*.md5")}
    with (
        Transfer() as transfer,
        ArticleStore(home.corpus) as store,
        journalled(home.corpus, UPDATES.name, UPDATES.path) as files,
    ):
        imported = {e.name for e in store.journal() if not (e.error or e.undone or e.counts.unread)}
        server = NlmServer(transfer, mirror)
        for path in server.mirror(UPDATES, folder, at_once=at_once, progress=progress):
            listed += 1
            checksum = path.with_name(f"{path.name}.md5")
            # NLM may reissue a file under the same name with another checksum.
            if path.name in imported and before.get(checksum.name) == checksum.read_text():
                continue
            reports.extend(import_files(store, [path]).files)
            files.append(path)
    return listed, len(files), ImportReport(tuple(reports))


def failure_of(report: UpdateReport) -> MedciteError | None:
    """The first error of a file that could not be imported."""
    return next((file.error for file in report.imports.failed), None)
