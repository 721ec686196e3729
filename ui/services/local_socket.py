"""The socket on which a running server answers the command line of the same user and home.

One JSON object a line. The client asks `{"version", "settings", "encoder", "flagged", "question",
"filters"}`; the server answers `{"taken": false}`, or `{"taken": true}` and then a line a step,
`{}` while one takes long. Whatever goes wrong, the client works alone.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from corpora.errors import MedciteError
from corpora.home import Home
from retrieval.passage import Filters

if TYPE_CHECKING:
    from agent.answer import Flagged
    from agent.conversations.serialization import Records

# A server that is there takes a question at once, and shows every few seconds that it works.
BEAT_SECONDS = 3.0
_TAKEN_SECONDS, _SILENT_SECONDS = 2.0, 5 * BEAT_SECONDS
# What of a step's update progress and answer are shown from.
SHOWN = ("plan", "claims", "verdicts", "quoted", "turned_away", "answer")


class NoHelp(Exception):
    """No server answered the question."""


@dataclass(frozen=True, slots=True)
class HelpedStep:
    """A step that the server finished; of its update what is shown (`agent.assistant.Step`)."""

    node: str
    update: dict[str, Any]
    seconds: float


@cache
def records() -> Records:
    """Writes and reads what is in a step."""
    from agent.answer import Answer
    from agent.conversations.serialization import Records

    return Records(Answer)


def socket_path(home: Home) -> Path:
    """Where the server of a home listens for its own user."""
    return home.run / "ask.sock"


def is_own_peer(connection: socket.socket) -> bool:
    """Whether the other end is a process of this user, where the platform can tell; else True:
    the folder lets nobody else in.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    raw = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", raw)
    return bool(user == os.getuid())


def settings() -> list[str]:
    """What of the environment an answer depends on: another process may have other values."""
    return [os.environ.get(name, "") for name in ("MEDCITE_JUDGE", "MEDCITE_MILVUS")]


def question_line(question: str, filters: Filters, encoder: str, flagged: Flagged) -> bytes:
    """What the client asks."""
    return orjson.dumps(
        {
            "version": version("medcite"),
            "settings": settings(),
            "encoder": encoder,
            "flagged": flagged.value,
            "question": question,
            "filters": filters.to_dict(only_set=True),
        }
    )


def helped(
    home: Home, question: str, filters: Filters, encoder: str, flagged: Flagged
) -> Iterator[HelpedStep]:
    """The steps of an answer by the local forms, from a running server of this home.

    The server works on the question from when this returns, not only from the first step on.

    Raises:
        NoHelp: there is none, or it does not take the question; while the steps are followed, that
            it went away before the answer.
    """
    steps = _helped(question_line(question, filters, encoder, flagged), socket_path(home))
    next(steps)
    return cast("Iterator[HelpedStep]", steps)


def _helped(line: bytes, path: Path) -> Iterator[HelpedStep | None]:
    """None once the question is taken, then the steps."""
    try:
        with _connected(path) as connection:
            connection.sendall(line + b"\n")
            with connection.makefile("rb") as lines:
                if not orjson.loads(lines.readline())["taken"]:
                    raise NoHelp("it was not taken")
                connection.settimeout(_SILENT_SECONDS)
                yield None
                yield from _steps(lines)
    except (OSError, ValueError, KeyError, TypeError, MedciteError) as error:
        raise NoHelp(type(error).__name__) from error


def _steps(lines: Iterator[bytes]) -> Iterator[HelpedStep]:
    for line in lines:
        if not (step := records().loads(line)):
            continue
        yield HelpedStep(step["node"], step["update"], step["seconds"])
        if "answer" in step["update"]:
            return
    raise NoHelp("it ended without an answer")


def _connected(path: Path) -> socket.socket:
    """Raises:
    NoHelp: there is no socket, or it is not this user's.
    OSError: nobody listens.
    """
    about = path.lstat()
    if not stat.S_ISSOCK(about.st_mode) or about.st_uid != os.getuid():
        raise NoHelp("it is another user's")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_TAKEN_SECONDS)
        connection.connect(str(path))
        if not is_own_peer(connection):
            raise NoHelp("it is another user's")
    except BaseException:
        connection.close()
        raise
    return connection
