"""`medcite search`: ranked articles for one query, or a TREC run for many."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.cli.options import (
    DEFAULT_ENCODER,
    DesignOption,
    EncoderOption,
    HomeOption,
    JournalOption,
    JsonOption,
    LanguageOption,
    PeopleOption,
    RerankerOption,
    RetractedOption,
    SinceOption,
    TypeOption,
    UntilOption,
)

if TYPE_CHECKING:
    from corpora.home import Home
    from retrieval.passage import Evidence, Filters
    from retrieval.search import Searcher

_QUERIES_AT_ONCE = 32


def search(
    query: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    home: HomeOption = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="Articles a query.")] = 10,
    queries: Annotated[
        Path | None, typer.Option(help='Many queries: a file of {"id", "question"} lines.')
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Where their TREC run goes.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    types: TypeOption = None,
    designs: DesignOption = None,
    languages: LanguageOption = None,
    journals: JournalOption = None,
    people_only: PeopleOption = False,
    include_retracted: RetractedOption = False,
    encoder: EncoderOption = DEFAULT_ENCODER,
    reranker: RerankerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search the index.

    Example: medcite search "tocilizumab severe COVID-19 mortality" --since 2020 -k 5

    Example: medcite search --queries q.jsonl -k 100 --run run.trec
    """
    from corpora.errors import BadInput
    from corpora.home import Home
    from ui.cli.output import configure_logging
    from ui.cli.question_files import read_questions
    from ui.services.filters import make_filters

    configure_logging()
    filters = make_filters(
        since, until, types, designs, languages, journals, people_only, include_retracted
    )
    if (query is None) == (queries is None):
        raise BadInput("Give either a query or --queries.", "See: medcite search --help")
    if (queries is None) != (run is None):
        raise BadInput("--queries and --run go together.", "See: medcite search --help")
    asked = read_questions(queries) if queries else []
    if query is not None:
        from agent.question import check_question

        query = check_question(query)
    with open_searcher(Home.locate(home), encoder, reranker) as searcher:
        if query is not None:
            _show(searcher, query, filters, k, as_json=as_json)
        elif run is not None:
            _write_run(searcher, [(a.id, a.question) for a in asked], filters, k, run)


def open_searcher(home: Home, encoder: str, reranker: str | None) -> closing[Searcher]:
    """The searcher; what is missing is said before the encoder is loaded, which takes seconds."""
    from corpora.store import open_corpus
    from retrieval.version import Versions

    open_corpus(home.corpus).close()
    Versions(home.indexes).current()
    from retrieval.encoder import load_encoder
    from retrieval.rerank import CrossEncoderReranker
    from retrieval.search import Searcher
    from ui.cli.loading import collector_paused

    reranks = CrossEncoderReranker(reranker) if reranker else None
    with collector_paused():
        return closing(Searcher(home, load_encoder(encoder), reranker=reranks))


def _show(searcher: Searcher, query: str, filters: Filters, k: int, *, as_json: bool) -> None:
    from retrieval.passage import SearchQuery
    from ui.cli.output import console, print_json

    found = searcher.search([SearchQuery(query, filters)], k)[0]
    if as_json:
        print_json({"query": query, "results": [_result(each) for each in found]})
        return
    from rich.markup import escape

    from ui.render.text import notice_line, reference

    if not found:
        console.print("Nothing was found. Try other words, or fewer filters.")
    for each in found:
        article = each.article
        console.print(f"[bold]{each.rank:3}. {escape(article.title)}[/]", highlight=False)
        console.print(f"     {escape(reference(article))}", highlight=False)
        console.print(f"     [dim]{escape(article.design.level.label)}[/]", highlight=False)
        if notice := notice_line(article):
            console.print(f"     [bold red]{escape(notice)}[/]", highlight=False)


def _result(evidence: Evidence) -> dict[str, Any]:
    article, passage = evidence.article, evidence.passage
    return {
        "rank": evidence.rank,
        "pmid": article.pmid,
        "title": article.title,
        "journal": article.journal,
        "year": article.year,
        "design": article.design.level.label,
        "notices": [n.kind.value for n in article.notices if not n.issued_by],
        "score": evidence.score,
        "dense_rank": evidence.dense_rank,
        "lexical_rank": evidence.lexical_rank,
        "passage": {"start": passage.start, "end": passage.end, "text": passage.text},
    }


def _write_run(
    searcher: Searcher, asked: list[tuple[str, str]], filters: Filters, k: int, run: Path
) -> None:
    """A TREC run, `qid Q0 pmid rank score tag`; written whole or not at all."""
    from rich.progress import track

    from retrieval.passage import SearchQuery
    from ui.cli.output import errors
    from ui.cli.output_files import whole_file

    starts = range(0, len(asked), _QUERIES_AT_ONCE)
    with whole_file(run) as file:
        for start in track(starts, description="Searching", console=errors):
            part = asked[start : start + _QUERIES_AT_ONCE]
            found = searcher.search([SearchQuery(text, filters) for _, text in part], k)
            for (qid, _), ranking in zip(part, found, strict=True):
                for each in ranking:
                    pmid = each.article.pmid
                    file.write(f"{qid} Q0 {pmid} {each.rank} {each.score:.8f} medcite\n")
