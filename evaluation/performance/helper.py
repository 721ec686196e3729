"""`medcite ask` as a command: alone, and with a running server for the same home.

With a server, each question is asked first about literature that the server has not read since it
started, then a related one about the same, then the first again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import orjson

from corpora.errors import BadInput, NotReady
from corpora.home import Home
from evaluation.performance.server import begin, running_server

_MOST = 8
_WARM_UP = "What reduces mortality in sepsis?"


@dataclass(frozen=True, slots=True)
class RelatedQuestions:
    """A question, and a second one about the same literature ("" if there is none)."""

    question: str
    related: str


def read_related(path: Path) -> list[RelatedQuestions]:
    """Read JSON Lines with a "question" each, and perhaps a "related" one.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        rows = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        return [RelatedQuestions(str(r["question"]), str(r.get("related", ""))) for r in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", "Give a JSON Lines file.") from error


def compare(home: Home, questions: Sequence[RelatedQuestions]) -> dict[str, object]:
    """Median seconds of the whole command, without and with a server.

    Raises:
        NotReady: the server did not start, or a question cannot be answered.
    """
    chosen = questions[:_MOST]
    alone = [_seconds(home, each.question) for each in chosen]
    first, related, again = [], [], []
    with running_server(home):
        _seconds(home, _WARM_UP)
        for each in chosen:
            first.append(_seconds(home, each.question))
            if each.related:
                related.append(_seconds(home, each.related))
            again.append(_seconds(home, each.question))
    return {
        "questions": len(chosen),
        "alone_seconds": round(median(alone), 2),
        "with_a_server_seconds": round(median(first), 2),
        "related_question_seconds": round(median(related), 2) if related else None,
        "same_question_seconds": round(median(again), 2),
        "alone_over_with_a_server": round(median(alone) / median(first), 1),
    }


def _seconds(home: Home, question: str) -> float:
    started = time.perf_counter()
    if begin(home, "ask", "--json", question).wait():
        raise NotReady(f"“{question}” could not be answered.", "Ask it: medcite ask.")
    return time.perf_counter() - started
