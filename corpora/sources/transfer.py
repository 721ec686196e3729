"""HTTP transfers with retries, rate limits, resumption and checksums; the only user of httpx."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import httpx

from corpora.errors import FetchError, MedciteError, storage_errors

_T = TypeVar("_T")

_TIMEOUT = httpx.Timeout(60.0, connect=20.0)
_TOO_MANY, _RANGE_UNSATISFIABLE, _PARTIAL = 429, 416, 206
_LONGEST_WAIT = 60.0
_LONGEST_SAID = 160


class TransferStopped(Exception):
    """The transfer was stopped; the bytes that arrived are kept for resumption."""


class Transfer:
    """Requests to one server.

    Args:
        interval: minimum seconds between two requests, across all threads.
        attempts: number of attempts before a request counts as failed.
        backoff: seconds before the second attempt, doubled for each further one, unless the
            server sends Retry-After.
    """

    def __init__(self, interval: float = 0.0, attempts: int = 6, backoff: float = 1.0) -> None:
        self._client = httpx.Client(
            timeout=_TIMEOUT, follow_redirects=True, headers={"User-Agent": "medcite"}
        )
        self._interval = interval
        self._attempts = attempts
        self._backoff = backoff
        self._lock = threading.Lock()
        self._next = 0.0
        self._stop = threading.Event()

    def __enter__(self) -> Transfer:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._client.close()

    def stop(self) -> None:
        """Stop downloads that run in other threads."""
        self._stop.set()

    def text(
        self,
        url: str,
        form: Mapping[str, str] | None = None,
        whole: Callable[[bytes], bool] = lambda _: True,
        refused: Callable[[bytes], MedciteError | None] = lambda _: None,
    ) -> bytes:
        """Fetch the body of a page, by POST if there is a form.

        Args:
            whole: whether a body is complete; the request is repeated if not.
            refused: the error in a body that repeating would not help, whatever the HTTP status.

        Raises:
            FetchError: the page cannot be fetched.
        """

        def ask() -> bytes:
            response = self._client.post(url, data=dict(form)) if form else self._client.get(url)
            if error := refused(response.content):
                raise error
            response.raise_for_status()
            if not whole(response.content):
                words = " ".join(response.text[:_LONGEST_SAID].split())
                raise httpx.RemoteProtocolError(f"the answer is incomplete ({words})")
            return response.content

        return self._retried(url, ask)

    def download(
        self, url: str, target: Path, md5: str = "", arrived: Callable[[int], None] = lambda _: None
    ) -> None:
        """Download a file, resuming from `target`.part.

        Args:
            md5: hexadecimal checksum of the complete file; "" if the server gives none.
            arrived: called with the number of bytes that arrived since the last call.

        Raises:
            FetchError: the file cannot be fetched, or its checksum differs.
            Stopped: `stop` was called.
        """
        part = target.with_name(target.name + ".part")

        def ask() -> None:
            self._into(url, part, arrived)
            if md5 and _md5(part) != md5:
                # The partial file may be from an older file of this name: start again.
                part.unlink()
                raise httpx.RemoteProtocolError(f"the checksum is not {md5}")

        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            self._retried(url, ask)
            part.replace(target)

    def _into(self, url: str, part: Path, arrived: Callable[[int], None]) -> None:
        size = part.stat().st_size if part.exists() else 0
        # Ranges count stored bytes, so the transfer must not be compressed.
        headers = {"Accept-Encoding": "identity"}
        if size:
            headers["Range"] = f"bytes={size}-"
        with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code == _RANGE_UNSATISFIABLE:
                # The partial file is complete or too long: only a checksum could tell.
                part.unlink()
                raise httpx.RemoteProtocolError("the partial file does not fit")
            response.raise_for_status()
            mode = "ab" if response.status_code == _PARTIAL else "wb"
            with part.open(mode) as file:
                for piece in response.iter_raw():
                    if self._stop.is_set():
                        raise TransferStopped
                    file.write(piece)
                    arrived(len(piece))

    def _retried(self, url: str, ask: Callable[[], _T]) -> _T:
        reason, wait = "", self._backoff
        for attempt in range(self._attempts):
            if attempt and self._stop.wait(wait):
                raise TransferStopped
            self._take_turn()
            try:
                return ask()
            except httpx.HTTPStatusError as error:
                status = error.response.status_code
                reason = f"the server answered {status} {error.response.reason_phrase}"
                if status != _TOO_MANY and status < httpx.codes.INTERNAL_SERVER_ERROR:
                    raise _failed(url, reason) from error
                delay = error.response.headers.get("Retry-After", "")
                wait = float(delay) if delay.isdigit() else self._backoff * 2**attempt
            except httpx.TransportError as error:
                reason = str(error) or type(error).__name__
                wait = self._backoff * 2**attempt
            wait = min(wait, _LONGEST_WAIT)
        raise _failed(url, f"{reason}, {self._attempts} times")

    def _take_turn(self) -> None:
        if not self._interval:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        time.sleep(turn - now)


def _failed(url: str, reason: str) -> FetchError:
    return FetchError(
        f"{url.partition('?')[0]} could not be fetched: {reason}.",
        "Check the network and run the same command again: it resumes the download.",
    )


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
