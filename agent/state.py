"""What the graph carries from node to node, and what its nodes depend on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NotRequired, Required, TypedDict

from agent.answer import Answer, Claim, Flagged, Verdict
from agent.plan import Plan, Planner, Rewriter
from agent.planning.followup import LocalRewriter
from agent.reading.reader import Reader, Reading
from agent.verification.verifier import Verifier
from agent.writing.extractive import LocalWriter
from agent.writing.writer import Writer
from corpora.article import Article
from retrieval.passage import Evidence, Filters, Retriever


@dataclass(frozen=True, slots=True)
class Fallback:
    """The forms that need no language model."""

    planner: Planner
    writer: Writer


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Handed to nodes through LangGraph's runtime; nothing is global.

    `articles` is the number of articles that are read; `flagged` says what becomes of sentences
    that fail their check after the revision. `quoting` answers where a draft does not stand.
    `fallback` takes over where the language model of planner or writer fails; None lets the
    question fail.
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
    """What a run starts from. `history` are the conversation's earlier questions, latest last."""

    question: str
    filters: Filters
    history: NotRequired[tuple[str, ...]]


class Update(TypedDict, total=False):
    """What a node may add or change."""

    question: str  # a follow-up, made to stand alone
    turned_away: str  # why the question is not one for the literature
    plan: Plan
    evidence: list[Evidence]  # the articles found, the best first
    withdrawn: tuple[Article, ...]  # retracted ones that were found, and left out
    seen: frozenset[str]  # PMIDs of all articles that any query found
    unknown: tuple[str, ...]  # words for the question's subject that no article of the index holds
    reading: Reading
    pool: list[Evidence]  # what writer and verifier read: whole abstracts, in the reader's order
    claims: list[Claim]
    drafted: int  # how many claims the writer's first draft had
    said: tuple[str, ...]  # what a reader should know of how the draft came about
    verdicts: list[Verdict]
    draft: list[Verdict]  # of a draft that did not stand, and was given up for quotations
    exhausted: bool  # the planner has no other query to try
    revised: bool
    quoted: bool  # quotations stand in the draft's place
    fallbacks: tuple[str, ...]  # what the language model failed at, and why
    answer: Answer


class State(Update, total=False):
    """Grows as the run goes on."""

    filters: Required[Filters]
    history: tuple[str, ...]
