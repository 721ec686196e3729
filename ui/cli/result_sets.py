"""How `medcite search` finds, shows, exports and logs the result set of one query."""

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
    from retrieval.passage import Evidence, Filters
    from retrieval.result_set import ResultSet

_SORTS = ("relevance", "date")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for on the command line."""

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


def search(home: Home, wanted: Wanted, encoder: str, reranker: str | None) -> None:
    """Find, log, export and show.

    Raises:
        BadQuery: the query cannot be parsed; says where.
    """
    from corpora.errors import BadInput
    from corpora.store import open_corpus
    from retrieval.result_set import Mode, by_date, mode_of
    from ui.services.filter_check import check_filters
    from ui.services.result_export import export_format
    from ui.services.search_log import SearchLog
    from ui.services.searching import log_search

    if wanted.sort not in _SORTS:
        raise BadInput(f"Nothing is sorted by “{wanted.sort}”.", "Write relevance or date.")
    if wanted.export:
        export_format(wanted.export)
    mode = mode_of(wanted.query)
    if wanted.boolean is not None:
        mode = Mode.BOOLEAN if wanted.boolean else Mode.SEMANTIC
    with open_corpus(home.corpus) as store:
        check_filters(home, wanted.filters)
        if mode is Mode.BOOLEAN:
            found = _boolean(home, store, wanted, encoder, reranker)
        else:
            found = _semantic(home, store, wanted, encoder, reranker)
        ids = by_date(store, found.ids) if wanted.sort == "date" else found.ids
        log = SearchLog(home)
        number = log_search(log, store, found, wanted.filters)
        if wanted.save:
            number = number or log_search(log, store, found, wanted.filters, wanted.save)
            log.save(number, wanted.save)
        if wanted.export:
            chosen = [*ids.tolist(), *(found.near.tolist() if wanted.near else ())]
            _export(store, chosen, wanted)
            log.note_export(number, f"{len(chosen):,} as {wanted.export}")
        else:
            _show(store, found, ids.tolist(), wanted, number)


def _boolean(
    home: Home, store: ArticleStore, wanted: Wanted, encoder: str, reranker: str | None
) -> ResultSet:
    from retrieval.result_set import BooleanSearch

    found = BooleanSearch(home).find(
        store, wanted.query, wanted.filters, skip_absent=wanted.skip_unanswerable
    )
    if wanted.near:
        from dataclasses import replace

        from retrieval.result_set import near_in_meaning
        from ui.cli.loading import open_searcher

        with open_searcher(home, encoder, reranker) as searcher:
            found = replace(found, near=near_in_meaning(searcher, found))
    return found


def _semantic(
    home: Home, store: ArticleStore, wanted: Wanted, encoder: str, reranker: str | None
) -> ResultSet:
    from agent.question import check_question
    from retrieval.result_set import semantic
    from ui.cli.loading import open_searcher

    query = check_question(wanted.query)
    with open_searcher(home, encoder, reranker) as searcher:
        return semantic(searcher, store, query, wanted.filters, wanted.k)


def _export(store: ArticleStore, ids: list[int], wanted: Wanted) -> None:
    from ui.cli.output import errors
    from ui.cli.output_files import whole_file
    from ui.services.result_export import exported, in_order, prisma_numbers

    text = exported((article for _, article in in_order(store, ids)), wanted.export or "")
    if wanted.out is None:
        sys.stdout.write(text)
    else:
        with whole_file(wanted.out) as file:
            file.write(text)
        errors.print(f"{len(ids):,} articles → {wanted.out}", highlight=False, markup=False)
    errors.print(str(prisma_numbers(store, ids)), highlight=False, markup=False)


def _show(
    store: ArticleStore, found: ResultSet, ids: list[int], wanted: Wanted, number: int
) -> None:
    from dataclasses import asdict

    from retrieval.records import article_dict, evidence_dict
    from retrieval.result_set import Mode
    from ui.cli.output import print_json
    from ui.services.result_export import in_order, prisma_numbers

    boolean = found.mode is Mode.BOOLEAN
    if wanted.as_json:
        if boolean:
            first = in_order(store, ids[: wanted.k])
            results = [{"rank": n, **article_dict(a)} for n, (_, a) in enumerate(first, start=1)]
        else:
            matching = set(store.pmids(ids))
            results = [
                evidence_dict(each) | {"holds_every_word": each.article.pmid in matching}
                for each in found.evidence
            ]
        print_json(
            {
                "query": found.text,
                "mode": found.mode.value,
                "reading": found.reading,
                "notes": list(found.notes),
                "found": len(ids),
                "retracted_left_out": found.retracted,
                "prisma": asdict(prisma_numbers(store, ids)),
                "logged": number,
                "results": results,
            }
        )
    elif boolean:
        _print_boolean(store, found, ids, wanted.k)
    else:
        _print_semantic(store, ids, found.evidence)


def _print_boolean(store: ArticleStore, found: ResultSet, ids: list[int], k: int) -> None:
    from ui.cli.output import console
    from ui.render.units import counted
    from ui.services.result_export import in_order

    left = f" ({counted(found.retracted, 'retracted article')} left out)" if found.retracted else ""
    console.print(
        f"Boolean search: {counted(len(ids), 'article')}{left}", highlight=False, style="bold"
    )
    console.print(f"Read as: {found.reading}", highlight=False, markup=False, style="dim")
    for note in found.notes:
        console.print(f"Note: {note}", highlight=False, markup=False, style="yellow")
    for rank, (_, article) in enumerate(in_order(store, ids[:k]), start=1):
        _print_article(rank, article)
    if len(ids) > k:
        console.print(
            f"… and {len(ids) - k:,} more: -k N, or --export ris --out FILE.", style="dim"
        )
    console.print("By meaning instead: --semantic", style="dim", highlight=False)


def _print_semantic(store: ArticleStore, ids: list[int], ranked: Sequence[Evidence]) -> None:
    from ui.cli.output import console
    from ui.render.units import counted

    if not ranked:
        console.print("Nothing was found. Try other words, or fewer filters.")
        return
    matching = set(store.pmids(ids))
    hold = "holds" if len(ids) == 1 else "hold"
    console.print(
        f"Semantic search: {counted(len(ids), 'article')} {hold} every word",
        style="bold",
        highlight=False,
    )
    groups = {
        "": [each for each in ranked if each.article.pmid in matching],
        "Near in meaning, not holding every word:": [
            each for each in ranked if each.article.pmid not in matching
        ],
    }
    for title, group in groups.items():
        if group and title:
            console.print(title, style="bold", highlight=False)
        for each in group:
            _print_article(each.rank, each.article)
    console.print("As in PubMed instead: --boolean", style="dim", highlight=False)


def _print_article(rank: int, article: Article) -> None:
    from rich.markup import escape

    from ui.cli.output import console
    from ui.render.text import notice_line, reference

    console.print(f"[bold]{rank:3}. {escape(article.title)}[/]", highlight=False)
    console.print(f"     {escape(reference(article))}", highlight=False)
    console.print(f"     [dim]{escape(article.design.level.label)}[/]", highlight=False)
    if notice := notice_line(article):
        console.print(f"     [bold red]{escape(notice)}[/]", highlight=False)
