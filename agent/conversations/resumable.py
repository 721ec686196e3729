"""Answers that are kept while they are made, so that one which was cut short can go on."""

from __future__ import annotations

import structlog
from langchain_core.runnables import RunnableConfig

from agent.conversations.checkpoints import Checkpoints
from agent.conversations.threads import Threads, Turn
from agent.graph import Graph, build_graph
from agent.state import Question
from corpora.errors import Damaged, storage_errors
from corpora.home import Home

log = structlog.get_logger()


class Conversations:
    """The threads of a data directory, and the graph that writes down where each answer stands."""

    def __init__(self, home: Home) -> None:
        self.threads = Threads(home)
        with storage_errors(home.threads):
            self.checkpoints = Checkpoints.open(home.threads)
        self.graph: Graph = build_graph(self.checkpoints)

    def close(self) -> None:
        self.checkpoints.close()
        self.threads.close()

    def left_of(self, turn: Turn, start: Question) -> Question | None:
        """What to give the graph for this turn: None where it goes on from a finished step.

        A checkpoint that cannot be read, or is of a run that had ended, costs the work done so far
        and no more: the question starts anew.
        """
        try:
            with storage_errors(self.threads.path):
                waiting = self.graph.get_state(self.config(turn)).next
        except Damaged as error:
            log.warning("a checkpoint could not be read", turn=turn.run, error=str(error))
            waiting = ()
        if waiting:
            return None
        self.checkpoints.delete_thread(turn.run)
        return start

    @staticmethod
    def config(turn: Turn) -> RunnableConfig:
        """Under which name the graph keeps this turn's checkpoints."""
        return {"configurable": {"thread_id": turn.run}}
