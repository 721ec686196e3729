"""`medcite sides`: what the indexed literature says for and against one claim."""

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
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="Articles to look at.")] = 20,
    filters: FiltersFromOptions = FROM_OPTIONS,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:
    """Show supporting and opposing articles side by side, with design and size.

    Retracted articles are left out, and so is what says nothing clear of the claim.

    Example: medcite sides "Tocilizumab reduces mortality in severe COVID-19"
    """
    from agent.language.claims import claims_nothing
    from agent.question import check_question
    from agent.verification.sides import sides as taken
    from agent.verification.trained import LocalVerifier
    from corpora.errors import BadInput
    from corpora.home import Home
    from retrieval.passage import SearchQuery
    from ui.cli.loading import open_searcher
    from ui.cli.output import configure_logging, console, print_json
    from ui.services.filter_check import check_filters

    configure_logging()
    said = check_question(claim)
    if claims_nothing(said):
        raise BadInput(
            f"“{said}” claims nothing that could be checked.",
            "State what would be so, as in “Tocilizumab reduces mortality in severe COVID-19”.",
        )
    check_filters(Home.locate(home), filters)
    with open_searcher(Home.locate(home), encoder, None) as searcher:
        evidence = searcher.search([SearchQuery(said, filters)], k)[0]
    found = taken(said, evidence, LocalVerifier())
    if as_json:
        print_json(_fields(found, len(evidence)))
    else:
        console.print(_shown(found, len(evidence)))


def _fields(found: Sides, looked_at: int) -> dict[str, Any]:
    from ui.render.text import DISCLAIMER

    return {
        "claim": found.claim,
        "looked_at": looked_at,
        "disagree": found.disagree,
        "supporting": [_position(each) for each in found.supporting],
        "opposing": [_position(each) for each in found.opposing],
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


def _shown(found: Sides, looked_at: int) -> RenderableType:
    from rich.console import Group
    from rich.markup import escape
    from rich.table import Table

    from ui.render.text import DISCLAIMER
    from ui.render.units import counted

    if not found.supporting and not found.opposing:
        told = f"None of {counted(looked_at, 'article')} looked at takes a side on this claim."
        return Group(told, f"[dim]{DISCLAIMER}[/]")
    table = Table(show_lines=True, expand=True, title=escape(found.claim), title_justify="left")
    table.add_column(f"For ({len(found.supporting)})", ratio=1)
    table.add_column(f"Against ({len(found.opposing)})", ratio=1)
    for row in range(max(len(found.supporting), len(found.opposing))):
        table.add_row(_cell(found.supporting, row), _cell(found.opposing, row))
    notes = [f"{counted(looked_at, 'article')} looked at; the others say nothing clear of it."]
    if not found.opposing:
        notes.append("Nothing was found to oppose it, which is not to say that nothing does.")
    if not found.supporting:
        notes.append("Nothing was found to support it, which is not to say that nothing does.")
    notes.append("Sides are taken by a small network that errs: read the quotes.")
    return Group(table, *notes, f"[dim]{DISCLAIMER}[/]")


def _cell(positions: tuple[Position, ...], row: int) -> str:
    """One article's quote, and below it who says so; empty where a column has ended."""
    from rich.markup import escape

    from agent.answer import Label
    from ui.render.text import name_and_year

    if row >= len(positions):
        return ""
    one = positions[row]
    facts = [name_and_year(one.article), one.design]
    facts.append(one.size.words if one.size else "size not given")
    if one.label is Label.PARTIALLY_SUPPORTED:
        facts.append("in part")
    return f"“{escape(one.quote.text)}”\n[dim]{escape(' · '.join(facts))} · {one.article.named}[/]"
