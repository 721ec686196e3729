"""The graph for LangGraph Studio, named in `langgraph.json`.

    pip install "langgraph-cli[inmem]" && langgraph dev

Studio passes an input but no context: the nodes use the data directory of `MEDCITE_HOME`, and the
language model of `MEDCITE_MODEL` where it is set.
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
    # Studio's server rejects calls that block its event loop.
    assistant = await asyncio.to_thread(lambda: Assistant.open(Home.locate(), model=model))
    try:
        yield assistant.bound_graph()
    finally:
        await asyncio.to_thread(assistant.close)
