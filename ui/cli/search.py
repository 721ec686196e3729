"""`medcite search`: ranked articles for one query, or a TREC run for a file of queries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.cli import result_sets
from ui.cli.filter_options import FROM_OPTIONS, FiltersFromOptions, takes_filters
from ui.cli.options import (
    DEFAULT_ENCODER,
    EncoderOption,
    HomeOption,
    JsonOption,
    RerankerOption,
)

if TYPE_CHECKING:
    from retrieval.filters import Filters
    from retrieval.search import Searcher

_QUERIES_AT_ONCE = 32


@takes_filters()
def search(
    query: Annotated[str | None, typer.Argument(help="Words, or PubMed's query syntax.")] = None,
    home: HomeOption = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="Articles per query.")] = 10,
    queries: Annotated[
        Path | None, typer.Option(help='Several queries: a file of {"id", "question"} lines.')
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Output file for their TREC run.")] = None,
    filters: FiltersFromOptions = FROM_OPTIONS,
    boolean: Annotated[
        bool | None,
        typer.Option(
            "--boolean/--semantic", help="Read the query as PubMed does, or by meaning; default:"
            " by its syntax.", show_default=False,
        ),
    ] = None,
    sort: Annotated[str, typer.Option(help="relevance or date.")] = "relevance",
    export: Annotated[
        str | None,
        typer.Option(help="Export all matches: ris, nbib, bibtex, csl-json, csv, pmids or"
                     " vancouver.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the export; default: standard output.")
    ] = None,
    near: Annotated[
        bool, typer.Option("--near", help="Also export articles similar in meaning.")
    ] = False,
    skip_unanswerable: Annotated[
        bool,
        typer.Option("--skip-unanswerable", help="Skip terms in fields that the corpus lacks, such"
                     " as [sh], and say which."),
    ] = False,
    save: Annotated[
        str | None, typer.Option(help="Save the search under this name.", show_default=False)
    ] = None,
    encoder: EncoderOption = DEFAULT_ENCODER,
    reranker: RerankerOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Search the index: as in PubMed if the query uses its syntax, else by words and meaning.

    Example: medcite search '"heart failure"[mh] AND carvedilol AND 2015:2021[dp]' --export ris

    Example: medcite search "tocilizumab severe COVID-19 mortality" --since 2020 -k 5

    Example: medcite search --queries q.jsonl -k 100 --run run.trec
    """
    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.loading import open_searcher
    from ui.cli.output import configure_logging
    from ui.cli.question_files import read_questions

    configure_logging()
    if (query is None) == (queries is None):
        raise BadInput("Give either a query or --queries.", "See: medcite search --help")
    if (queries is None) != (run is None):
        raise BadInput("--queries and --run must be given together.", "See: medcite search --help")
    batch = read_questions(queries) if queries else []
    if export is None and (out is not None or near):
        raise BadInput("--out and --near require --export.", "See: medcite search --help")
    if query is not None:
        request = result_sets.SearchRequest(
            query, filters, k, sort, export, out, near, save, boolean, skip_unanswerable, as_json
        )
        result_sets.search(Home.locate(home), request, encoder, reranker)
        return
    from ui.services.filter_check import check_filters

    check_filters(Home.locate(home), filters)
    with open_searcher(Home.locate(home), encoder, reranker) as searcher:
        if run is not None:
            _write_run(searcher, [(q.id, q.question) for q in batch], filters, k, run)


def _write_run(
    searcher: Searcher, queries: list[tuple[str, str]], filters: Filters, k: int, run: Path
) -> None:
    """Write a TREC run, `qid Q0 pmid rank score tag`, completely or not at all."""
    from rich.progress import track

    from retrieval.passage import SearchQuery
    from ui.cli.output import errors
    from ui.cli.output_files import whole_file

    starts = range(0, len(queries), _QUERIES_AT_ONCE)
    with whole_file(run) as file:
        for start in track(starts, description="Searching", console=errors):
            part = queries[start : start + _QUERIES_AT_ONCE]
            rankings = searcher.search([SearchQuery(text, filters) for _, text in part], k)
            for (qid, _), ranking in zip(part, rankings, strict=True):
                for hit in ranking:
                    pmid = hit.article.pmid
                    file.write(f"{qid} Q0 {pmid} {hit.rank} {hit.score:.8f} medcite\n")
