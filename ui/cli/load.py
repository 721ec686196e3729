"""`medcite evaluate load`: many clients at a server that is started for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.options import HomeOption

if TYPE_CHECKING:
    from corpora.home import Home


def load(
    questions: Annotated[Path, typer.Option(help='JSON Lines with a "question" each.')],
    home: HomeOption = None,
    clients: Annotated[int, typer.Option(min=1, max=500)] = 50,
    seconds: Annotated[float, typer.Option(min=1, max=3600)] = 120,
    waiting: Annotated[
        int, typer.Option(min=0, help="Questions that may wait; further ones get 429.")
    ] = 64,
    model: Annotated[str, typer.Option(help="Language model behind the server.")] = "none",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Build and swap the index in the midst.")
    ] = False,
) -> None:
    """Start a server on loopback, ask it from many clients at once, and print what they saw.

    Each answer is held against that of the same question asked alone; the exit status is 1 where
    one was mixed up, or where a request failed otherwise than by 429.

    Example: medcite evaluate load --questions queries.jsonl --clients 50 --seconds 120 --rebuild
    """
    from corpora.home import Home
    from evaluation.performance import load as bench
    from evaluation.performance.asking import read_questions
    from evaluation.performance.server import running_server
    from ui.cli.output import errors, print_json

    place = Home.locate(home)
    asked = read_questions(questions)
    # All clients are at one address: the limits of one client are not what is looked at.
    options = ("--per-minute", "0", "--per-client", str(clients), "--waiting", str(waiting))
    said = f"{clients} clients for {seconds:.0f} s…"
    with running_server(place, *options, "--model", model) as server, errors.status(said):
        seen = bench.run(
            server.url,
            asked,
            clients=clients,
            seconds=seconds,
            process=server.process,
            compare=model == "none",
            midway=(lambda: _rebuild(place)) if rebuild else None,
        )
    print_json(seen.figures())
    if seen.mixed_up or seen.without_retry_after or set(seen.statuses) - {"200", "429"}:
        raise typer.Exit(1)


def _rebuild(home: Home) -> None:
    from corpora.errors import NotReady
    from evaluation.performance.server import begin

    if begin(home, "index", "build", "--force").wait():
        raise NotReady("The rebuild failed.", "See what it says: medcite index build --force.")
