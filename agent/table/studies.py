"""Which studies an evidence table is of."""

from __future__ import annotations

from agent.planning.rule_based import LocalPlanner
from agent.question import check_question
from agent.reading.sentences import evidential
from retrieval.passage import Evidence, Filters, Retriever


def studies(question: str, filters: Filters, retriever: Retriever, k: int) -> list[Evidence]:
    """At most `k` articles for a question, best first; notices, comments and protocols are none.

    Raises:
        BadQuestion: the question is empty or too long.
    """
    asked = check_question(question)
    draft = LocalPlanner().draft(asked, filters, retriever)
    # Some more, for those that are no evidence.
    return evidential(asked, retriever.gather(list(draft.open), 2 * k))[:k]
