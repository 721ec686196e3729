"""The articles to answer a question from: those that Medcite itself would read."""

from __future__ import annotations

from langgraph.runtime import Runtime

from agent.nodes import read, relax, retrieve
from agent.planning.rule_based import LocalPlanner
from agent.reading.reader import LocalReader
from agent.state import Dependencies, State
from agent.verification.local_verifier import LocalVerifier
from agent.writing.extractive import LocalWriter
from corpora.home import Home
from retrieval.encoder import Encoder
from retrieval.filters import Filters
from retrieval.passage import Evidence
from retrieval.search import Searcher


class Grounding:
    """Retrieval and reading of the graph over one data directory, without a language model.

    Triage is skipped, since an examination question about an emergency is not an emergency. The
    search uses the question without its options, so that no option is looked up (MIRAGE's rule).

    Raises:
        NoCorpus, NoIndex, IndexMismatch: see `Searcher`.
    """

    def __init__(self, home: Home, encoder: Encoder) -> None:
        self.searcher = Searcher(home, encoder)
        self._runtime = Runtime(
            context=Dependencies(
                retriever=self.searcher,
                planner=LocalPlanner(),
                reader=LocalReader(encoder),
                writer=LocalWriter(),
                verifier=LocalVerifier(),
            )
        )

    def evidence(self, question: str) -> list[Evidence]:
        """Whole abstracts of the articles worth reading, best first; empty if there are none."""
        tools, filters = self._runtime.context, Filters()
        plan = tools.planner.draft(question, filters, tools.retriever)
        state = State(question=question, filters=filters, plan=plan)
        state = {**state, **retrieve(state, self._runtime)}
        if not state["evidence"]:
            state = {**state, **relax(state)}
            state = {**state, **retrieve(state, self._runtime)}
        state = {**state, **read(state, self._runtime)}
        kept = state["reading"].kept
        return [item for item in state["pool"] if not kept or item.article.pmid in kept]

    def close(self) -> None:
        self.searcher.close()
