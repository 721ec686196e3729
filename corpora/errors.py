"""All errors that Medcite raises deliberately, in one tree.

MedciteError
├── BadInput            the user's input cannot be used as it is
│   ├── UnreadableFile  a literature file that cannot be read to its end
│   ├── BadQuestion     a question that is empty or far too long
│   ├── BadQuery        a Boolean query that cannot be parsed; says where
│   └── UnknownThread   no conversation with this name or id
├── NotReady            something must be created first
│   ├── NoCorpus        no article has been imported
│   └── NoIndex         no index version is in use
├── IndexMismatch       the index belongs to another encoder or format
├── Damaged             a stored file differs from what was written
├── StorageError        the data directory cannot be read or written (full disk, permissions)
├── Busy                another process holds the lock
├── Stopped             the user stopped a run; nothing failed
├── FetchError          a download is incomplete
├── EncoderError        the encoder cannot be found, checked or loaded
└── ModelError          the language model cannot do what was asked
    ├── ModelNotFound       no such name, folder or file, or the server does not have the model
    ├── ModelAccess         a licence not accepted, a key or token missing or refused
    ├── ModelDamaged        its file is truncated, corrupt or of an unknown kind
    ├── ModelOutOfMemory    it does not fit this machine's GPU or memory
    ├── ModelUnavailable    its server is unreachable, too slow, broken or dead (retry helps)
    ├── ModelBusy           its server is overloaded at the moment (retry helps)
    ├── PromptTooLong       the prompt does not fit the model's window
    └── BadModelOutput      only newlines, a loop, or JSON that stays broken

Each carries `message` (what happened), `next_step` (what to do about it) and `retryable`
(whether the same call can succeed later); the command line uses `exit_code` as its exit status.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

# Characters of a query shown around its fault: together they fit a terminal line.
_BEFORE_FAULT, _AFTER_FAULT = 50, 20


class MedciteError(Exception):
    """Base of all errors meant for the user; shown without a traceback."""

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, next_step: str) -> None:
        # Both are passed on so that an error can be pickled: other processes raise them too.
        super().__init__(message, next_step)
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}"


class BadInput(MedciteError):
    """The user's input cannot be used as it is."""

    exit_code = 2


class UnreadableFile(BadInput):
    """A literature file that cannot be read to its end."""


class BadQuestion(BadInput):
    """A question that is empty or far too long."""


class BadQuery(BadInput):
    """A Boolean query that cannot be parsed or answered.

    `excerpt` is the part of the query around the fault with a caret below it; `position` is the
    offset of the fault.
    """

    def __init__(self, message: str, next_step: str, query: str, position: int) -> None:
        super().__init__(message, next_step)
        self.position = position
        first = max(0, position - _BEFORE_FAULT)
        last = min(len(query), position + _AFTER_FAULT)
        before, after = "…" if first else "", "…" if last < len(query) else ""
        line = before + re.sub(r"\s", " ", query[first:last]) + after
        self.excerpt = f"{line}\n{' ' * (len(before) + position - first)}^"


class UnknownThread(BadInput):
    """No conversation with this name or id."""


class NotReady(MedciteError):
    """Something must be created first."""

    exit_code = 3


class NoCorpus(NotReady):
    """No article has been imported."""


class NoIndex(NotReady):
    """No index version is in use."""


class IndexMismatch(MedciteError):
    """The index belongs to another encoder or format."""

    exit_code = 4


class Damaged(MedciteError):
    """A stored file differs from what was written."""

    exit_code = 4


class StorageError(MedciteError):
    """The data directory cannot be read or written."""

    exit_code = 5


class Busy(MedciteError):
    """Another process holds the lock."""

    exit_code = 6
    retryable = True


class Stopped(MedciteError):
    """The user stopped a run; nothing failed."""

    exit_code = 130
    retryable = True


class FetchError(MedciteError):
    """A download is incomplete."""

    exit_code = 7
    retryable = True


class EngineError(MedciteError):
    """A search engine on another machine does not answer, or refuses."""

    exit_code = 10


class EncoderError(MedciteError):
    """The encoder cannot be found, checked or loaded."""

    exit_code = 8


class ModelError(MedciteError):
    """The language model cannot do what was asked."""

    exit_code = 9


class ModelRejected(ModelError):
    """The server rejects the request as it is."""


class ModelNotFound(ModelError):
    """No such model name, folder or file, or the server does not have the model."""


class ModelAccess(ModelError):
    """A licence was not accepted, or a key or token is missing or refused."""


class ModelDamaged(ModelError):
    """The model's file is truncated, corrupt or of an unknown kind."""


class ModelOutOfMemory(ModelError):
    """The model, or a text of this length, does not fit the GPU or memory."""


class ModelUnavailable(ModelError):
    """The model's server is unreachable, too slow, dead, or its reply is malformed."""

    retryable = True


class ModelBusy(ModelError):
    """The model's server is overloaded; `after` is how many seconds it asks to wait, or 0."""

    retryable = True

    def __init__(self, message: str, next_step: str, after: float = 0.0) -> None:
        super().__init__(message, next_step)
        self.after = after


class PromptTooLong(ModelError):
    """The prompt does not fit the model's window."""


class BadModelOutput(ModelError):
    """The model emitted only newlines, looped, or returned JSON that could not be repaired."""


_FULL = {errno.ENOSPC, errno.EDQUOT}
_ONE_PAGE_OF_SHARED_MEMORY = 64 * 1024
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Convert errors of the operating system, SQLite or tantivy about `path` to StorageError."""
    try:
        yield
    except OSError as error:
        raise _storage_error(path, error.errno, str(error)) from error
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "full" in text:
            raise _storage_error(path, errno.ENOSPC, text) from error
        if "disk I/O" in text:
            # SQLite also reports this if its shared memory does not fit on a full disk.
            raise _storage_error(
                path, errno.ENOSPC if _is_full(path) else errno.EIO, text
            ) from error
        if "readonly" in text or "unable to open" in text:
            raise _storage_error(path, errno.EACCES, text) from error
        if "locked" in text:
            raise Busy(
                f"{path} is in use by another process.", "Wait for it to end and try again."
            ) from error
        if "malformed" in text or "not a database" in text:
            raise Damaged(
                f"{path} is damaged ({text}).",
                "Restore it from a backup, or move it away and import the literature again.",
            ) from error
        raise


def _is_full(path: Path) -> bool:
    folder = next(parent for parent in (path, *path.parents) if parent.exists())
    return shutil.disk_usage(folder).free < _ONE_PAGE_OF_SHARED_MEMORY


def _storage_error(path: Path, number: int | None, text: str) -> StorageError:
    if number in _FULL:
        return StorageError(
            f"The disk with {path} is full; existing data is unchanged.",
            "Free some space, or point --home (or MEDCITE_HOME) at another disk.",
        )
    if number in _FORBIDDEN:
        return StorageError(
            f"{path} cannot be written ({os.strerror(number) if number else text}).",
            "Check its permissions, or point --home (or MEDCITE_HOME) at a folder you own.",
        )
    return StorageError(
        f"{path} cannot be used ({text}).",
        "Check the disk, or point --home (or MEDCITE_HOME) at another folder.",
    )
