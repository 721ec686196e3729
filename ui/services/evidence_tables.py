"""Build evidence tables for all front ends: for a question, a result set or articles."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.reading.reader import LocalReader
from agent.table.model_cells import ModelCells
from agent.table.studies import studies
from agent.table.table import MOST_STUDIES, EvidenceTable, as_evidence, check_own, evidence_table
from corpora.article import Article
from corpora.errors import BadInput
from corpora.store import open_corpus
from retrieval.filters import Filters
from retrieval.result_set import BooleanSearch
from ui.services.result_export import in_order
from ui.services.search_log import SearchEntry, SearchLog
from ui.services.searching import log_search
from ui.services.table_edits import TableEdits

if TYPE_CHECKING:
    from agent.answer import Answer
    from corpora.home import Home
    from retrieval.search import Searcher
    from ui.services.example_questions import OpenHome


def table_of_question(
    searcher: Searcher,
    question: str,
    filters: Filters,
    k: int,
    own: Sequence[str] = (),
) -> EvidenceTable:
    """Tabulate the studies most relevant to a question, best first.

    Raises:
        BadQuestion: the question is empty or too long.
        BadInput: `k` is out of range, or an own column is invalid.
    """
    _check(k, own)
    ranked = studies(question, filters, searcher, k)
    reader = LocalReader(searcher.encoder)
    return evidence_table(ranked, reader, searcher, " ".join(question.split()), own)


def table_of_query(
    home: Home,
    query: str,
    filters: Filters,
    k: int,
    log: SearchLog | None = None,
    own: Sequence[str] = (),
) -> tuple[EvidenceTable, int]:
    """Tabulate the first `k` articles that match a Boolean query; also return how many match.

    Args:
        log: where to log the search.
        own: questions to add as columns, for a language model to fill.

    Raises:
        BadQuery: the query cannot be parsed; gives the position.
        BadInput: `k` is out of range, or an own column is invalid.
    """
    _check(k, own)
    with open_corpus(home.corpus) as store:
        results = BooleanSearch(home).find(store, query, filters)
        ids = results.ids.tolist()
        articles = [article for _, article in in_order(store, ids[:k])]
        if log:
            number = log_search(log, store, results, filters)
            log.note_export(number, f"{len(articles):,} as an evidence table")
    return evidence_table(as_evidence(articles), own=own), len(ids)


def table_of_articles(
    articles: Sequence[Article],
    searcher: Searcher | None = None,
    question: str = "",
    own: Sequence[str] = (),
) -> EvidenceTable:
    """Tabulate these studies in order; own columns need a searcher to be answered."""
    reader = LocalReader(searcher.encoder) if searcher else None
    return evidence_table(as_evidence(articles), reader, searcher, question, own)


class AnswerTables:
    """The evidence tables of answers, each built once for all sessions."""

    def __init__(self, library: OpenHome, most: int = 16) -> None:
        self._library = library
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, tuple[str, ...], str], EvidenceTable] = OrderedDict()

    def of(
        self, answer: Answer, own: tuple[str, ...] = (), owner: str = "", model: str = ""
    ) -> EvidenceTable:
        """Return the table of an answer's sources, with the owner's edits.

        Args:
            model: the name of the language model in use, to have it fill empty cells.

        Raises:
            BadInput: an own column is invalid.
            ModelError: the model cannot be used.
        """
        check_own(own)
        with self._lock:
            table = self._known.get((answer.id, own, model))
        if table is None:
            assistant = self._library.assistant() if own or model else None
            articles = [source.article for source in answer.sources]
            searcher = assistant.searcher if assistant else None
            table = table_of_articles(articles, searcher, own=own)
            if model and assistant and assistant.model:
                table = ModelCells(assistant.model).fill(table).table
            with self._lock:
                self._known[answer.id, own, model] = table
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return edited(self._library.home, table, owner)


def edited(home: Home, table: EvidenceTable, owner: str = "") -> EvidenceTable:
    """Return the table with its owner's edits."""
    return TableEdits(home, owner).applied(table)


def log_table(home: Home, table: EvidenceTable, filters: Filters, owner: str = "") -> None:
    """Log the question of a table."""
    log = SearchLog(home, owner)
    if log.on:
        with open_corpus(home.corpus) as store:
            log.add(
                SearchEntry(
                    text=table.question,
                    kind="question",
                    found=len(table.rows),
                    snapshot=store.snapshot,
                    articles=len(store),
                    reading="evidence table",
                    filters=filters.to_dict(only_set=True),
                )
            )


def _check(k: int, own: Sequence[str] = ()) -> None:
    check_own(own)
    if not 1 <= k <= MOST_STUDIES:
        raise BadInput(
            f"A table has 1 to {MOST_STUDIES} studies.", f"Request at most {MOST_STUDIES}."
        )
