"""API keys of the server: made once, shown once, kept as hashes.

A key is 256 random bits, so one SHA-256 is enough to keep it from being read back: there is
nothing to guess, and a slow password hash would only slow down every request.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import asdict, dataclass

import orjson

from corpora.dates import now
from corpora.errors import BadInput, Damaged
from corpora.files import atomic_write
from corpora.home import Home

PREFIX = "mc-"
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was given out. `per_minute` overrides the server's own limit; 0: it does not."""

    name: str
    sha256: str
    created: str
    per_minute: int = 0


class Keys:
    """The keys of one data directory. Changes made by another process count at once."""

    def __init__(self, home: Home) -> None:
        self._path = home.server_keys
        self._home = home
        self._lock = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, Key] = {}

    def all(self) -> list[Key]:
        """The keys, oldest first.

        Raises:
            Damaged: the file is there and cannot be read; nobody is let in by mistake.
        """
        return list(self._read().values())

    def add(self, name: str, per_minute: int = 0) -> str:
        """Make a key; what is returned is shown nowhere again.

        Raises:
            BadInput: the name is empty, too long or taken.
            StorageError: the file cannot be written.
        """
        named = name.strip()
        if not named or len(named) > _LONGEST_NAME or not named.isprintable():
            raise BadInput(
                f"A key's name has 1 to {_LONGEST_NAME} characters.",
                "Name it after who uses it: medcite keys add open-webui",
            )
        keys = self.all()
        if any(key.name == named for key in keys):
            raise BadInput(
                f"There is a key named {named} already.",
                f"Choose another name, or take it back first: medcite keys remove {named}",
            )
        secret = PREFIX + secrets.token_urlsafe(32)
        self._write([*keys, Key(named, _digest(secret), now(), per_minute)])
        return secret

    def remove(self, name: str) -> None:
        """Take a key back; a running server refuses it from now on.

        Raises:
            BadInput: there is none of this name.
            StorageError: the file cannot be written.
        """
        keys = self.all()
        kept = [key for key in keys if key.name != name]
        if len(kept) == len(keys):
            raise BadInput(f"There is no key named {name}.", "See: medcite keys list")
        self._write(kept)

    def find(self, secret: str) -> Key | None:
        """The key that this is, None where it is none."""
        # By its digest: how long a look-up takes says nothing of the key.
        return self._read().get(_digest(secret))

    def _read(self) -> dict[str, Key]:
        """Digest → key; read again where the file has changed."""
        with self._lock:
            try:
                about = self._path.stat()
            except FileNotFoundError:
                self._stamp, self._known = None, {}
                return self._known
            stamp = (about.st_mtime_ns, about.st_ino)
            if stamp != self._stamp:
                try:
                    keys = [Key(**each) for each in orjson.loads(self._path.read_bytes())["keys"]]
                except (OSError, ValueError, KeyError, TypeError) as error:
                    raise Damaged(
                        f"{self._path} cannot be read.",
                        "Move it away, and make new keys: medcite keys add NAME",
                    ) from error
                self._stamp, self._known = stamp, {key.sha256: key for key in keys}
            return self._known

    def _write(self, keys: list[Key]) -> None:
        """Replace the file; nobody else may read it, not even for a moment."""
        self._home.create()
        content = orjson.dumps({"keys": [asdict(k) for k in keys]}, option=orjson.OPT_INDENT_2)
        atomic_write(self._path, content, mode=0o600)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
