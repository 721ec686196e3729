"""Keeping up with PubMed: NLM's daily update files into the corpus and the index, in one go.

Files that were imported are asked for by their checksums only. What is new is fetched, compared
with its checksum and imported in NLM's order, deletions and revisions among it; the index then
encodes what changed, and the version in use is replaced and old ones removed. Each step is whole or
not at all, so that a run that was stopped or failed is made up for by the next.
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
    """What one update did. `fetched` counts files that were new, `listed` all that NLM offers.

    `seconds` are by step: fetch (imports included), index, publish.
    """

    listed: int
    fetched: int
    imports: ImportReport
    build: BuildResult
    pruned: tuple[str, ...]
    published: str
    seconds: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        counts = self.imports.counts
        return {
            "listed": self.listed,
            "fetched": self.fetched,
            **{name: getattr(counts, name) for name in counts.__slots__},
            "failed": [str(each.path) for each in self.imports.failed],
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
        encoder: None loads that of the version in use, where there is something to index.
        keep: index versions that stay, that in use among them.
        publish_to: a Milvus server that the new version is published to.

    Raises:
        Busy: another update or a build is running.
        NoIndex, NoCorpus: there is nothing to bring up to date.
        FetchError: NLM's server cannot be reached; what came before is imported and indexed next
            time.
    """
    versions = Versions(home.indexes)
    in_use = read_manifest(versions.current())
    with _only_one(home):
        seconds = {}
        begun = time.monotonic()
        listed, fetched, imports = _fetch(home, mirror, at_once, fetching)
        seconds["fetch"] = round(time.monotonic() - begun, 1)
        begun = time.monotonic()
        name = in_use.encoder.name
        # Where nothing is new, that is found out without loading the encoder.
        built = None if encoder else already_built(home, name)
        if built is None:
            built = build_index(home, encoder or load_encoder(name), building)
        with build_lock(home):
            pruned = tuple(folder.name for folder in versions.prune(keep))
        seconds["index"] = round(time.monotonic() - begun, 1)
        if publish_to and not built.unchanged:
            from retrieval.publishing import publish

            begun = time.monotonic()
            publish(home, publish_to, building, token=token, keep=keep)
            seconds["publish"] = round(time.monotonic() - begun, 1)
    published = publish_to if not built.unchanged else ""
    return UpdateReport(listed, fetched, imports, built, pruned, published, seconds)


@contextmanager
def _only_one(home: Home) -> Iterator[None]:
    lock = filelock.FileLock(home.root / "update.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise Busy(
            f"Another update is running in {home.root}.", "Let it end; the next one goes on."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _fetch(
    home: Home, mirror: str, at_once: int, progress: FetchProgress
) -> tuple[int, int, ImportReport]:
    """(files listed, files new, what their import did)."""
    reports: list[FileReport] = []
    listed = 0
    folder = home.downloads / UPDATES.name
    before = {each.name: each.read_text() for each in folder.glob("*.md5")}
    with (
        Transfer() as transfer,
        ArticleStore(home.corpus) as store,
        journalled(home.corpus, UPDATES.name, UPDATES.path) as files,
    ):
        known = {e.name for e in store.journal() if not (e.error or e.undone or e.counts.unread)}
        server = NlmServer(transfer, mirror)
        for path in server.mirror(UPDATES, folder, at_once=at_once, progress=progress):
            listed += 1
            checksum = path.with_name(f"{path.name}.md5")
            # NLM issues a file again under the same name, with another checksum.
            if path.name in known and before.get(checksum.name) == checksum.read_text():
                continue
            reports.extend(import_files(store, [path]).files)
            files.append(path)
    return listed, len(files), ImportReport(tuple(reports))


def failure_of(report: UpdateReport) -> MedciteError | None:
    """The first error of a file that could not be imported."""
    return next((each.error for each in report.imports.failed), None)
