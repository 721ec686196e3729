"""The graph for LangGraph Studio, which opens what `langgraph.json` names.

    pip install "langgraph-cli[inmem]" && langgraph dev

Studio gives a run its input and no context: the nodes work with the data directory of
`MEDCITE_HOME`, and with the language model of `MEDCITE_MODEL` where it is set.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from agent.assistant import Assistant
from agent.graph import Graph
from agent.models.choice import NONE
from corpora.home import Home


@asynccontextmanager
async def graph(_: dict[str, Any]) -> AsyncIterator[Graph]:
    """The compiled graph with an assistant's dependencies bound to it.

    Raises:
        MedciteError: there is no literature or index, or the model cannot be opened.
    """
    model = os.environ.get("MEDCITE_MODEL", NONE)
    # Studio's server refuses what blocks its loop.
    assistant = await asyncio.to_thread(lambda: Assistant.open(Home.locate(), model=model))
    try:
        yield assistant.bound_graph()
    finally:
        await asyncio.to_thread(assistant.close)
