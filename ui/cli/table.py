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
    from retrieval.filters import Filters
    from ui.services.table_export import TableFormat


@takes_filters()
def table(
    question: Annotated[str | None, typer.Argument(help="A clinical question.")] = None,
    home: HomeOption = None,
    query: Annotated[
        str | None,
        typer.Option(help="Instead of a question: a query in PubMed's syntax for the studies."),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=200, help="Maximum number of studies.")] = 50,
    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", help="A column of your own: a question such as “adverse events?”;"
            " repeatable.",
        ),
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Only these columns, comma-separated: design,n,effect.")
    ] = None,
    export: Annotated[
        str | None,
        typer.Option("--format", help="csv, xlsx, markdown, latex or json; default: by --out."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Output file; default: standard output.")
    ] = None,
    filters: FiltersFromOptions = FROM_OPTIONS,
    encoder: EncoderOption = DEFAULT_ENCODER,
    model: ModelOption = "none",
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Tabulate studies: design, n, population, effect and more, each in the article's own words.

    Every cell is a verbatim span of title or abstract, or empty. A language model (--model) fills
    empty cells of population, intervention, comparator, outcome and your own columns; a quotation
    not found in the article is dropped.

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
        raise BadInput("--column needs a question, or --model.", "Omit it, or ask a question.")
    form = _format(export, out, as_json=as_json)
    place = Home.locate(home)
    check_filters(place, filters)
    _announce(place, model)
    if query is not None:
        from ui.services.evidence_tables import table_of_query
        from ui.services.search_log import SearchLog

        log = SearchLog(place)
        evidence_table, matching = table_of_query(place, query, filters, k, log, column or [])
        _note_rest(matching, len(evidence_table.rows))
    else:
        evidence_table = _of_question(place, question or "", filters, k, column or [], encoder)
    if model != NO_MODEL:
        evidence_table = _filled(place, evidence_table, model)
    evidence_table = edited(place, evidence_table)
    if columns is not None:
        evidence_table = evidence_table.only(
            [name.strip() for name in columns.split(",") if name.strip()]
        )
    if form is None:
        _show(evidence_table)
    elif out is None:
        sys.stdout.buffer.write(form.write(evidence_table))
    else:
        _write(form, evidence_table, out)


def _format(name: str | None, out: Path | None, *, as_json: bool) -> TableFormat | None:
    """Return the file format requested; None for the terminal."""
    from corpora.errors import BadInput
    from ui.services.table_export import JSON, TABLE_FORMATS, XLSX, table_format

    if name:
        form = table_format(name)
    elif as_json:
        form = JSON
    elif out is not None:
        by_suffix = {f.ending: f for f in TABLE_FORMATS}
        if out.suffix.lower() not in by_suffix:
            suffixes = ", ".join(by_suffix)
            raise BadInput(
                f"The suffix of {out} is not a table format.",
                f"Use {suffixes}, or give --format.",
            )
        form = by_suffix[out.suffix.lower()]
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
        table = table_of_question(searcher, question, filters, k, own)
        log_table(home, table, filters)
        return table


def _announce(home: Home, model: str) -> None:
    """Check the model's name before anything is loaded, and note if data leaves the machine."""
    from agent.models.choice import parse_model
    from ui.cli.output import errors

    if host := parse_model(model, home).leaves_machine:
        errors.print(
            f"[bold yellow]Note:[/] titles, abstracts and your columns are sent to {host}.",
            highlight=False,
        )


def _filled(home: Home, table: EvidenceTable, model: str) -> EvidenceTable:
    """Fill empty cells with a language model, and report how many were filled and dropped."""
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
        line += f", {outcome.dropped:,} dropped because the article does not contain their words"
    if outcome.failed:
        line += f"; unusable replies for {counted(outcome.failed, 'study', 'studies')}"
    errors.print(f"{line}.", highlight=False, markup=False)
    return outcome.table


def _note_rest(matching: int, shown: int) -> None:
    from ui.cli.output import errors

    if matching > shown:
        errors.print(f"The first {shown:,} of {matching:,} matches; for more: -k.", style="dim")


def _write(form: TableFormat, table: EvidenceTable, out: Path) -> None:
    from corpora.atomic_files import replacing
    from ui.cli.output import errors
    from ui.render.units import counted

    with replacing(out) as part:
        part.write_bytes(form.write(table))
    filled = sum(bool(row.cells[c.name].text) for row in table.rows for c in table.columns)
    errors.print(
        f"{counted(len(table.rows), 'study', 'studies')}, {filled:,} cells filled → {out}",
        highlight=False,
        markup=False,
    )


def _show(table: EvidenceTable) -> None:
    """Print the studies one below the other, because the table is too wide for a terminal."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from agent.table.columns import CAUTION
    from ui.cli.output import console
    from ui.render.text import notice_line, reference
    from ui.services.table_export import shown

    if not table.rows:
        console.print("No studies were found. Try other words, or fewer filters.")
        return
    for number, row in enumerate(table.rows, start=1):
        console.print(Text(f"{number:3}. {row.article.title}", style="bold"))
        console.print(Text(f"     {reference(row.article)}"))
        if notice := notice_line(row.article):
            console.print(Text(f"     {notice}", style="bold red"))
        grid = Table.grid(padding=(0, 2))
        for column in table.columns:
            if text := shown(row.cells[column.name]):
                grid.add_row(Text(column.title, style="dim"), Text(text))
        console.print(Padding(grid, (0, 0, 1, 5)))
    console.print(CAUTION, style="dim", highlight=False)
    console.print("To write a file: --out FILE.xlsx (.csv, .md, .tex, .json).", style="dim")
