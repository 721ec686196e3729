"""Find, show, export and log the result set of one query, for `medcite search`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from corpora.article import Article
    from corpora.home import Home
    from corpora.store import ArticleStore
    from retrieval.filters import Filters
    from retrieval.passage import Evidence
    from retrieval.result_set import ResultSet

_SORTS = ("relevance", "date")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search as given on the command line."""

    query: str
    filters: Filters
    k: int = 10
    sort: str = "relevance"
    export: str | None = None
    out: Path | None = None
    near: bool = False
    save: str | None = None
    boolean: bool | None = None
    skip_unanswerable: bool = False
    as_json: bool = False


def search(home: Home, request: SearchRequest, encoder: str, reranker: str | None) -> None:
    """Run a search, log it, and export or show its results.

    Raises:
        BadInput: the sort order or export format is unknown.
        BadQuery: the query cannot be parsed; gives the position.
    """
    from corpora.errors import BadInput
    from corpora.store import open_corpus
    from retrieval.result_set import Mode, by_date, mode_of
    from ui.services.filter_check import check_filters
    from ui.services.result_export import export_format
    from ui.services.search_log import SearchLog
    from ui.services.searching import log_search

    if request.sort not in _SORTS:
        raise BadInput(f"--sort {request.sort} is not a valid value.", "Write relevance or date.")
    if request.export:
        export_format(request.export)
    mode = mode_of(request.query)
    if request.boolean is not None:
        mode = Mode.BOOLEAN if request.boolean else Mode.SEMANTIC
    with open_corpus(home.corpus) as store:
        check_filters(home, request.filters)
        if mode is Mode.BOOLEAN:
            results = _boolean(home, store, request, encoder, reranker)
        else:
            results = _semantic(home, store, request, encoder, reranker)
        ids = by_date(store, results.ids) if request.sort == "date" else results.ids
        log = SearchLog(home)
        number = log_search(log, store, results, request.filters)
        if request.save:
            number = number or log_search(log, store, results, request.filters, request.save)
            log.save(number, request.save)
        if request.export:
            chosen = [*ids.tolist(), *(results.near.tolist() if request.near else ())]
            _export(store, chosen, request)
            log.note_export(number, f"{len(chosen):,} as {request.export}")
        else:
            _show(store, results, ids.tolist(), request, number)


def _boolean(
    home: Home, store: ArticleStore, request: SearchRequest, encoder: str, reranker: str | None
) -> ResultSet:
    from retrieval.result_set import BooleanSearch

    results = BooleanSearch(home).find(
        store, request.query, request.filters, skip_absent=request.skip_unanswerable
    )
    if request.near:
        from dataclasses import replace

        from retrieval.result_set import near_in_meaning
        from ui.cli.loading import open_searcher

        with open_searcher(home, encoder, reranker) as searcher:
            results = replace(results, near=near_in_meaning(searcher, results))
    return results


def _semantic(
    home: Home, store: ArticleStore, request: SearchRequest, encoder: str, reranker: str | None
) -> ResultSet:
    from agent.question import check_question
    from retrieval.result_set import semantic
    from ui.cli.loading import open_searcher

    query = check_question(request.query)
    with open_searcher(home, encoder, reranker) as searcher:
        return semantic(searcher, store, query, request.filters, request.k)


def _export(store: ArticleStore, ids: list[int], request: SearchRequest) -> None:
    from ui.cli.output import errors
    from ui.cli.output_files import whole_file
    from ui.services.result_export import exported, in_order, prisma_numbers

    text = exported((article for _, article in in_order(store, ids)), request.export or "")
    if request.out is None:
        sys.stdout.write(text)
    else:
        with whole_file(request.out) as file:
            file.write(text)
        errors.print(f"{len(ids):,} articles → {request.out}", highlight=False, markup=False)
    errors.print(str(prisma_numbers(store, ids)), highlight=False, markup=False)


def _show(
    store: ArticleStore, results: ResultSet, ids: list[int], request: SearchRequest, number: int
) -> None:
    from dataclasses import asdict

    from retrieval.records import article_dict, evidence_dict
    from retrieval.result_set import Mode
    from ui.cli.output import print_json
    from ui.services.result_export import in_order, prisma_numbers

    boolean = results.mode is Mode.BOOLEAN
    if request.as_json:
        if boolean:
            first = in_order(store, ids[: request.k])
            items = [{"rank": n, **article_dict(a)} for n, (_, a) in enumerate(first, start=1)]
        else:
            matching = set(store.pmids(ids))
            items = [
                evidence_dict(evidence) | {"holds_every_word": evidence.article.pmid in matching}
                for evidence in results.evidence
            ]
        print_json(
            {
                "query": results.text,
                "mode": results.mode.value,
                "reading": results.reading,
                "notes": list(results.notes),
                "found": len(ids),
                "retracted_left_out": results.retracted,
                "prisma": asdict(prisma_numbers(store, ids)),
                "logged": number,
                "results": items,
            }
        )
    elif boolean:
        _print_boolean(store, results, ids, request.k)
    else:
        _print_semantic(store, ids, results.evidence)


def _print_boolean(store: ArticleStore, results: ResultSet, ids: list[int], k: int) -> None:
    from ui.cli.output import console
    from ui.render.units import counted
    from ui.services.result_export import in_order

    excluded = ""
    if results.retracted:
        excluded = f" ({counted(results.retracted, 'retracted article')} excluded)"
    console.print(
        f"Boolean search: {counted(len(ids), 'article')}{excluded}", highlight=False, style="bold"
    )
    console.print(f"Interpreted as: {results.reading}", highlight=False, markup=False, style="dim")
    for note in results.notes:
        console.print(f"Note: {note}", highlight=False, markup=False, style="yellow")
    for rank, (_, article) in enumerate(in_order(store, ids[:k]), start=1):
        _print_article(rank, article)
    if len(ids) > k:
        console.print(
            f"… and {len(ids) - k:,} more: -k N, or --export ris --out FILE.", style="dim"
        )
    console.print("To search by meaning: --semantic", style="dim", highlight=False)


def _print_semantic(store: ArticleStore, ids: list[int], ranked: Sequence[Evidence]) -> None:
    from ui.cli.output import console
    from ui.render.units import counted

    if not ranked:
        console.print("No articles were found. Try other words, or fewer filters.")
        return
    matching = set(store.pmids(ids))
    contain = "contains" if len(ids) == 1 else "contain"
    console.print(
        f"Semantic search: {counted(len(ids), 'article')} {contain} every word",
        style="bold",
        highlight=False,
    )
    groups = {
        "": [evidence for evidence in ranked if evidence.article.pmid in matching],
        "Similar in meaning, without every word:": [
            evidence for evidence in ranked if evidence.article.pmid not in matching
        ],
    }
    for title, group in groups.items():
        if group and title:
            console.print(title, style="bold", highlight=False)
        for evidence in group:
            _print_article(evidence.rank, evidence.article)
    console.print("To search as in PubMed: --boolean", style="dim", highlight=False)


def _print_article(rank: int, article: Article) -> None:
    from rich.markup import escape

    from ui.cli.output import console
    from ui.render.text import notice_line, reference

    console.print(f"[bold]{rank:3}. {escape(article.title)}[/]", highlight=False)
    console.print(f"     {escape(reference(article))}", highlight=False)
    console.print(f"     [dim]{escape(article.design.level.label)}[/]", highlight=False)
    if notice := notice_line(article):
        console.print(f"     [bold red]{escape(notice)}[/]", highlight=False)
