"""`medcite screen`: screen search results for a review, alone or with a second reviewer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.filter_options import FROM_OPTIONS, FiltersFromOptions, takes_filters
from ui.cli.options import DEFAULT_ENCODER, EncoderOption, HomeOption, JsonOption

if TYPE_CHECKING:
    from corpora.home import Home
    from corpora.store import ArticleStore
    from retrieval.filters import Filters
    from ui.services.screening import Screening, ScreeningVerdict

app = typer.Typer(no_args_is_help=True)
NameArgument = Annotated[str, typer.Argument(help="The screening; see `medcite screen list`.")]
ReviewerOption = Annotated[
    str, typer.Option("--reviewer", help="Which reviewer you are, if there are two.")
]
OutOption = Annotated[Path | None, typer.Option(help="Output file; default: standard output.")]


@app.command("start")
@takes_filters()
def start(
    name: Annotated[str, typer.Argument(help="A name for the screening.")],
    query: Annotated[
        str | None, typer.Argument(help="A query, as for medcite search.", show_default=False)
    ] = None,
    filters: FiltersFromOptions = FROM_OPTIONS,
    search: Annotated[
        str | None,
        typer.Option(help="Instead of a query: a logged search by number or name, with its"
                     " results at the time.", show_default=False),
    ] = None,
    reviewers: Annotated[
        list[str] | None, typer.Option("--reviewer", help="One or two reviewers; repeatable.")
    ] = None,
    near: Annotated[
        bool, typer.Option("--near", help="Include articles similar in meaning to the query.")
    ] = False,
    home: HomeOption = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Start a screening of all results of a search.

    Example: medcite screen start statins 'statin*[tiab] AND covid*[tiab]' --reviewer ann
    """
    from corpora.errors import BadInput
    from corpora.home import Home
    from corpora.store import open_corpus
    from ui.cli.output import console, print_json
    from ui.render.units import counted
    from ui.services.screening import Screenings
    from ui.services.screening_start import begin, logged_records

    if (query is None) == (search is None):
        raise BadInput("Give either a query or --search.", "See: medcite screen start --help")
    place = Home.locate(home)
    with open_corpus(place.corpus) as store:
        if search is not None:
            text, ids = logged_records(place, store, search)
        else:
            text = str(query)
            ids = _search(place, store, text, filters, encoder, near=near)
        screening = begin(Screenings(place), store, name, text, ids, reviewers or ())
    if as_json:
        print_json(_report(screening))
        return
    console.print(
        f"“{screening.name}”: {counted(len(ids), 'record')} for"
        f" {' and '.join(screening.reviewers)}."
        f" To see the first records: medcite screen rank “{screening.name}”",
        highlight=False, markup=False, soft_wrap=True,
    )  # fmt: skip


def _search(
    home: Home,
    store: ArticleStore,
    query: str,
    filters: Filters,
    encoder: str,
    *,
    near: bool,
) -> list[int]:
    from retrieval.result_set import BooleanSearch, Mode, mode_of, near_in_meaning, semantic
    from ui.cli.loading import open_searcher
    from ui.services.filter_check import check_filters
    from ui.services.search_log import SearchLog
    from ui.services.searching import log_search

    check_filters(home, filters)
    if mode_of(query) is Mode.BOOLEAN:
        results = BooleanSearch(home).find(store, query, filters)
        similar: list[int] = []
        if near:
            with open_searcher(home, encoder, None) as searcher:
                similar = near_in_meaning(searcher, results).tolist()
    else:
        with open_searcher(home, encoder, None) as searcher:
            results = semantic(searcher, store, query, filters)
        similar = results.near.tolist() if near else []
    log_search(SearchLog(home), store, results, filters)
    return [*results.ids.tolist(), *similar]


