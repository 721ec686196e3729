"""Start a screening from a logged search or from the results of a query."""

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
    """Start a screening of these articles (store ids), with their PRISMA numbers.

    Raises:
        BadInput: see `Screenings.start`.
    """
    numbers = asdict(prisma_numbers(store, ids)) | {"snapshot": store.snapshot}
    return screenings.start(name, query, store.pmids(ids), numbers, reviewers)


def logged_records(
    home: Home, store: ArticleStore, name: str, owner: str = ""
) -> tuple[str, list[int]]:
    """Return the query of a logged search and the store ids of its results still in the corpus.

    Raises:
        BadInput: there is no such search, or its results were not stored.
    """
    log = SearchLog(home, owner)
    entry = log.find(name)
    pmids = log.pmids(entry.id)
    if pmids is None:
        raise BadInput(
            f"The results of search {entry.id} were not stored.", "Give its query instead."
        )
    matches = (store.find(pmid) for pmid in pmids)
    return entry.text, [match[0] for match in matches if match]
