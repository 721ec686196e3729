"""What was chosen in the application, kept in the data directory; the command line overrides it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from enum import StrEnum

import orjson

from agent.answer import Flagged
from corpora.files import atomic_write
from corpora.home import Home

NO_MODEL = "none"


@dataclass(frozen=True, slots=True)
class Choices:
    """`model` as `agent.models.choice` reads it, "" where nothing was chosen; `flagged` says what
    becomes of drafted sentences that fail their check; `thinking` as `agent.models.thinking` reads
    it; `email` is what NCBI is told; `log_searches` whether searches and questions are logged.
    """

    model: str = ""
    flagged: Flagged = Flagged.SHOW
    thinking: str = "off"
    email: str = ""
    log_searches: bool = True


class Whence(StrEnum):
    """Who named the model in use."""

    COMMAND = "--model or MEDCITE_MODEL"
    CHOSEN = "chosen here"
    DEFAULT = "the default"


def read_choices(home: Home) -> Choices:
    """What was chosen; a file that cannot be read counts as no choice."""
    try:
        told = orjson.loads(home.settings.read_bytes())
        # Earlier versions knew two ways.
        dropped = Flagged.DROP if told.get("drop_flagged") else Flagged.SHOW
        return Choices(
            str(told["model"]),
            Flagged(told.get("flagged", dropped)),
            str(told.get("thinking", "off")),
            str(told["email"]),
            bool(told.get("log_searches", True)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Choices()


def write_choices(home: Home, choices: Choices) -> None:
    """Keep what was chosen.

    Raises:
        StorageError: it cannot be written.
    """
    home.create()
    chosen = orjson.dumps(asdict(choices), option=orjson.OPT_INDENT_2)
    atomic_write(home.settings, chosen, durable=True)


def model_in_use(home: Home) -> tuple[str, Whence]:
    """(model string, who named it)."""
    if named := os.environ.get("MEDCITE_MODEL"):
        return named, Whence.COMMAND
    if chosen := read_choices(home).model:
        return chosen, Whence.CHOSEN
    return NO_MODEL, Whence.DEFAULT
