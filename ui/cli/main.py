"""`medcite`: the commands, and how errors become exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ui.cli import (
    ask,
    corpus,
    doctor,
    evaluate,
    feedback,
    index,
    models,
    reading,
    screen,
    search,
    searches,
    serve,
    sides,
    table,
    threads,
    update,
    verify,
)
from ui.cli.options import HomeOption

# What the shell calls a process ended by Ctrl-C.
_INTERRUPTED = 130

app = typer.Typer(
    name="medcite",
    help="Answers clinical questions from PubMed, sentence by sentence, with checked citations."
    " For research, not for treating anyone.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(corpus.app, name="corpus", help="Literature: import it, fetch it, see what is there.")
app.add_typer(index.app, name="index", help="The search index: build it, see what is in it.")
app.add_typer(evaluate.app, name="evaluate", help="The benchmarks, on data that you have.")
app.add_typer(threads.app, name="threads", help="Conversations: read, resume, branch, export.")
app.add_typer(
    searches.app, name="searches", help="The log of searches: export, save, run again, remove."
)
app.add_typer(screen.app, name="screen", help="Screening for a review: decide, agree, export.")
app.add_typer(reading.app, name="reading", help="Reading lists: fill, tag, share, prune them.")
app.add_typer(models.app, name="models")
app.add_typer(serve.keys, name="keys", help="Keys of the server: make, list, take back.")
app.command("update")(update.update)
app.command("search")(search.search)
app.command("ask")(ask.ask)
app.command("table")(table.table)
app.command("verify")(verify.verify)
app.command("sides")(sides.sides)
app.command("feedback")(feedback.feedback)
app.command("doctor")(doctor.doctor)
app.command("serve")(serve.serve)
app.command("mcp")(serve.mcp)


@app.command("ui")
def ui(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8501,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    model: Annotated[
        str | None,
        typer.Option(
            envvar="MEDCITE_MODEL", help="Language model, instead of the one chosen in the"
            " application.", show_default=False,
        ),
    ] = None,
    address: Annotated[
        str, typer.Option(help="Where it can be reached; localhost is this machine alone.")
    ] = "localhost",
    open_to_all: Annotated[
        bool, typer.Option("--open-to-all", help="Let others in though nobody has to sign in.")
    ] = False,
) -> None:  # fmt: skip
    """Open the application in a browser.

    Others reach it only at another address, and then have to sign in: see docs/signing-in.md.

    Example: medcite ui --port 8502
    """
    from ui.services.launch import launch

    raise typer.Exit(
        launch(home, port, browser=browser, model=model, address=address, open_to_all=open_to_all)
    )


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log to standard error.")
    ] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        print(f"medcite {installed('medcite')}")
        raise typer.Exit
    if verbose:
        os.environ["MEDCITE_LOG"] = "debug"


def main() -> None:
    """The entry point: errors that are the user's to read end in one message and an exit code."""
    from corpora.errors import MedciteError
    from ui.cli.output import report_error

    try:
        app()
    except MedciteError as error:
        report_error(error)
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            print("\nStopped. What was finished is kept.", file=sys.stderr)
        raise
