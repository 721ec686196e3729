"""Settings chosen in the application, stored in the data directory; the command line overrides."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from enum import StrEnum

import orjson

from agent.answer import Flagged
from corpora.atomic_files import atomic_write
from corpora.home import Home

NO_MODEL = "none"


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings.

    `model` is in the syntax of `agent.models.choice`, "" if none was chosen; `flagged` says what
    happens to drafted sentences that fail their check; `thinking` is in the syntax of
    `agent.models.thinking`; `email` is sent to NCBI; `log_searches` switches the search log.
    """

    model: str = ""
    flagged: Flagged = Flagged.SHOW
    thinking: str = "off"
    email: str = ""
    log_searches: bool = True


class Whence(StrEnum):
    """Where the model in use was set."""

    COMMAND = "--model or MEDCITE_MODEL"
    CHOSEN = "chosen here"
    DEFAULT = "the default"


def read_choices(home: Home) -> Choices:
    """Read the settings; the defaults if the file cannot be read."""
    try:
        fields = orjson.loads(home.settings.read_bytes())
        # Earlier versions stored a boolean instead.
        dropped = Flagged.DROP if fields.get("drop_flagged") else Flagged.SHOW
        return Choices(
            str(fields["model"]),
            Flagged(fields.get("flagged", dropped)),
            str(fields.get("thinking", "off")),
            str(fields["email"]),
            bool(fields.get("log_searches", True)),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Choices()


def write_choices(home: Home, choices: Choices) -> None:
    """Write the settings.

    Raises:
        StorageError: the file cannot be written.
    """
    home.create()
    content = orjson.dumps(asdict(choices), option=orjson.OPT_INDENT_2)
    atomic_write(home.settings, content, durable=True)


def model_in_use(home: Home) -> tuple[str, Whence]:
    """Return the model in use and where it was set."""
    if override := os.environ.get("MEDCITE_MODEL"):
        return override, Whence.COMMAND
    if chosen := read_choices(home).model:
        return chosen, Whence.CHOSEN
    return NO_MODEL, Whence.DEFAULT
