"""Log searches and questions for all front ends, and rerun logged searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from ui.services.search_log import SearchEntry, SearchLog

if TYPE_CHECKING:
    from agent.answer import Answer
    from retrieval.filters import Filters
    from retrieval.result_set import ResultSet
    from retrieval.search import Searcher


def log_search(
    log: SearchLog, store: ArticleStore, results: ResultSet, filters: Filters, name: str = ""
) -> int:
    """Log a search with its results; return its number in the log, 0 if logging is off."""
    if not (log.on or name):
        return 0
    ids: Sequence[int] = results.ids.tolist()
    entry = SearchEntry(
        text=results.text,
        kind=results.mode.value,
        found=len(ids),
        snapshot=store.snapshot,
        articles=len(store),
        reading=results.reading,
        filters=filters.to_dict(only_set=True),
        notes=results.notes,
        near=len(results.near),
        retracted=results.retracted,
        name=name,
    )
    return log.add(entry, store.pmids(ids))


def log_question(log: SearchLog, home: Home, answer: Answer, filters: Filters) -> None:
    """Log a question with the number of sources of its answer."""
    if not log.on:
        return
    with open_corpus(home.corpus) as store:
        log.add(
            SearchEntry(
                text=answer.question,
                kind="question",
                found=len(answer.sources),
                snapshot=store.snapshot,
                articles=len(store),
                reading=answer.status.value,
                filters=filters.to_dict(only_set=True),
            )
        )


@dataclass(frozen=True, slots=True)
class Rerun:
    """The comparison of a rerun search with its previous run.

    `new` and `gone` are PMIDs; both are empty if `compared` is False, because the earlier results
    were not stored.
    """

    name: str
    text: str
    then: int
    now: int
    since: str
    new: tuple[str, ...]
    gone: tuple[str, ...]
    compared: bool = True

    def __str__(self) -> str:
        label = self.name or self.text
        counts = f"{self.now:,} articles now, {self.then:,} on {self.since[:10]}"
        if not self.compared:
            return f"{label}: {counts}; the earlier results were not stored for comparison."
        return f"{label}: {counts}; {len(self.new):,} new, {len(self.gone):,} gone."


def run_again(
    home: Home,
    log: SearchLog,
    entry: SearchEntry,
    searcher: Callable[[], AbstractContextManager[Searcher]],
) -> Rerun:
    """Rerun a logged search with its filters, log the run, and compare it with the previous one.

    Args:
        searcher: opens the searcher that a semantic search needs.

    Raises:
        BadInput: the entry is a question.
    """
    from retrieval.filters import Filters
    from retrieval.result_set import BooleanSearch, Mode, semantic

    if entry.kind == "question":
        raise BadInput(f"Number {entry.id} is a question.", "Ask it again: medcite ask.")
    filters = Filters.from_dict(entry.filters)
    with open_corpus(home.corpus) as store:
        if entry.kind == Mode.BOOLEAN:
            results = BooleanSearch(home).find(store, entry.text, filters, skip_absent=True)
        else:
            with searcher() as opened:
                results = semantic(opened, store, entry.text, filters)
        now = store.pmids(results.ids.tolist())
        log_search(log, store, results, filters, entry.name)
    then = log.pmids(entry.id)
    return Rerun(
        entry.name,
        entry.text,
        entry.found,
        len(now),
        entry.at,
        tuple(sorted(set(now) - set(then))) if then is not None else (),
        tuple(sorted(set(then) - set(now))) if then is not None else (),
        then is not None,
    )
