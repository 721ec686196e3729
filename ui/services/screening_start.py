"""What a screening begins from: a search of the log, or the articles that a query found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import ArticleStore
from ui.services.result_export import prisma_numbers
from ui.services.screening import Screening, Screenings
from ui.services.search_log import SearchLog


def begin(
    screenings: Screenings,
    store: ArticleStore,
    name: str,
    query: str,
    ids: Sequence[int],
    reviewers: Sequence[str],
) -> Screening:
    """Start a screening of these articles (store ids), with PRISMA's numbers of them.

    Raises:
        BadInput: see `Screenings.start`.
    """
    numbers = asdict(prisma_numbers(store, ids)) | {"snapshot": store.snapshot}
    return screenings.start(name, query, store.pmids(ids), numbers, reviewers)


def logged_records(
    home: Home, store: ArticleStore, named: str, owner: str = ""
) -> tuple[str, list[int]]:
    """(query, store ids) of what a search of the log found then, and is still there.

    Raises:
        BadInput: there is no such search, or what it found was not kept.
    """
    log = SearchLog(home, owner)
    entry = log.find(named)
    pmids = log.pmids(entry.id)
    if pmids is None:
        raise BadInput(f"What search {entry.id} found was not kept.", "Give its query instead.")
    pairs = (store.find(pmid) for pmid in pmids)
    return entry.text, [pair[0] for pair in pairs if pair]
