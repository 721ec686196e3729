"""`medcite sides`: evidence in the indexed literature for and against a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.filter_options import FROM_OPTIONS, FiltersFromOptions, takes_filters
from ui.cli.options import (
    DEFAULT_ENCODER,
    EncoderOption,
    HomeOption,
    JsonOption,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agent.verification.sides import Position, Sides


@takes_filters(retracted=False)
def sides(
    claim: Annotated[str, typer.Argument(help="A statement, not a question.")],
    home: HomeOption = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="Articles to examine.")] = 20,
    filters: FiltersFromOptions = FROM_OPTIONS,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:
    """Show supporting and opposing articles side by side, with design and sample size.

    Retracted articles and articles without a clear position are excluded.

    Example: medcite sides "Tocilizumab reduces mortality in severe COVID-19"
    """
    from agent.language.claims import claims_nothing
    from agent.question import check_question
    from agent.verification.local_verifier import LocalVerifier
    from agent.verification.sides import sides as take_sides
    from corpora.errors import BadInput
    from corpora.home import Home
    from retrieval.passage import SearchQuery
    from ui.cli.loading import open_searcher
    from ui.cli.output import configure_logging, console, print_json
    from ui.services.filter_check import check_filters

    configure_logging()
    statement = check_question(claim)
    if claims_nothing(statement):
        raise BadInput(
            f"“{statement}” makes no claim that can be checked.",
            "Write a statement, such as “Tocilizumab reduces mortality in severe COVID-19”.",
        )
    check_filters(Home.locate(home), filters)
    with open_searcher(Home.locate(home), encoder, None) as searcher:
        evidence = searcher.search([SearchQuery(statement, filters)], k)[0]
    result = take_sides(statement, evidence, LocalVerifier())
    if as_json:
        print_json(_fields(result, len(evidence)))
    else:
        console.print(_rendered(result, len(evidence)))


def _fields(sides: Sides, examined: int) -> dict[str, Any]:
    from ui.render.text import DISCLAIMER

    return {
        "claim": sides.claim,
        "looked_at": examined,
        "disagree": sides.disagree,
        "supporting": [_position(position) for position in sides.supporting],
        "opposing": [_position(position) for position in sides.opposing],
        "note": DISCLAIMER,
    }


def _position(position: Position) -> dict[str, Any]:
    article, quote, size = position.article, position.quote, position.size
    return {
        "pmid": article.pmid,
        "title": article.title,
        "year": article.year,
        "label": position.label.value,
        "design": position.design,
        "studied": (size.participants or None) if size else None,
        "studied_text": size.words if size else None,
        "quote": {"text": quote.text, "start": quote.start, "end": quote.end},
        "score": position.score,
    }


def _rendered(sides: Sides, examined: int) -> RenderableType:
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    from ui.render.text import DISCLAIMER
    from ui.render.units import counted

    if not sides.supporting and not sides.opposing:
        message = f"None of {counted(examined, 'article')} examined takes a side on this claim."
        return Group(message, f"[dim]{DISCLAIMER}[/]")
    table = Table(show_lines=True, expand=True, title=escape(sides.claim), title_justify="left")
    table.add_column(f"For ({len(sides.supporting)})", ratio=1)
    table.add_column(f"Against ({len(sides.opposing)})", ratio=1)
    for row in range(max(len(sides.supporting), len(sides.opposing))):
        table.add_row(_cell(sides.supporting, row), _cell(sides.opposing, row))
    notes = [f"{counted(examined, 'article')} examined; the others take no clear position."]
    if not sides.opposing:
        notes.append("No opposing article was found, which does not mean that there is none.")
    if not sides.supporting:
        notes.append("No supporting article was found, which does not mean that there is none.")
    notes.append("A small network assigns the sides and makes mistakes: read the quotes.")
    return Group(table, *notes, f"[dim]{DISCLAIMER}[/]")


def _cell(positions: tuple[Position, ...], row: int) -> str:
    """Return an article's quote with its source below; empty past the end of a column."""
    from rich.markup import escape

    from agent.answer import Label
    from ui.render.text import name_and_year

    if row >= len(positions):
        return ""
    position = positions[row]
    facts = [name_and_year(position.article), position.design]
    facts.append(position.size.words if position.size else "size not given")
    if position.label is Label.PARTIALLY_SUPPORTED:
        facts.append("in part")
    source = f"{escape(' · '.join(facts))} · {position.article.named}"
    return f"“{escape(position.quote.text)}”\n[dim]{source}[/]"
