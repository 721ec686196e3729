"""`medcite table`: an evidence table of the studies for a question, or of a result set."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli.filter_options import FROM_OPTIONS, FiltersFromOptions, takes_filters
from ui.cli.options import (
    DEFAULT_ENCODER,
    EncoderOption,
    HomeOption,
    JsonOption,
    ModelOption,
)

if TYPE_CHECKING:
    from agent.table.table import EvidenceTable
    from corpora.home import Home
    from retrieval.passage import Filters
    from ui.services.table_export import TableFormat


@takes_filters()
def table(
    question: Annotated[str | None, typer.Argument(help="A clinical question.")] = None,
    home: HomeOption = None,
    query: Annotated[
        str | None,
        typer.Option(help="The studies that this query matches, in PubMed's syntax, instead."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=200, help="Studies at the most.")] = 50,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", help="A column of one's own: a question such as “adverse events?”;"
            " repeatable.",
        ),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Only these columns, with commas: design,n,effect.")
    ] = None,
    export: Annotated[
        str | None,
        typer.Option("--format", help="csv, xlsx, markdown, latex or json; else --out's ending."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the file goes; else standard output.")
    ] = None,
    filters: FiltersFromOptions = FROM_OPTIONS,
    encoder: EncoderOption = DEFAULT_ENCODER,
    model: ModelOption = "none",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Put studies into a table: design, n, population, effect and more, each in their own words.

    Every cell is a verbatim span of title or abstract, or empty. A language model (--model) fills
    what is still empty of population, intervention, comparator, outcome and of your own columns;
    what it quotes and does not stand in the article is dropped.

    Example: medcite table "Does tocilizumab lower mortality in COVID-19?" -k 20

    Example: medcite table --query "psoriasis[mh]" --out psoriasis.xlsx

    Example: medcite table "metformin in pregnancy" --column "adverse events?" --format csv
    """
    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.output import configure_logging
    from ui.services.evidence_tables import edited
    from ui.services.filter_check import check_filters
    from ui.services.settings import NO_MODEL

    configure_logging()
    if question is None and query is None:
        raise BadInput("Give a question or --query.", "See: medcite table --help")
    if question is not None and query is not None:
        raise BadInput("Give either a question or --query.", "See: medcite table --help")
    if query is not None and column and model == NO_MODEL:
        raise BadInput(
            "--column goes with a question, or with --model.", "Leave it out, or ask a question."
        )
    form = _format(export, out, as_json=as_json)
    place = Home.locate(home)
    check_filters(place, filters)
    _announce(place, model)
    if query is not None:
        from ui.services.evidence_tables import table_of_query
        from ui.services.search_log import SearchLog

        log = SearchLog(place)
        made, matching = table_of_query(place, query, filters, k, log, column or [])
        _note_rest(matching, len(made.rows))
    else:
        made = _of_question(place, question or "", filters, k, column or [], encoder)
    if model != NO_MODEL:
        made = _filled(place, made, model)
    made = edited(place, made)
    if columns is not None:
        made = made.only([name.strip() for name in columns.split(",") if name.strip()])
    if form is None:
        _show(made)
    elif out is None:
        sys.stdout.buffer.write(form.write(made))
    else:
        _write(form, made, out)


def _format(named: str | None, out: Path | None, *, as_json: bool) -> TableFormat | None:
    """The file format that is asked for; None for the terminal."""
    from corpora.errors import BadInput
    from ui.services.table_export import JSON, TABLE_FORMATS, XLSX, table_format

    if named:
        form = table_format(named)
    elif as_json:
        form = JSON
    elif out is not None:
        known = {each.ending: each for each in TABLE_FORMATS}
        if out.suffix.lower() not in known:
            endings = ", ".join(known)
            raise BadInput(
                f"{out} does not say which format it is to have.",
                f"Let it end in {endings}, or give --format.",
            )
        form = known[out.suffix.lower()]
    else:
        return None
    if form is XLSX and out is None and sys.stdout.isatty():
        raise BadInput("A workbook cannot be shown in a terminal.", "Give --out FILE.xlsx.")
    return form


