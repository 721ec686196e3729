"""`medcite searches`: the search log, saved searches and the methods appendix."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.ages import AgeOption, parse_age
from ui.cli.options import DEFAULT_ENCODER, EncoderOption, HomeOption, JsonOption

if TYPE_CHECKING:
    from ui.services.search_log import SearchLog

app = typer.Typer(no_args_is_help=True)
SearchesArgument = Annotated[
    list[str], typer.Argument(help="Numbers or names; see `medcite searches list`.")
]
_SHOWN = 60


@app.command("list")
def list_searches(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List searches and questions, latest first.

    Example: medcite searches list
    """
    from dataclasses import asdict

    from ui.cli.output import console, print_json
    from ui.render.units import to_the_minute

    log = _log(home)
    entries = log.entries()[::-1]
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    if not log.on:
        console.print("Logging is off: medcite searches logging on.", style="yellow")
    if not entries:
        console.print("The log is empty.")
    for entry in entries:
        name = f" [{entry.name}]" if entry.name else ""
        text = entry.text if len(entry.text) <= _SHOWN else f"{entry.text[:_SHOWN]}…"
        when = to_the_minute(entry.at)
        console.print(
            f"{entry.id:4}  {when}  {entry.kind:9} {entry.found:>7,}  {text}{name}",
            highlight=False, markup=False, soft_wrap=True,
        )  # fmt: skip


@app.command("save")
def save(
    search: Annotated[int, typer.Argument(help="Its number in the log.")],
    name: Annotated[str, typer.Argument(help="A name for the search.")],
    home: HomeOption = None,
) -> None:
    """Save a search under a name, to rerun it after an update.

    Example: medcite searches save 12 "beta blockers"
    """
    from ui.cli.output import console

    _log(home).save(search, name)
    console.print(f"Saved as “{name}”. To rerun it: medcite searches rerun “{name}”.", markup=False)


@app.command("rerun")
def rerun(
    searches: Annotated[
        list[str] | None, typer.Argument(help="Numbers or names; default: all saved searches.")
    ] = None,
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:
    """Rerun searches and show what is new since their last run.

    Example: medcite searches rerun "beta blockers"
    """
    from dataclasses import asdict

    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.loading import open_searcher
    from ui.cli.output import console, print_json
    from ui.services.searching import run_again

    place, log = Home.locate(home), _log(home)
    entries = [log.find(search) for search in searches] if searches else log.saved()
    if not entries:
        raise BadInput("No search is saved.", "Save one: medcite searches save NUMBER NAME.")
    results = [
        run_again(place, log, entry, lambda: open_searcher(place, encoder, None))
        for entry in entries
    ]
    if as_json:
        print_json([asdict(result) for result in results])
        return
    for result in results:
        console.print(str(result), highlight=False, markup=False)
        for pmid in result.new:
            console.print(f"  + {pmid}", highlight=False, markup=False)
        for pmid in result.gone:
            console.print(f"  - {pmid}", highlight=False, markup=False)


@app.command("export")
def export(
    searches: Annotated[
        list[str] | None, typer.Argument(help="Numbers or names; default: the whole log.")
    ] = None,
    home: HomeOption = None,
    form: Annotated[str, typer.Option("--format", help="md, json or csv.")] = "md",
    out: Annotated[Path | None, typer.Option(help="Output file; default: standard output.")] = None,
) -> None:
    """Write the log as a methods appendix according to PRISMA-S.

    Example: medcite searches export --format md --out searches.md
    """
    import sys

    from ui.cli.output_files import whole_file
    from ui.services.methods_appendix import appendix

    log = _log(home)
    entries = [log.find(search) for search in searches] if searches else log.entries()
    text = appendix(entries, form, _sources(home))
    if out is None:
        sys.stdout.write(text)
        return
    with whole_file(out) as file:
        file.write(text)


@app.command("delete")
def delete(searches: SearchesArgument, home: HomeOption = None) -> None:
    """Remove entries from the log.

    Example: medcite searches delete 12 13
    """
    from ui.cli.output import console

    log = _log(home)
    count = log.delete([log.find(search).id for search in searches])
    console.print(f"{count:,} removed.")


@app.command("prune")
def prune(
    older_than: AgeOption,
    home: HomeOption = None,
) -> None:
    """Remove entries older than an age from the log; saved searches stay.

    Example: medcite searches prune --older-than 90d
    """
    from ui.cli.output import console

    console.print(f"{_log(home).prune(parse_age(older_than)):,} removed.")


@app.command("logging")
def logging(
    state: Annotated[str, typer.Argument(help="on or off.")], home: HomeOption = None
) -> None:
    """Switch the log on or off; existing entries stay.

    Example: medcite searches logging off
    """
    from dataclasses import replace

    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.output import console
    from ui.services.settings import read_choices, write_choices

    if state not in {"on", "off"}:
        raise BadInput(f"“{state}” is not a valid value.", "Write on or off.")
    place = Home.locate(home)
    write_choices(place, replace(read_choices(place), log_searches=state == "on"))
    console.print(f"Searches and questions are {'' if state == 'on' else 'not '}logged.")


def _log(home: Path | None) -> SearchLog:
    from corpora.home import Home
    from ui.services.search_log import SearchLog

    return SearchLog(Home.locate(home))


def _sources(home: Path | None) -> list[str]:
    """Return the sources fetched or imported, for the appendix."""
    from corpora.errors import NoCorpus
    from corpora.home import Home
    from corpora.store import open_corpus

    try:
        with open_corpus(Home.locate(home).corpus) as store:
            fetched = [f"{f.source} ({f.query}), {f.started[:10]}" for f in store.fetches()]
            return fetched or [f"{e.name}, {e.started[:10]}" for e in store.journal() if e.sha256]
    except NoCorpus:
        return []
