"""`medcite threads`: the conversations saved by `medcite ask --thread`."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.ages import AgeOption, parse_age
from ui.cli.options import DEFAULT_ENCODER, EncoderOption, HomeOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.conversations.threads import Thread, Threads

app = typer.Typer(no_args_is_help=True)

NamedArgument = Annotated[
    str,
    typer.Argument(metavar="THREAD", help="A conversation: its name, its id, or a prefix of it."),
]


@app.command("list")
def list_threads(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List all conversations, most recently used first.

    Example: medcite threads list
    """
    from rich.markup import escape
    from rich.table import Table

    from ui.cli.output import console, print_json
    from ui.render.units import to_the_minute

    with _open(home) as threads:
        conversations = threads.all()
    if as_json:
        print_json([asdict(thread) for thread in conversations])
        return
    if not conversations:
        console.print('There is no conversation yet. Start one: medcite ask --thread NAME "…"')
        return
    table = Table("Name", "Id", "Questions", "Interrupted", "Last used")
    for thread in conversations:
        counts = (f"{thread.turns:,}", f"{thread.unanswered or ''}")
        table.add_row(escape(thread.name), thread.id, *counts, to_the_minute(thread.updated))
    console.print(table)


@app.command()
def show(key: NamedArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show a conversation, question by question.

    Example: medcite threads show pneumonia
    """
    from rich.markup import escape

    from ui.cli.output import console, print_json
    from ui.render.console import answer_console
    from ui.render.documents import thread_dict

    with _open(home) as threads:
        thread = threads.find(key)
        turns = threads.turns(thread.id)
    if as_json:
        print_json(thread_dict(thread, turns))
        return
    console.print(f"[bold]{escape(thread.name)}[/] ({thread.id})", highlight=False)
    for turn in turns:
        console.rule(f"{turn.number}. {escape(turn.asked)}", align="left")
        if turn.answer is None:
            console.print(f"Interrupted. To resume: medcite threads resume {thread.id}")
        else:
            console.print(answer_console(turn.answer))


@app.command()
def resume(
    key: NamedArgument,
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:
    """Resume an interrupted question from its last finished step.

    Example: medcite threads resume pneumonia
    """
    from corpora.home import Home
    from ui.cli.ask import show_answer
    from ui.cli.output import configure_logging
    from ui.services.search_log import SearchLog
    from ui.services.searching import log_question

    configure_logging()
    with _open(home) as threads:
        thread = threads.find(key)
        turn = threads.interrupted(thread.id)
    from agent.assistant import Assistant
    from agent.run_monitor import Watch

    place = Home.locate(home)
    with Assistant.open(place, encoder=encoder) as assistant:
        watch = Watch()
        answer = show_answer(assistant.resume(thread.id, watch), thread, watch, as_json=as_json)
        log_question(SearchLog(place), place, answer, turn.filters)


@app.command()
def rename(
    key: NamedArgument,
    name: Annotated[str, typer.Argument(help="Its new name.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rename a conversation.

    Example: medcite threads rename thread-1a2b3c4d pneumonia
    """
    with _open(home) as threads:
        renamed = threads.rename(threads.find(key).id, name)
        _report(renamed, "is the new name", as_json=as_json)


@app.command()
def branch(
    key: NamedArgument,
    upto: Annotated[
        int | None, typer.Option("--upto", help="The last question to copy; default: all.")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="The branch's name.")] = "",
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Start a new conversation with the questions and answers of another.

    Example: medcite threads branch pneumonia --upto 2 --name "in children"
    """
    with _open(home) as threads:
        copy = threads.branch(threads.find(key), upto, name)
    _report(copy, f"starts with {copy.turns} of its questions", as_json=as_json)


@app.command()
def delete(
    key: NamedArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Permanently delete a conversation; `medcite threads export` writes a copy.

    Example: medcite threads delete pneumonia --yes
    """
    with _open(home) as threads:
        thread = threads.find(key)
        if not yes:
            typer.confirm(f"Delete “{thread.name}” with {thread.turns} questions?", abort=True)
        threads.delete(thread.id)
    _report(thread, "was deleted", as_json=as_json)


@app.command()
def prune(older_than: AgeOption, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Delete conversations unused for the given time; those in progress stay.

    Example: medcite threads prune --older-than 90d
    """
    from ui.cli.output import console, print_json

    age = parse_age(older_than)
    with _open(home) as threads:
        deleted = threads.prune(age)
    if as_json:
        print_json([asdict(thread) for thread in deleted])
        return
    console.print(f"{len(deleted):,} removed.")


@app.command()
def export(
    key: NamedArgument,
    out: Annotated[
        Path | None,
        typer.Option(help="A file: JSON, or Markdown or HTML if it ends in .md or .html."),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a conversation as Markdown, HTML or JSON, to a file or to standard output.

    Example: medcite threads export pneumonia --out pneumonia.md
    """
    import json

    from ui.cli.output_files import whole_file
    from ui.render.documents import thread_dict, thread_markdown, thread_page

    with _open(home) as threads:
        thread = threads.find(key)
        turns = threads.turns(thread.id)
    form = out.suffix if out else ".json" if as_json else ".md"
    if form == ".md":
        text = thread_markdown(thread, turns)
    elif form == ".html":
        text = thread_page(thread, turns)
    else:
        text = json.dumps(thread_dict(thread, turns), ensure_ascii=False, indent=2) + "\n"
    if out is None:
        print(text, end="")
        return
    with whole_file(out) as file:
        file.write(text)
    _report(thread, f"was written to {out}", as_json=as_json)


@contextmanager
def _open(home: Path | None) -> Iterator[Threads]:
    from agent.conversations.threads import Threads
    from corpora.home import Home

    with Threads(Home.locate(home)) as threads:
        yield threads


def _report(thread: Thread, predicate: str, *, as_json: bool) -> None:
    from rich.markup import escape

    from ui.cli.output import console, print_json

    if as_json:
        print_json(asdict(thread))
    else:
        console.print(f"“{escape(thread.name)}” ({thread.id}) {predicate}.", highlight=False)
