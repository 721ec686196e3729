"""What the graph carries from node to node, and what its nodes depend on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from agent.answer import Answer, Claim, Verdict
from agent.assessment import Assessment
from agent.planning.plan import Plan, Planner
from agent.verification.verifier import Verifier
from agent.writing.writer import Writer
from retrieval.passage import Evidence, Filters, Retriever


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Handed to nodes through LangGraph's runtime; nothing is global.

    `articles` is the number of articles whose passages are read; `drop_flagged` leaves out of the
    answer what is still unsupported after the revision, instead of showing it flagged.
    """

    retriever: Retriever
    planner: Planner
    writer: Writer
    verifier: Verifier
    articles: int = 8
    drop_flagged: bool = False


class Question(TypedDict):
    """What a run starts from."""

    question: str
    filters: Filters


class Update(TypedDict, total=False):
    """What a node may add or change."""

    plan: Plan
    evidence: list[Evidence]
    seen: frozenset[str]  # PMIDs of all articles that any query found
    assessment: Assessment
    claims: list[Claim]
    verdicts: list[Verdict]
    exhausted: bool  # the planner has no other query to try
    revised: bool
    answer: Answer


class State(Question, Update):
    """Grows as the run goes on."""