def _of_question(
    home: Home,
    question: str,
    filters: Filters,
    k: int,
    own: list[str],
    encoder: str,
) -> EvidenceTable:
    from agent.question import check_question
    from agent.table.table import check_own
    from ui.cli.loading import open_searcher
    from ui.cli.output import errors

    check_question(question)
    check_own(own)
    with errors.status("Loading…") as status, open_searcher(home, encoder, None) as searcher:
        from ui.services.evidence_tables import log_table, table_of_question

        status.update("Reading…")
        made = table_of_question(searcher, question, filters, k, own)
        log_table(home, made, filters)
        return made


def _announce(home: Home, model: str) -> None:
    """Say what is wrong with the model's name before anything is loaded; and what will leave."""
    from agent.models.choice import parse_model
    from ui.cli.output import errors

    if host := parse_model(model, home).leaves_machine:
        errors.print(
            f"[bold yellow]Note:[/] titles, abstracts and your columns are sent to {host}.",
            highlight=False,
        )


def _filled(home: Home, table: EvidenceTable, model: str) -> EvidenceTable:
    """The table with a language model's cells; says how many there are and what was dropped."""
    from contextlib import closing

    from agent.models.choice import open_model, parse_model
    from agent.table.model_cells import ModelCells
    from ui.cli.output import errors
    from ui.render.units import counted

    opened = open_model(parse_model(model, home))
    if opened is None:
        return table
    with closing(opened), errors.status("Asking the model…") as status:
        outcome = ModelCells(opened).fill(
            table, progress=lambda done: status.update(f"{done:,} of {len(table.rows):,} studies…")
        )
    line = f"{counted(outcome.filled, 'cell')} filled by {opened.name}"
    if outcome.dropped:
        line += f", {outcome.dropped:,} dropped whose words the article does not have so"
    if outcome.failed:
        line += f"; of {counted(outcome.failed, 'study', 'studies')} its reply could not be used"
    errors.print(f"{line}.", highlight=False, markup=False)
    return outcome.table


def _note_rest(matching: int, shown: int) -> None:
    from ui.cli.output import errors

    if matching > shown:
        errors.print(f"The first {shown:,} of {matching:,} that match; more: -k.", style="dim")


def _write(form: TableFormat, made: EvidenceTable, out: Path) -> None:
    from corpora.files import replacing
    from ui.cli.output import errors
    from ui.render.units import counted

    with replacing(out) as part:
        part.write_bytes(form.write(made))
    filled = sum(bool(row.cells[c.name].text) for row in made.rows for c in made.columns)
    errors.print(
        f"{counted(len(made.rows), 'study', 'studies')}, {filled:,} cells filled → {out}",
        highlight=False,
        markup=False,
    )


def _show(made: EvidenceTable) -> None:
    """A study after the other: no terminal is as wide as the table."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from agent.table.columns import CAUTION
    from ui.cli.output import console
    from ui.render.text import notice_line, reference
    from ui.services.table_export import shown

    if not made.rows:
        console.print("No study was found. Try other words, or fewer filters.")
        return
    for number, row in enumerate(made.rows, start=1):
        console.print(Text(f"{number:3}. {row.article.title}", style="bold"))
        console.print(Text(f"     {reference(row.article)}"))
        if notice := notice_line(row.article):
            console.print(Text(f"     {notice}", style="bold red"))
        grid = Table.grid(padding=(0, 2))
        for column in made.columns:
            if text := shown(row.cells[column.name]):
                grid.add_row(Text(column.title, style="dim"), Text(text))
        console.print(Padding(grid, (0, 0, 1, 5)))
    console.print(CAUTION, style="dim", highlight=False)
    console.print("As a file: --out FILE.xlsx (.csv, .md, .tex, .json).", style="dim")
