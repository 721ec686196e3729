"""The socket on which a running server answers the command line of the same user and home.

The protocol is one JSON object per line. The client sends `{"version", "settings", "encoder",
"flagged", "question", "filters"}`; the server replies `{"taken": false}`, or `{"taken": true}` and
then one line per step, with `{}` as a heartbeat. On any error, the client works alone.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from corpora.errors import MedciteError
from corpora.home import Home

if TYPE_CHECKING:
    from agent.answer import Flagged
    from agent.conversations.serialization import Records
    from retrieval.filters import Filters

# A live server accepts a question at once, and sends a heartbeat every few seconds.
BEAT_SECONDS = 3.0
_TAKEN_SECONDS, _SILENT_SECONDS = 2.0, 5 * BEAT_SECONDS
# Connections on which a request was sent ahead, by socket and request.
_ahead: dict[tuple[Path, bytes], socket.socket] = {}
# The keys of a step's update that progress and answer are rendered from.
SHOWN = ("plan", "claims", "verdicts", "quoted", "turned_away", "answer")


class NoServer(Exception):
    """No server answered the question."""


@dataclass(frozen=True, slots=True)
class ServerStep:
    """A step that the server finished, with the keys of its update in `SHOWN`."""

    node: str
    update: dict[str, Any]
    seconds: float


@cache
def records() -> Records:
    """Return the serializer of steps."""
    from agent.answer import Answer
    from agent.conversations.serialization import Records

    return Records(Answer)


def socket_path(home: Home) -> Path:
    """Return the path of the socket on which the server of a home listens."""
    return home.run / "ask.sock"


def is_own_peer(connection: socket.socket) -> bool:
    """Whether the peer is a process of this user; True if the platform cannot tell, because the
    folder's permissions exclude other users.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    raw = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", raw)
    return bool(user == os.getuid())


def settings() -> list[str]:
    """Return the environment variables that answers depend on, to compare between processes."""
    return [os.environ.get(name, "") for name in ("MEDCITE_JUDGE", "MEDCITE_MILVUS")]


def question_line(
    question: str, filters: dict[str, Any], encoder: str, flagged: Flagged | str
) -> bytes:
    """Encode the client's request; `filters` are those that are set."""
    return orjson.dumps(
        {
            "version": version("medcite"),
            "settings": settings(),
            "encoder": encoder,
            "flagged": str(flagged),
            "question": question,
            "filters": filters,
        }
    )


def ask_server(
    home: Home, question: str, filters: Filters, encoder: str, flagged: Flagged
) -> Iterator[ServerStep]:
    """Have a running server of this home answer a question without a language model.

    The server starts work before this returns, not when the first step is read.

    Raises:
        NoServer: there is none, or it does not accept the question; during iteration, the server
            went away before the answer.
    """
    line = question_line(question, filters.to_dict(only_set=True), encoder, flagged)
    steps = _answer_steps(line, socket_path(home))
    next(steps)
    return cast("Iterator[ServerStep]", steps)


def send_ahead(home: Home, question: str, encoder: str, flagged: str) -> None:
    """Send a question without filters, for a later `ask_server` with the same request; without a
    server, do nothing.
    """
    line, path = question_line(question, {}, encoder, flagged), socket_path(home)
    with suppress(OSError, NoServer):
        _ahead[path, line] = _sent(line, path)


def _sent(line: bytes, path: Path) -> socket.socket:
    """Connect, as `_connected`, and send a request."""
    connection = _connected(path)
    try:
        connection.sendall(line + b"\n")
    except OSError:
        connection.close()
        raise
    return connection


def _answer_steps(line: bytes, path: Path) -> Iterator[ServerStep | None]:
    """Yield None once the question is accepted, then the steps."""
    try:
        with (
            _ahead.pop((path, line), None) or _sent(line, path) as connection,
            connection.makefile("rb") as lines,
        ):
            if not orjson.loads(lines.readline())["taken"]:
                raise NoServer("the server did not accept the question")
            connection.settimeout(_SILENT_SECONDS)
            yield None
            yield from _steps(lines)
    except (OSError, ValueError, KeyError, TypeError, MedciteError) as error:
        raise NoServer(type(error).__name__) from error


def _steps(lines: Iterator[bytes]) -> Iterator[ServerStep]:
    for line in lines:
        if not (step := records().loads(line)):
            continue
        yield ServerStep(step["node"], step["update"], step["seconds"])
        if "answer" in step["update"]:
            return
    raise NoServer("the server went away before the answer")


def _connected(path: Path) -> socket.socket:
    """Connect to the server's socket.

    Raises:
        NoServer: the path is not a socket, or another user owns it or the server.
        OSError: there is no socket, or nothing listens on it.
    """
    status = path.lstat()
    if not stat.S_ISSOCK(status.st_mode) or status.st_uid != os.getuid():
        raise NoServer("the socket is not this user's")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_TAKEN_SECONDS)
        connection.connect(str(path))
        if not is_own_peer(connection):
            raise NoServer("the server is another user's")
    except BaseException:
        connection.close()
        raise
    return connection
