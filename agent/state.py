"""The state of the graph, and the dependencies of its nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NotRequired, Required, TypedDict

from agent.answer import Answer, Claim, Flagged, Verdict
from agent.plan import Plan, Planner, Rewriter
from agent.planning.followup import LocalRewriter
from agent.reading.reader import Reader, Reading
from agent.verification.protocol import Verifier
from agent.writing.extractive import LocalWriter
from agent.writing.protocol import Writer
from corpora.article import Article
from retrieval.filters import Filters
from retrieval.passage import Evidence, Retriever


@dataclass(frozen=True, slots=True)
class Fallback:
    """The planner and writer that need no language model."""

    planner: Planner
    writer: Writer


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Passed to nodes through LangGraph's runtime; nothing is global.

    `articles` is the number of articles to read; `flagged` decides what happens to sentences that
    fail their check after the revision. `quoting` writes the answer where a draft is rejected.
    `fallback` takes over where the language model of planner or writer fails; with None the
    question fails.
    """

    retriever: Retriever
    planner: Planner
    reader: Reader
    writer: Writer
    verifier: Verifier
    rewriter: Rewriter = field(default_factory=LocalRewriter)
    quoting: Writer = field(default_factory=LocalWriter)
    fallback: Fallback | None = None
    articles: int = 8
    flagged: Flagged = Flagged.SHOW


class Question(TypedDict):
    """A run's input. `history` has the conversation's earlier questions, the latest last."""

    question: str
    filters: Filters
    history: NotRequired[tuple[str, ...]]


class Update(TypedDict, total=False):
    """The values that a node may add or change."""

    question: str  # a follow-up, rewritten to stand alone
    asked: str  # the follow-up in the user's own words, "" where the question stood alone
    turned_away: str  # why the question is not one for the literature
    outline: Plan  # the first round by the rules alone
    plan: Plan
    vectors: dict[str, list[float]]  # the vector of each query, by its text
    evidence: list[Evidence]  # the articles found, the best first
    withdrawn: tuple[Article, ...]  # retracted articles that were found and excluded
    seen: frozenset[str]  # PMIDs of all articles that any query found
    unknown: tuple[str, ...]  # words for the question's subject that occur in no indexed article
    reading: Reading
    pool: list[Evidence]  # the input of writer and verifier: whole abstracts in the reader's order
    claims: list[Claim]
    drafted: int  # the number of claims in the writer's first draft
    said: tuple[str, ...]  # notes for readers on how the draft was produced
    verdicts: list[Verdict]
    draft: list[Verdict]  # verdicts on a rejected draft, which quotations replaced
    exhausted: bool  # the planner has no other query to try
    revised: bool
    quoted: bool  # quotations replace the draft
    fallbacks: tuple[str, ...]  # which steps of the language model failed, and why
    answer: Answer


class State(Update, total=False):
    """The accumulated values of a run."""

    filters: Required[Filters]
    history: tuple[str, ...]
