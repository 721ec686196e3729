"""Locate and read the files of published data sets."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from corpora.atomic_files import sha256_of
from corpora.errors import BadInput, FetchError

HUB = "hub"


@dataclass(frozen=True, slots=True)
class HubFiles:
    """A data set's repository on the hub, and which of its files to fetch."""

    repository: str
    patterns: tuple[str, ...]


def find(data: Path, name: str, patterns: Sequence[str]) -> list[Path]:
    """The files of a suite: `data` itself, or its files matching the first pattern that has any.

    `data` may also contain several suites, each in a folder with its name.

    Raises:
        BadInput: there is no such file.
    """
    if data.is_file():
        return [data]
    folder = data / name if (data / name).is_dir() else data
    for pattern in patterns:
        if files := sorted(path for path in folder.rglob(pattern) if path.is_file()):
            return files
    raise BadInput(
        f"{data} contains no file of {name}.",
        f"Give its file, or a folder with {' or '.join(patterns)} in it.",
    )


def fetch(hub: HubFiles) -> Path:
    """The folder of a data set from the hub, downloaded unless it is in the hub's cache.

    Raises:
        FetchError: it cannot be downloaded.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(
            hub.repository, repo_type="dataset", allow_patterns=list(hub.patterns)
        )
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise FetchError(
            f"The data set {hub.repository} cannot be downloaded from the hub: {error}",
            "Check the connection, or download it elsewhere and give its folder: --data FOLDER.",
        ) from error
    return Path(folder)


def read_bytes(path: Path) -> bytes:
    """The content of a file, decompressed if it is gzipped."""
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def kind(path: Path) -> str:
    """The file's format by its suffix, such as "jsonl", ignoring .gz."""
    return (path.with_suffix("") if path.suffix == ".gz" else path).suffix.lstrip(".").casefold()


def records(path: Path) -> Iterator[Mapping[str, Any]]:
    """The records of a JSON Lines, CSV (with a header) or Parquet file.

    Raises:
        BadInput: the file has none of these formats.
    """
    try:
        if kind(path) == "parquet":
            from pyarrow import parquet

            yield from parquet.read_table(path).to_pylist()
        elif kind(path) == "csv":
            yield from csv.DictReader(io.StringIO(read_bytes(path).decode("utf-8-sig"), newline=""))
        else:
            yield from (orjson.loads(line) for line in read_bytes(path).splitlines() if line)
    except ImportError as error:
        raise BadInput(
            f"{path} is a Parquet file, and pyarrow is not installed.", "pip install pyarrow"
        ) from error
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> BadInput:
    """The error for a file that does not have the format of its data set."""
    reason = f"no {error}" if isinstance(error, KeyError) else str(error)
    return BadInput(f"{path} cannot be read ({reason}).", "Give the data set's file as published.")


def sha256(path: Path) -> str:
    """The file's checksum.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        return sha256_of(path)
    except OSError as error:
        raise unreadable(path, error) from error
