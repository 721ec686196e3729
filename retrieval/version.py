"""Index versions on disk: what one holds (its manifest), which one is in use (CURRENT).

A version is a folder that is complete when its `manifest.json` is there, which is written last.
`CURRENT` holds one version's name and is replaced atomically; readers that opened an older version
keep it.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from corpora.errors import Damaged, NoIndex, storage_errors
from corpora.files import atomic_write
from retrieval.encoder import EncoderIdentity
from retrieval.engines.dense import DenseType

FORMAT_VERSION = 4
MANIFEST = "manifest.json"
DENSE = "dense.faiss"
LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index version was made from. `files` maps each file to its SHA-256 and size.

    `store` is the identity of the article store, `last_import` and `last_article` the highest
    import and article id that it had: what has changed since is told by them. `unit` is what one
    vector stands for (`retrieval.chunking.UNITS`).
    """

    version: str
    created: str
    encoder: EncoderIdentity
    splitter: int
    store: str
    snapshot: str
    last_import: int
    last_article: int
    articles: int
    passages: int
    dense_type: DenseType
    files: dict[str, tuple[str, int]]
    format: int = FORMAT_VERSION
    unit: str = "passage"

    @property
    def bytes(self) -> int:
        """Size on disk."""
        return sum(size for _, size in self.files.values())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a version.

    Raises:
        Damaged: it is not there, cannot be read, or is of another format.
    """
    path = folder / MANIFEST
    try:
        fields: dict[str, Any] = orjson.loads(path.read_bytes())
        checksum = fields.pop("checksum", "")
        if fields["format"] != FORMAT_VERSION:
            raise Damaged(
                f"{path} is of format {fields['format']}; this Medcite reads {FORMAT_VERSION}.",
                "Rebuild: medcite index build.",
            )
        if checksum != _checksum(fields):
            raise ValueError("the checksum is another")
        fields["encoder"] = EncoderIdentity(**fields["encoder"])
        fields["dense_type"] = DenseType(**fields["dense_type"])
        fields["files"] = {name: tuple(entry) for name, entry in fields["files"].items()}
        return Manifest(**fields)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(f"{path} cannot be read.", "Rebuild: medcite index build.") from error


class Versions:
    """The versions under one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._pointer = root / "CURRENT"

    def current(self) -> Path:
        """The folder of the version in use.

        Raises:
            NoIndex: none is.
            Damaged: CURRENT names one that is not there.
        """
        name, before = self._named(), None
        # Between reading the name and looking, another may have been put in use and this pruned.
        while name != before:
            folder = self.root / name
            if name and Path(name).name == name and (folder / MANIFEST).exists():
                return folder
            name, before = self._named(), name
        raise Damaged(
            f"{self._pointer} names a version that is not there.", "Rebuild: medcite index build."
        )

    def names(self, folder: Path) -> bool:
        """Whether this version is the one in use; a tenth of what `current` takes.

        Raises:
            NoIndex: none is.
        """
        return self._named() == folder.name

    def _named(self) -> str:
        try:
            return self._pointer.read_text(errors="replace").strip()
        except FileNotFoundError as error:
            raise NoIndex(
                f"There is no index in {self.root.parent} yet.", "Build it: medcite index build."
            ) from error

    def all(self) -> list[Path]:
        """Folders of complete versions, oldest first."""
        if not self.root.is_dir():
            return []
        return sorted(p for p in self.root.iterdir() if (p / MANIFEST).exists())

    def unfinished(self) -> list[Path]:
        """Folders of builds that died, oldest first."""
        if not self.root.is_dir():
            return []
        return sorted(p for p in self.root.iterdir() if p.is_dir() and not (p / MANIFEST).exists())

    def begin(self) -> Path:
        """A new, empty version folder."""
        with storage_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S%f")
            folder = self.root / f"{stamp}-{secrets.token_hex(2)}"
            folder.mkdir()
            return folder

    def rollback(self, name: str | None = None) -> Path:
        """Put another version into use, once it is known to be whole.

        Args:
            name: which; None for the one before that in use.

        Raises:
            NoIndex: there is none.
            Damaged: its files are not what was written.
        """
        current = self.current()
        found = [
            folder
            for folder in self.all()
            if (folder.name < current.name if name is None else folder.name == name)
        ]
        if not found:
            said = f"There is no version before {current.name}."
            raise NoIndex(
                f"There is no version {name}." if name else said, "See: medcite index status."
            )
        verify_files(found[-1], read_manifest(found[-1]))
        self.use(found[-1])
        return found[-1]

    def prune(self, keep: int) -> list[Path]:
        """Remove all but the newest `keep` versions; the one in use always stays.

        What builds that died left behind goes too, so no build may run. A reader that still has a
        removed version open keeps it until it is done.
        """
        current = self.current()
        others = [folder for folder in self.all() if folder != current]
        spared = others[len(others) - (keep - 1) :] if keep > 1 else []
        gone = [folder for folder in others if folder not in spared] + self.unfinished()
        with storage_errors(self.root):
            for folder in gone:
                # Without its manifest a folder is no version, also if the rest cannot be removed.
                (folder / MANIFEST).unlink(missing_ok=True)
                shutil.rmtree(folder)
        return gone

    def complete(self, folder: Path, manifest: Manifest) -> None:
        """Write the manifest, which makes the folder a version, and put it in use."""
        with storage_errors(folder):
            fields = orjson.loads(orjson.dumps(asdict(manifest)))
            fields["checksum"] = _checksum(fields)
            content = orjson.dumps(fields, option=orjson.OPT_INDENT_2)
            atomic_write(folder / MANIFEST, content, durable=True)
            self.use(folder)

    def use(self, folder: Path) -> None:
        """Put a complete version in use."""
        with storage_errors(self._pointer):
            atomic_write(self._pointer, folder.name.encode(), durable=True)


def _checksum(fields: dict[str, Any]) -> str:
    """Of a manifest's own fields, so that damage to the manifest shows."""
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


def checksums(folder: Path) -> dict[str, tuple[str, int]]:
    """SHA-256 and size of every file under a version, by relative path; lock files left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST and path.suffix != ".lock":
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = (digest, path.stat().st_size)
    return found


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file of a version with the manifest's checksums.

    Raises:
        Damaged: names the files that are missing or are not what was written.
    """
    found = checksums(folder)
    wrong = sorted(name for name, entry in manifest.files.items() if found.get(name) != entry)
    if wrong:
        raise Damaged(
            f"Index {manifest.version} is damaged: {', '.join(wrong)}.",
            "Rebuild: medcite index build.",
        )
