"""A model's server that gives recorded replies: those of another writer, not of any weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from evaluation.drafts.recordings import WINDOW, prompt_hash
from tests.fakes.model_server import FakeServer, Handler, model_server


@contextmanager
def replay_server(replies: Mapping[str, str]) -> Iterator[FakeServer]:
    """Replies by prompt hash, in small pieces; a prompt without one is an error of the server's."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        reply = replies.get(prompt_hash(turn["content"] for turn in body["messages"]))
        if reply is None:
            handler.reply(400, {"error": {"message": "no recorded reply to this prompt"}})
            return
        handler.begin()
        for at in range(0, len(reply), 7):
            handler.piece(reply[at : at + 7])
        handler.end_stream()

    with model_server(behave, models=("recorded",)) as server:
        server.window = WINDOW
        yield server
