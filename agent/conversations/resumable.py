"""Checkpoint answers in progress, so that an interrupted one can be resumed."""

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
    """The threads of a data directory, and the graph that checkpoints the progress of answers."""

    def __init__(self, home: Home) -> None:
        self.threads = Threads(home)
        with storage_errors(home.threads):
            self.checkpoints = Checkpoints.open(home.threads)
        self.graph: Graph = build_graph(self.checkpoints)

    def close(self) -> None:
        self.checkpoints.close()
        self.threads.close()

    def left_of(self, turn: Turn, start: Question) -> Question | None:
        """The graph's input for this turn: None to resume after the last finished step.

        If the checkpoint cannot be read, or belongs to a run that had ended, the question starts
        over; only the work done so far is lost.
        """
        try:
            with storage_errors(self.threads.path):
                pending_nodes = self.graph.get_state(self.config(turn)).next
        except Damaged as error:
            log.warning("a checkpoint could not be read", turn=turn.run, error=str(error))
            pending_nodes = ()
        if pending_nodes:
            return None
        self.checkpoints.delete_thread(turn.run)
        return start

    @staticmethod
    def config(turn: Turn) -> RunnableConfig:
        """The configuration that names this turn's checkpoints."""
        return {"configurable": {"thread_id": turn.run}}
