"""Index versions on disk: their content (manifest), and which one is in use (CURRENT).

A version is a folder that is complete once its `manifest.json` exists, which is written last.
`CURRENT` contains the name of a version and is replaced atomically; readers that opened an older
version keep it.
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

from corpora.atomic_files import atomic_write
from corpora.errors import Damaged, NoIndex, storage_errors
from retrieval.encoder import EncoderIdentity
from retrieval.engines.dense import DenseType

FORMAT_VERSION = 4
MANIFEST = "manifest.json"
DENSE = "dense.faiss"
LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Manifest:
    """How an index version was built. `files` maps each file to its SHA-256 and size.

    `store` is the identity of the article store, `last_import` and `last_article` its highest
    import and article ids, from which later changes are determined. `unit` is what one vector
    represents (`retrieval.chunking.UNITS`), `dense` the dense type that was asked for, as in
    `retrieval.engines.dense.choose_type`.
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
    dense: str = "auto"

    @property
    def bytes(self) -> int:
        """Size on disk."""
        return sum(size for _, size in self.files.values())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a version.

    Raises:
        Damaged: it is missing, cannot be read, or has another format.
    """
    path = folder / MANIFEST
    try:
        fields: dict[str, Any] = orjson.loads(path.read_bytes())
        checksum = fields.pop("checksum", "")
        if fields["format"] != FORMAT_VERSION:
            raise Damaged(
                f"{path} has format {fields['format']}; this Medcite reads {FORMAT_VERSION}.",
                "Rebuild: medcite index build.",
            )
        if checksum != _checksum(fields):
            raise ValueError("the checksum differs")
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
            NoIndex: no version is in use.
            Damaged: CURRENT names a version that does not exist.
        """
        name, before = self._named(), None
        # After the name was read, another version may have been put in use and this one pruned.
        while name != before:
            folder = self.root / name
            if name and Path(name).name == name and (folder / MANIFEST).exists():
                return folder
            name, before = self._named(), name
        raise Damaged(
            f"{self._pointer} names a version that does not exist.", "Rebuild: medcite index build."
        )

    def names(self, folder: Path) -> bool:
        """Whether this version is the one in use; ten times faster than `current`.

        Raises:
            NoIndex: no version is in use.
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
        """Create a new, empty version folder."""
        with storage_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S%f")
            folder = self.root / f"{stamp}-{secrets.token_hex(2)}"
            folder.mkdir()
            return folder

    def rollback(self, name: str | None = None) -> Path:
        """Put another version in use after verifying its files.

        Args:
            name: the version; None for the one before that in use.

        Raises:
            NoIndex: there is no such version.
            Damaged: its files differ from what was written.
        """
        current = self.current()
        candidates = [
            folder
            for folder in self.all()
            if (folder.name < current.name if name is None else folder.name == name)
        ]
        if not candidates:
            message = f"There is no version before {current.name}."
            raise NoIndex(
                f"There is no version {name}." if name else message, "See: medcite index status."
            )
        verify_files(candidates[-1], read_manifest(candidates[-1]))
        self.use(candidates[-1])
        return candidates[-1]

    def prune(self, keep: int) -> list[Path]:
        """Remove all but the newest `keep` versions; the one in use always stays.

        Remains of builds that died are removed too, so no build may be running. A reader that has a
        removed version open can still use it.
        """
        current = self.current()
        others = [folder for folder in self.all() if folder != current]
        kept = others[len(others) - (keep - 1) :] if keep > 1 else []
        removed = [folder for folder in others if folder not in kept] + self.unfinished()
        with storage_errors(self.root):
            for folder in removed:
                # Without its manifest a folder is not a version, even if the rest remains.
                (folder / MANIFEST).unlink(missing_ok=True)
                shutil.rmtree(folder)
        return removed

    def complete(self, folder: Path, manifest: Manifest) -> None:
        """Write the manifest, which completes the version, and put it in use."""
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
    """The checksum of a manifest's own fields, which detects damage to the manifest."""
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


def checksums(folder: Path) -> dict[str, tuple[str, int]]:
    """SHA-256 and size of every file of a version by relative path, without lock files."""
    entries = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST and path.suffix != ".lock":
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            entries[path.relative_to(folder).as_posix()] = (digest, path.stat().st_size)
    return entries


def verify_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file of a version with the manifest's checksums.

    Raises:
        Damaged: names the files that are missing or differ from what was written.
    """
    actual = checksums(folder)
    wrong = sorted(name for name, entry in manifest.files.items() if actual.get(name) != entry)
    if wrong:
        raise Damaged(
            f"Index {manifest.version} is damaged: {', '.join(wrong)}.",
            "Rebuild: medcite index build.",
        )
