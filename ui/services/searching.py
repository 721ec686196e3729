"""A search as every front end runs it: the result set, and its entry in the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from corpora.store import ArticleStore
from ui.services.search_log import Entry, SearchLog

if TYPE_CHECKING:
    from agent.answer import Answer
    from retrieval.passage import Filters
    from retrieval.result_set import ResultSet


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
        filters=filters_dict(filters),
        notes=found.notes,
        near=len(found.near),
        retracted=found.retracted,
        name=name,
    )
    return log.add(entry, store.pmids(ids))


def log_question(log: SearchLog, store: ArticleStore, answer: Answer, filters: Filters) -> None:
    """Keep a question with how many sources its answer rests on."""
    if log.on:
        log.add(
            Entry(
                text=answer.question,
                kind="question",
                found=len(answer.sources),
                snapshot=store.snapshot,
                articles=len(store),
                reading=answer.status.value,
                filters=filters_dict(filters),
            )
        )


def filters_dict(filters: Filters) -> dict[str, Any]:
    """The conditions that are set, as JSON has them; `filters_from` gives them back."""
    fields = {name: value for name, value in asdict(filters).items() if value not in (None, (), False)}
    if filters.designs:
        fields["designs"] = [level.name for level in filters.designs]
    return {name: list(v) if isinstance(v, tuple) else v for name, v in fields.items()}


def filters_from(fields: dict[str, Any]) -> Filters:
    """The filters that `filters_dict` wrote."""
    from corpora.evidence_level import EvidenceLevel
    from retrieval.passage import Filters

    values = {name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()}
    if "designs" in values:
        values["designs"] = tuple(EvidenceLevel[name] for name in values["designs"])
    return Filters(**values)
