"""`medcite`: the commands, and the mapping from errors to exit codes."""

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

# The shell's exit status for a process ended by Ctrl-C.
_INTERRUPTED = 130

app = typer.Typer(
    name="medcite",
    help="Answers clinical questions from PubMed, sentence by sentence, with checked citations."
    " For research only, not for treatment decisions.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(corpus.app, name="corpus", help="Literature: import, fetch, list, remove.")
app.add_typer(index.app, name="index", help="The search index: build, inspect, maintain.")
app.add_typer(evaluate.app, name="evaluate", help="Benchmarks, on your own copy of the data.")
app.add_typer(threads.app, name="threads", help="Conversations: read, resume, branch, export.")
app.add_typer(searches.app, name="searches", help="The search log: export, save, rerun, remove.")
app.add_typer(screen.app, name="screen", help="Screening for a review: decide, agree, export.")
app.add_typer(reading.app, name="reading", help="Reading lists: fill, tag, share, prune.")
app.add_typer(models.app, name="models")
app.add_typer(serve.keys, name="keys", help="API keys of the server: create, list, revoke.")
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
        str, typer.Option(help="Address to listen on; localhost is this machine only.")
    ] = "localhost",
    open_to_all: Annotated[
        bool, typer.Option("--open-to-all", help="Allow others in without sign-in.")
    ] = False,
) -> None:  # fmt: skip
    """Open the application in a browser.

    Other machines can reach it only at another address, and users must then sign in: see
    docs/signing-in.md.

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
    """Run the command line; a MedciteError ends it with one message and its exit code."""
    from corpora.errors import MedciteError
    from ui.cli.output import report_error

    try:
        app()
    except MedciteError as error:
        report_error(error)
        sys.exit(error.exit_code)
    except SystemExit as stop:
        if stop.code == _INTERRUPTED:
            print("\nStopped. Finished work is kept.", file=sys.stderr)
        raise