@app.command("list")
def list_screenings(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List screenings and each reviewer's progress.

    Example: medcite screen list
    """
    from corpora.home import Home
    from ui.cli.output import console, print_json
    from ui.services.screening import Screenings

    screenings = Screenings(Home.locate(home)).all()
    if as_json:
        print_json([_report(screening) for screening in screenings])
        return
    if not screenings:
        console.print("There is no screening yet. Start one: medcite screen start NAME QUERY")
    for screening in screenings:
        console.print(
            f"{screening.name}: {screening.query}", highlight=False, markup=False, soft_wrap=True
        )
        for who in screening.reviewers:
            console.print(f"  {_line(screening, who)}", highlight=False, markup=False)


@app.command("rank")
def rank(
    name: NameArgument,
    reviewer: ReviewerOption = "",
    k: Annotated[int, typer.Option("-k", min=1, help="Number of records to show.")] = 10,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the records to screen next, ranked by your decisions so far.

    Example: medcite screen rank statins --reviewer ann -k 5
    """
    from corpora.home import Home
    from corpora.store import open_corpus
    from retrieval.records import article_dict
    from ui.cli.output import console, print_json
    from ui.render.text import reference
    from ui.services.screening_order import record_vectors

    place = Home.locate(home)
    screening = _find(home, name)
    who = screening.reviewer(reviewer)
    with open_corpus(place.corpus) as store:
        order = record_vectors(place, store, screening).ranked(screening.decisions(who))
        articles = [(pmid, store.get(pmid)) for pmid in order[:k]]
    if as_json:
        print_json(
            _report(screening)
            | {"next": [article_dict(a) if a else {"pmid": pmid} for pmid, a in articles]}
        )
        return
    console.print(_line(screening, who), highlight=False, markup=False)
    for pmid, article in articles:
        text = f"{article.title} {reference(article)}" if article else "no longer in the corpus"
        console.print(f"{pmid:>9}  {text}", highlight=False, markup=False, soft_wrap=True)


@app.command("decide")
def decide(
    name: NameArgument,
    decision: Annotated[
        str, typer.Argument(help="include, exclude or undecided; none withdraws a decision.")
    ],
    pmids: Annotated[list[str], typer.Argument(help="The records, by PMID.")],
    reason: Annotated[str, typer.Option(help="The reason for exclusion.")] = "",
    reviewer: ReviewerOption = "",
    home: HomeOption = None,
) -> None:
    """Record a decision on records; the last one on a record counts.

    Example: medcite screen decide statins exclude 33608850 --reason "wrong population"
    """
    from ui.cli.output import console

    screening = _find(home, name)
    who = screening.reviewer(reviewer)
    verdict = None if decision == "none" else _verdict(decision)
    for pmid in pmids:
        if verdict is None:
            screening.take_back(who, pmid)
        else:
            screening.decide(who, pmid, verdict, reason)
    console.print(_line(screening, who), highlight=False, markup=False)


@app.command("finish")
def finish(name: NameArgument, reviewer: ReviewerOption = "", home: HomeOption = None) -> None:
    """Finish your screening; once both reviewers have, they see each other's decisions.

    Example: medcite screen finish statins --reviewer ann
    """
    from ui.cli.output import console

    screening = _find(home, name)
    who = screening.reviewer(reviewer)
    screening.finish(who)
    console.print(_line(screening, who), highlight=False, markup=False)


@app.command("reopen")
def reopen(name: NameArgument, reviewer: ReviewerOption = "", home: HomeOption = None) -> None:
    """Continue after finishing, as long as the other reviewer has not finished.

    Example: medcite screen reopen statins --reviewer ann
    """
    screening = _find(home, name)
    screening.reopen(screening.reviewer(reviewer))


@app.command("agreement")
def agreement(name: NameArgument, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show the agreement of two reviewers, and the records on which they differ.

    Example: medcite screen agreement statins
    """
    from dataclasses import asdict

    from ui.cli.output import console, print_json

    screening = _find(home, name)
    result = screening.agreement()
    settled = screening.outcome()
    if as_json:
        print_json(asdict(result) | {"open": [p for p in result.conflicts if p not in settled]})
        return
    console.print(str(result), highlight=False)
    decisions = {who: screening.decisions(who) for who in screening.reviewers}
    for pmid in result.conflicts:
        verdicts = ", ".join(
            f"{who} {decided[pmid].verdict.value if pmid in decided else 'not screened'}"
            for who, decided in decisions.items()
        )
        end = f" → {settled[pmid].verdict.value}" if pmid in settled else ""
        console.print(f"{pmid:>9}  {verdicts}{end}", highlight=False, markup=False)


@app.command("settle")
def settle(
    name: NameArgument,
    decision: Annotated[str, typer.Argument(help="include, exclude or undecided.")],
    pmids: Annotated[list[str], typer.Argument(help="The records, by PMID.")],
    reason: Annotated[str, typer.Option(help="The reason for exclusion.")] = "",
    home: HomeOption = None,
) -> None:
    """Record the consensus on records on which two reviewers differ.

    Example: medcite screen settle statins include 33608850
    """
    screening, verdict = _find(home, name), _verdict(decision)
    for pmid in pmids:
        screening.settle(pmid, verdict, reason)


@app.command("export")
def export(
    name: NameArgument,
    form: Annotated[
        str, typer.Option("--format", help="ris, with decisions, or svg, the PRISMA flow diagram.")
    ] = "ris",
    only: Annotated[
        str | None,
        typer.Option(help="RIS only: include, exclude or undecided.", show_default=False),
    ] = None,
    out: OutOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export the records with decisions as RIS, or the PRISMA 2020 flow diagram as SVG.

    Example: medcite screen export statins --format svg --out flow.svg
    """
    from dataclasses import asdict

    from corpora.errors import BadInput
    from corpora.home import Home
    from corpora.store import open_corpus
    from ui.cli.output import print_json
    from ui.cli.output_files import whole_file
    from ui.services.screening_flow import flow_svg
    from ui.services.screening_order import decisions_ris, flow_numbers

    if form not in ("ris", "svg"):
        raise BadInput(f"--format {form} is not a valid value.", "Write ris or svg.")
    screening = _find(home, name)
    if as_json:
        outcome = {pmid: asdict(decision) for pmid, decision in screening.outcome().items()}
        flow = asdict(flow_numbers(screening))
        print_json(_report(screening) | {"flow": flow, "outcome": outcome})
        return
    if form == "svg":
        text = flow_svg(screening)
    else:
        with open_corpus(Home.locate(home).corpus) as store:
            text = decisions_ris(screening, store, _verdict(only) if only else None)
    if out is None:
        sys.stdout.write(text)
        return
    with whole_file(out) as file:
        file.write(text)


@app.command("delete")
def delete(
    name: NameArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    home: HomeOption = None,
) -> None:
    """Remove a screening with all its decisions.

    Example: medcite screen delete statins
    """
    from corpora.home import Home
    from ui.services.screening import Screenings

    screening = _find(home, name)
    if not yes:
        typer.confirm(f"Remove “{screening.name}” with all its decisions?", abort=True)
    Screenings(Home.locate(home)).delete(name)


def _find(home: Path | None, name: str) -> Screening:
    from corpora.home import Home
    from ui.services.screening import Screenings

    return Screenings(Home.locate(home)).find(name)


def _verdict(text: str) -> ScreeningVerdict:
    from corpora.errors import BadInput
    from ui.services.screening import ScreeningVerdict

    if text not in list(ScreeningVerdict):
        raise BadInput(
            f"“{text}” is not a decision.", f"Write one of {', '.join(ScreeningVerdict)}."
        )
    return ScreeningVerdict(text)


def _line(screening: Screening, reviewer: str) -> str:
    return str(screening.progress(reviewer))


def _report(screening: Screening) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "name": screening.name,
        "query": screening.query,
        "started": screening.started,
        "prisma": screening.numbers,
        "reviewers": [asdict(screening.progress(reviewer)) for reviewer in screening.reviewers],
    }
