"""API keys of the server: shown once on creation, stored as hashes.

A key is 256 random bits, so a single SHA-256 protects it: it cannot be guessed, and a slow password
hash would only slow down every request.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import asdict, dataclass

import orjson

from corpora.atomic_files import atomic_write
from corpora.dates import now
from corpora.errors import BadInput, Damaged
from corpora.home import Home

PREFIX = "mc-"
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Key:
    """An issued key; `per_minute` overrides the server's limit unless it is 0."""

    name: str
    sha256: str
    created: str
    per_minute: int = 0


class Keys:
    """The keys of one data directory; changes by other processes take effect immediately."""

    def __init__(self, home: Home) -> None:
        self._path = home.server_keys
        self._home = home
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._keys: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """Return the keys, oldest first.

        Raises:
            Damaged: the file exists but cannot be read, so that nobody is let in by mistake.
        """
        return list(self._read().values())

    def add(self, name: str, per_minute: int = 0) -> str:
        """Create a key and return its secret, which cannot be retrieved later.

        Raises:
            BadInput: the name is empty, too long or taken.
            StorageError: the file cannot be written.
        """
        stripped = name.strip()
        if not stripped or len(stripped) > _LONGEST_NAME or not stripped.isprintable():
            raise BadInput(
                f"A key's name has 1 to {_LONGEST_NAME} characters.",
                "Name it after its user: medcite keys add open-webui",
            )
        keys = self.all()
        if any(key.name == stripped for key in keys):
            raise BadInput(
                f"There already is a key named {stripped}.",
                f"Choose another name, or revoke it first: medcite keys remove {stripped}",
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        self._write([*keys, Key(stripped, _digest(secret), now(), per_minute)])
        return secret

    def remove(self, name: str) -> None:
        """Revoke a key; a running server refuses it from now on.

        Raises:
            BadInput: there is no key of this name.
            StorageError: the file cannot be written.
        """
        keys = self.all()
        remaining = [key for key in keys if key.name != name]
        if len(remaining) == len(keys):
            raise BadInput(f"There is no key named {name}.", "See: medcite keys list")
        self._write(remaining)

    def find(self, secret: str) -> Key | None:
        """Return the key with this secret; None if there is none."""
        # Looked up by digest, so that the timing reveals nothing about the secret.
        return self._read().get(_digest(secret))

    def _read(self) -> dict[str, Key]:
        """Return the keys by digest; rereads the file if it has changed."""
        with self._lock:
            try:
                status = self._path.stat()
            except FileNotFoundError:
                self._stamp, self._keys = None, {}
                return self._keys
            stamp = (status.st_mtime_ns, status.st_ino)
            if stamp != self._stamp:
                try:
                    keys = [Key(**key) for key in orjson.loads(self._path.read_bytes())["keys"]]
                except (OSError, ValueError, KeyError, TypeError) as error:
                    raise Damaged(
                        f"{self._path} cannot be read.",
                        "Move it away, and create new keys: medcite keys add NAME",
                    ) from error
                self._stamp, self._keys = stamp, {key.sha256: key for key in keys}
            return self._keys

    def _write(self, keys: list[Key]) -> None:
        """Replace the file, which only its owner can read at any time."""
        self._home.create()
        content = orjson.dumps({"keys": [asdict(k) for k in keys]}, option=orjson.OPT_INDENT_2)
        atomic_write(self._path, content, mode=0o600)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
