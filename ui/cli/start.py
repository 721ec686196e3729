"""The installed command: it sends a question to a running server, then imports the rest.

Importing the command line takes longer than a server takes for a question about literature that it
has read before. So a question with no options but --json and --home is sent first. It is parsed and
checked as ever meanwhile; the reply is used if that leads to the same request.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ui.cli.defaults import DEFAULT_ENCODER, NO_MODEL, SHOW_FLAGGED


def main() -> None:
    """Run `medcite`."""
    if plain := plain_question(sys.argv[1:], os.environ):
        from corpora.home import Home
        from ui.services.local_socket import send_ahead

        question, home = plain
        send_ahead(Home.locate(home), question, DEFAULT_ENCODER, SHOW_FLAGGED)
    from ui.cli.main import main as run

    run()


def plain_question(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> tuple[str, Path | None] | None:
    """Return (question, home) of `ask QUESTION [--json] [--home FOLDER]`; None of all else."""
    model = environment.get("MEDCITE_MODEL") or NO_MODEL
    if arguments[:1] != ["ask"] or model != NO_MODEL:
        return None
    home: Path | None = None
    questions: list[str] = []
    rest = iter(arguments[1:])
    for word in rest:
        if word == "--home":
            home = Path(next(rest, ""))
        elif not word.startswith("-"):
            questions.append(word)
        elif word != "--json":
            return None
    return (questions[0], home) if len(questions) == 1 else None
