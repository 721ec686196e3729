"""The wiring, and nothing else.

plan → retrieve → read → write → verify → finish
          ↑        │       │      ↑│↑
          └─ relax ┤       ↓      ││└─ revise, once
          └─ widen ┤     quote ───┘↓
                   │       │↑   fewer than half stand
                   ↓       ↓└──────┘
                abstain ← nothing can be quoted
"""

from __future__ import annotations

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent import nodes
from agent.state import Dependencies, Question, State

Graph = CompiledStateGraph[State, Dependencies, Question, State]


def build_graph(checkpointer: BaseCheckpointSaver[str] | None = None) -> Graph:
    """The compiled graph; it can serve any number of runs at once.

    With a checkpointer each run needs a `thread_id`, and can be taken up after its last node.
    """
    graph = StateGraph(State, context_schema=Dependencies, input_schema=Question)
    graph.add_node("plan", nodes.plan)
    graph.add_node("retrieve", nodes.retrieve)
    graph.add_node("read", nodes.read)
    graph.add_node("relax", nodes.relax)
    graph.add_node("widen", nodes.widen)
    graph.add_node("write", nodes.write)
    graph.add_node("verify", nodes.verify)
    graph.add_node("revise", nodes.revise)
    graph.add_node("quote", nodes.quote)
    graph.add_node("finish", nodes.finish)
    graph.add_node("abstain", nodes.abstain)

    graph.add_edge(START, "plan")
    graph.add_conditional_edges("plan", nodes.after_plan, ["retrieve", "abstain"])
    graph.add_edge("retrieve", "read")
    graph.add_conditional_edges("read", nodes.after_read, ["write", "relax", "widen", "abstain"])
    graph.add_edge("relax", "retrieve")
    graph.add_conditional_edges("widen", nodes.after_widen, ["retrieve", "write", "abstain"])
    graph.add_conditional_edges("write", nodes.after_write, ["verify", "quote"])
    graph.add_conditional_edges("verify", nodes.after_verify, ["revise", "quote", "finish"])
    graph.add_conditional_edges("revise", nodes.after_write, ["verify", "quote"])
    graph.add_conditional_edges("quote", nodes.after_quote, ["verify", "abstain"])
    graph.add_edge("finish", END)
    graph.add_edge("abstain", END)
    return graph.compile(checkpointer=checkpointer)
