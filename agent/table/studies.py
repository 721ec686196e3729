"""Select the studies of an evidence table."""

from __future__ import annotations

from agent.planning.rule_based import LocalPlanner
from agent.question import check_question
from agent.reading.sentences import evidential
from retrieval.filters import Filters
from retrieval.passage import Evidence, Retriever


def studies(question: str, filters: Filters, retriever: Retriever, k: int) -> list[Evidence]:
    """At most `k` articles for a question, best first, without notices, comments and protocols.

    Raises:
        BadQuestion: the question is empty or too long.
    """
    checked = check_question(question)
    draft = LocalPlanner().draft(checked, filters, retriever)
    # Twice as many, since some are not evidence.
    return evidential(checked, retriever.gather(list(draft.open), 2 * k))[:k]
