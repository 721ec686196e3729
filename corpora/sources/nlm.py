"""NLM's file server: PubMed's baseline and daily updates, and PMC's open-access packages.

The layout is described at https://pubmed.ncbi.nlm.nih.gov/download/ and
https://pmc.ncbi.nlm.nih.gov/tools/openftlist/. Several files are mirrored in parallel, each checked
against its .md5 if NLM provides one; interrupted files are resumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from corpora.atomic_files import atomic_write
from corpora.errors import FetchError
from corpora.sources.progress import FetchProgress, SilentFetch
from corpora.sources.transfer import Transfer

BASE_URL = "https://ftp.ncbi.nlm.nih.gov"
MESH_URL = "https://nlmpubs.nlm.nih.gov/projects/mesh/MESH_FILES/xmlmesh"
AT_ONCE = 3
_MD5 = re.compile(rb"\b[0-9a-f]{32}\b")


@dataclass(frozen=True, slots=True)
class Collection:
    """A folder of the server: its path, the pattern of its files, whether each has an .md5."""

    name: str
    path: str
    pattern: str
    checked: bool


BASELINE = Collection("baseline", "pubmed/baseline", r"pubmed\d\dn\d{4,5}\.xml\.gz", checked=True)
UPDATES = Collection("updates", "pubmed/updatefiles", r"pubmed\d\dn\d{4,5}\.xml\.gz", checked=True)
OPEN_ACCESS_LICENCES = ("comm", "noncomm", "other")


def open_access(licence: str) -> Collection:
    """PMC's packages under one kind of licence, such as "comm" (commercial use allowed)."""
    return Collection(
        "pmc-oa", f"pub/pmc/oa_bulk/oa_{licence}/xml", rf"oa_{licence}_xml\.[\w.-]+\.tar\.gz", False
    )


class NlmServer:
    """NLM's file server, or a mirror of it under another `base_url`."""

    def __init__(self, transfer: Transfer, base_url: str = BASE_URL) -> None:
        self._transfer = transfer
        self._base = base_url.rstrip("/")

    def names(self, collection: Collection) -> list[str]:
        """The files of a collection, in the order in which they must be applied.

        Raises:
            FetchError: the listing cannot be fetched or names no file.
        """
        url = f"{self._base}/{collection.path}/"
        page = self._transfer.text(url).decode("utf-8", "replace")
        names = sorted(set(re.findall(rf'href="({collection.pattern})"', page)))
        if not names:
            raise FetchError(
                f"{url} lists no file of the {collection.name}.",
                "Open it in a browser; use --mirror URL for a mirror.",
            )
        return names

    def mirror(
        self,
        collection: Collection,
        folder: Path,
        *,
        most: int | None = None,
        at_once: int = AT_ONCE,
        progress: FetchProgress | None = None,
    ) -> Iterator[Path]:
        """Yield the files of a collection in order, each when it and all earlier ones have arrived.

        A file already present with the server's current checksum is not fetched.

        Args:
            most: largest number of files: the first of the baseline, the newest otherwise.

        Raises:
            FetchError: a file cannot be fetched. Earlier ones have been yielded.
            StorageError: the disk is full.
        """
        shown = progress or SilentFetch()
        names = self.names(collection)
        if most is not None:
            names = names[:most] if collection is BASELINE else names[-most:]
        shown.begin(len(names), "files")
        with ThreadPoolExecutor(at_once) as pool:
            fetching = [pool.submit(self._file, collection, n, folder, shown) for n in names]
            try:
                for future in fetching:
                    yield future.result()
            except BaseException:
                self._transfer.stop()
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _file(
        self, collection: Collection, name: str, folder: Path, progress: FetchProgress
    ) -> Path:
        url = f"{self._base}/{collection.path}/{name}"
        target, sum_file = folder / name, folder / f"{name}.md5"
        md5 = ""
        if collection.checked:
            listing = self._transfer.text(f"{url}.md5", whole=lambda body: bool(_MD5.search(body)))
            md5 = _MD5.findall(listing)[0].decode()
        previous = sum_file.read_text().strip() if sum_file.exists() else ""
        if not (target.exists() and previous == md5):
            self._transfer.download(url, target, md5, progress.arrived)
            if md5:
                atomic_write(sum_file, md5.encode())
        progress.done(name)
        return target


def fetch_mesh(
    transfer: Transfer, base_url: str, year: int, folder: Path, progress: FetchProgress
) -> Path:
    """Fetch the MeSH descriptor file of a year (about 16 MB, compressed); return its path.

    Raises:
        FetchError: it cannot be fetched.
    """
    name = f"desc{year}.gz"
    target = folder / name
    progress.begin(1, "MeSH")
    if not target.exists():
        transfer.download(f"{base_url.rstrip('/')}/{name}", target, "", progress.arrived)
    progress.done(name)
    return target
