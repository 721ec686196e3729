"""The wiring of the graph; the nodes are in `agent.nodes`.

rewrite → triage → plan → retrieve → read → write → verify → finish
            │                ↑        │       │      ↑│↑
            │                └─ relax ┤       ↓      ││└─ revise, once
            │                └─ widen ┤     quote ───┘↓
            │                         │       │↑   fewer than half stand
            ↓                         ↓       ↓└──────┘
         abstain                   abstain ← nothing can be quoted
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agent import nodes
from agent.state import Dependencies, Question, State, Update
from retrieval.filters import Filters

Graph = CompiledStateGraph[State, Dependencies, Question, State]


_NODES: tuple[Callable[..., Update], ...] = (
    nodes.rewrite, nodes.triage, nodes.plan, nodes.retrieve, nodes.read, nodes.relax, nodes.widen,
    nodes.write, nodes.verify, nodes.revise, nodes.quote, nodes.finish, nodes.abstain,
)  # fmt: skip


def build_graph(
    checkpointer: BaseCheckpointSaver[str] | None = None, tools: Dependencies | None = None
) -> Graph:
    """Compile the graph; it can serve any number of runs concurrently.

    Args:
        checkpointer: makes runs resumable after their last finished node; each needs a `thread_id`.
        tools: the nodes' dependencies, for runs started with neither a context nor filters,
            as LangGraph Studio does.
    """
    # Callers of a bound graph cannot pass a context of this type.
    schema = None if tools else Dependencies
    graph = StateGraph(State, context_schema=schema, input_schema=Question)
    for node in _NODES:
        graph.add_node(node.__name__, _bound(node, tools) if tools else node)

    graph.add_edge(START, "rewrite")
    graph.add_edge("rewrite", "triage")
    graph.add_conditional_edges("triage", nodes.after_triage, ["plan", "abstain"])
    graph.add_edge("plan", "retrieve")
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


def _bound(node: Callable[..., Update], tools: Dependencies) -> Callable[[State], Update]:
    arguments = (
        {"runtime": Runtime(context=tools)} if "runtime" in signature(node).parameters else {}
    )

    def bound(state: State) -> Update:
        return node({"filters": Filters(), **state}, **arguments)

    return bound
