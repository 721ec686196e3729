"""`medcite reading`: the reading list of the application, and how long it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ui.cli.ages import AgeOption, parse_age
from ui.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from pathlib import Path

    from ui.services.reading_list import ReadingList

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_entries(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the articles on the reading list, the last added first.

    Example: medcite reading list
    """
    from dataclasses import asdict

    from ui.cli.output import console, print_json

    entries = _list(home).entries()
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    for entry in entries:
        line = f"{entry.added[:10]}  {entry.pmid}  {entry.note}".rstrip()
        console.print(line, highlight=False, markup=False)
    if not entries:
        console.print("The reading list is empty.")


@app.command("prune")
def prune(older_than: AgeOption, home: HomeOption = None) -> None:
    """Take articles off the reading list that were put on it so long ago, with their notes.

    Example: medcite reading prune --older-than 1y
    """
    from ui.cli.output import console

    console.print(f"{_list(home).prune(parse_age(older_than)):,} removed.")


def _list(home: Path | None) -> ReadingList:
    from corpora.home import Home
    from ui.services.reading_list import ReadingList

    return ReadingList(Home.locate(home))
