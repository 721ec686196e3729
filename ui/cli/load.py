"""`medcite evaluate load`: a load test with many clients on a server started for it."""

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
        int, typer.Option(min=0, help="Questions that may wait; the rest get 429.")
    ] = 64,
    model: Annotated[str, typer.Option(help="Language model behind the server.")] = "none",
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Rebuild and swap the index midway.")
    ] = False,
) -> None:
    """Start a server on loopback, query it from many clients at once, and print the results.

    Each answer is compared with the answer to the same question asked alone; the exit status is 1
    if one was mixed up, or if a request failed with a status other than 429.

    Example: medcite evaluate load --questions queries.jsonl --clients 50 --seconds 120 --rebuild
    """
    from corpora.home import Home
    from evaluation.performance import load as bench
    from evaluation.performance.asking import read_questions
    from evaluation.performance.server import running_server
    from ui.cli.output import errors, print_json

    place = Home.locate(home)
    texts = read_questions(questions)
    # All clients share one address, so the per-client limits are lifted.
    options = ("--per-minute", "0", "--per-client", str(clients), "--waiting", str(waiting))
    status = f"{clients} clients for {seconds:.0f} s…"
    with running_server(place, *options, "--model", model) as server, errors.status(status):
        result = bench.run(
            server.url,
            texts,
            clients=clients,
            seconds=seconds,
            process=server.process,
            compare=model == "none",
            midway=(lambda: _rebuild(place)) if rebuild else None,
        )
    print_json(result.figures())
    if result.mixed_up or result.without_retry_after or set(result.statuses) - {"200", "429"}:
        raise typer.Exit(1)


def _rebuild(home: Home) -> None:
    from corpora.errors import NotReady
    from evaluation.performance.server import begin

    if begin(home, "index", "build", "--force").wait():
        raise NotReady("The rebuild failed.", "To see why, run medcite index build --force.")
