"""A process that serves a home over HTTP and writes all that readers leave in it, to be killed.

What is written is acknowledged by a line of JSON in a file, after the call that keeps it returned.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from agent.assistant import Assistant
from agent.conversations.ratings import Ratings
from corpora.errors import MedciteError
from corpora.home import Home
from retrieval.filters import Filters
from retrieval.search import Searcher
from tests.fakes.assistant import SureReader, local_assistant
from tests.fakes.encoder import HashingEncoder
from ui.server.app import create_app
from ui.server.run import Server
from ui.server.service import Limits, Service
from ui.server.shared import Library
from ui.services.reading_list import ReadingList
from ui.services.search_log import SearchEntry, SearchLog

QUESTION = "Does navorelimab reduce mortality in severe pneumonia?"
Fields = dict[str, Any]


def work(root: str, acknowledged: str, listener: socket.socket) -> None:
    """Serve the data directory `root` on a bound socket until a signal, and write meanwhile."""
    home = Home(Path(root))
    library = Library(home, _opened)
    service = Service(library, Limits(per_minute=0))
    assistant = library.assistant()
    log = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    # A signal ends the process in the midst of what these do, as it ends those of a front end.
    for write in (_conversations(assistant), _reading(home), _searches(home)):
        threading.Thread(target=_write, args=(write, log), daemon=True).start()
    server = Server(create_app(service, local=True), lambda: setattr(service, "draining", True))
    # uvicorn raises the signal again once it has ended as it should; 0 is to say that it has.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asyncio.run(server.serve(sockets=[listener]))
    # Threads that are in the midst of a write do not hold the end up.
    os._exit(0)


def _opened(home: Home) -> Assistant:
    return local_assistant(
        Searcher(home, HashingEncoder(dimension=512, window=256)), reader=SureReader()
    )


def _write(items: Iterator[Callable[[], Fields]], log: int) -> None:
    """Write one after the other; each is acknowledged in one piece, or fails as Medcite does."""
    for write in items:
        try:
            fields = write()
        except MedciteError as error:
            fields = {"kind": "error", "error": type(error).__name__, "message": error.message}
        try:
            os.write(log, orjson.dumps(fields) + b"\n")
        except OSError:  # the log may lie on the same full disk
            return


def _conversations(assistant: Assistant) -> Iterator[Callable[[], Fields]]:
    """An answer in a new conversation, then a rating of the latest."""
    answered: list[str] = []

    def answer() -> Fields:
        thread = assistant.threads.create().id
        steps = list(assistant.stream(QUESTION, Filters(), thread))
        answered.append(thread)
        return {"kind": "answer", "thread": thread, "answer": steps[-1].update["answer"].id}

    def rate() -> Fields:
        thread = answered[-1]
        Ratings(assistant.threads).rate(thread, 1, good=True, note=thread)
        return {"kind": "rating", "thread": thread}

    while True:
        yield answer
        if answered:
            yield rate


def _reading(home: Home) -> Iterator[Callable[[], Fields]]:
    articles = ReadingList(home)
    for number in itertools.count(len(articles.entries())):

        def add(pmid: str = f"{number}") -> Fields:
            articles.add(pmid)
            articles.annotate(pmid, f"note {pmid}")
            return {"kind": "reading", "pmid": pmid, "note": f"note {pmid}"}

        yield add


def _searches(home: Home) -> Iterator[Callable[[], Fields]]:
    log = SearchLog(home)
    for number in itertools.count():

        def add(text: str = f"search {os.getpid()} {number}") -> Fields:
            entry = SearchEntry(text=text, kind="boolean", found=1, snapshot="", articles=1)
            return {"kind": "search", "id": log.add(entry, ["1"]), "text": text}

        yield add
