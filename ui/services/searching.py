"""A search as every front end runs it: the result set, and its entry in the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from corpora.errors import BadInput
from corpora.home import Home
from corpora.store import ArticleStore, open_corpus
from ui.services.search_log import Entry, SearchLog

if TYPE_CHECKING:
    from agent.answer import Answer
    from retrieval.passage import Filters
    from retrieval.result_set import ResultSet
    from retrieval.search import Searcher


def log_search(
    log: SearchLog, store: ArticleStore, found: ResultSet, filters: Filters, name: str = ""
) -> int:
    """Keep a search with what it found; returns its number in the log, 0 where it is off."""
    if not (log.on or name):
        return 0
    ids: Sequence[int] = found.ids.tolist()
    entry = Entry(
        text=found.text,
        kind=found.mode.value,
        found=len(ids),
        snapshot=store.snapshot,
        articles=len(store),
        reading=found.reading,
        filters=filters.to_dict(only_set=True),
        notes=found.notes,
        near=len(found.near),
        retracted=found.retracted,
        name=name,
    )
    return log.add(entry, store.pmids(ids))


def log_question(log: SearchLog, home: Home, answer: Answer, filters: Filters) -> None:
    """Keep a question with how many sources its answer rests on."""
    if not log.on:
        return
    with open_corpus(home.corpus) as store:
        log.add(
            Entry(
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
    """A search that was run again: what is there now and was not then, and the other way round.

    `new` and `gone` are PMIDs; both are empty where `compared` is False, since what was found then
    was not kept.
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
        named = self.name or self.text
        counts = f"{self.now:,} articles now, {self.then:,} on {self.since[:10]}"
        if not self.compared:
            return f"{named}: {counts}; which are new cannot be told."
        return f"{named}: {counts}; {len(self.new):,} new, {len(self.gone):,} gone."


def run_again(
    home: Home,
    log: SearchLog,
    entry: Entry,
    searcher: Callable[[], AbstractContextManager[Searcher]],
) -> Rerun:
    """Run a search of the log with its filters, keep the run, and compare it with the one before.

    Args:
        searcher: opens the searcher that a semantic search needs.

    Raises:
        BadInput: it is a question.
    """
    from retrieval.passage import Filters
    from retrieval.result_set import BooleanSearch, Mode, semantic

    if entry.kind == "question":
        raise BadInput(f"Number {entry.id} is a question.", "Ask it again: medcite ask.")
    filters = Filters.from_dict(entry.filters)
    with open_corpus(home.corpus) as store:
        if entry.kind == Mode.BOOLEAN:
            found = BooleanSearch(home).find(store, entry.text, filters, skip_absent=True)
        else:
            with searcher() as opened:
                found = semantic(opened, store, entry.text, filters)
        now = store.pmids(found.ids.tolist())
        log_search(log, store, found, filters, entry.name)
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
