"""Time from question to evidence relative to encoding the queries, and the agent's own time.

For each question the whole graph runs without a language model, with timers on the encoder, the
searcher and the planner. The agent's own time is everything except encoding and the index
(searching it, and reading the results from the store). The verifier's network is not called, since
quotations of the extractive writer do not need it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from agent.answer import Answer, Status
from agent.assistant import Assistant
from agent.plan import Plan
from agent.planning.rule_based import LocalPlanner
from agent.reading.reader import LocalReader
from agent.state import Dependencies
from agent.verification.local_verifier import LocalVerifier
from agent.writing.extractive import LocalWriter
from corpora.errors import BadInput
from corpora.home import Home
from evaluation.encoders import WrappedEncoder
from retrieval.encoder import Encoder, Meaning, Vectors, load_encoder
from retrieval.filters import Filters
from retrieval.passage import Evidence, Retriever, SearchQuery
from retrieval.search import Searcher

_WARM_UP = 10
_FINDING = ("rewrite", "triage", "plan", "retrieve")


@dataclass(frozen=True, slots=True)
class _Moment:
    """Wall-clock and processor seconds; the latter do not depend on other load."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> _Moment:
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, other: _Moment) -> _Moment:
        return _Moment(self.wall - other.wall, self.cpu - other.cpu)

    def __add__(self, other: _Moment) -> _Moment:
        return _Moment(self.wall + other.wall, self.cpu + other.cpu)


_ZERO = _Moment(0.0, 0.0)


class _TimedEncoder(WrappedEncoder):
    """An encoder that accumulates the time of its queries."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.spent, self.queries = _ZERO, 0

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        started = _Moment.now()
        vectors = self._encoder.encode_queries(texts)
        self.spent += _Moment.now() - started
        self.queries += len(texts)
        return vectors


class _TimedSearcher(Searcher):
    """A searcher that accumulates the time of its searches, including encoding."""

    spent = _ZERO

    def gather(self, queries: Sequence[SearchQuery], k: int) -> list[Evidence]:
        started = _Moment.now()
        evidence = super().gather(queries, k)
        type(self).spent += _Moment.now() - started
        return evidence

    def meaning(self, texts: Sequence[str]) -> Meaning:
        started = _Moment.now()
        meaning = super().meaning(texts)
        type(self).spent += _Moment.now() - started
        return meaning


class _TimedPlanner(LocalPlanner):
    """A planner that accumulates the time of its plans."""

    spent = _ZERO

    def draft(self, question: str, filters: Filters, retriever: Retriever) -> Plan:
        started = _Moment.now()
        plan = super().draft(question, filters, retriever)
        type(self).spent += _Moment.now() - started
        return plan


@dataclass(frozen=True, slots=True)
class _Timing:
    """Times of one question: `finding` in planner and searcher, `steps` including the graph."""

    queries: int
    encoding: _Moment
    finding: _Moment
    steps: _Moment
    own: _Moment
    answered: bool


def compare(homes: Sequence[Home], questions: Path, most: int = 200) -> dict[str, object]:
    """The figures of each data directory, side by side.

    Args:
        questions: JSON Lines with a "question" each.

    Raises:
        BadInput: they cannot be read.
    """
    texts = read_questions(questions)[: most + _WARM_UP]
    encoder = load_encoder()
    return {
        "questions": len(texts) - _WARM_UP,
        "homes": [_measured(home, encoder, texts) for home in homes],
    }


def read_questions(path: Path) -> list[str]:
    """The "question" of each line of a JSON Lines file.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        lines = [line for line in path.read_bytes().splitlines() if line.strip()]
        return [str(orjson.loads(line)["question"]) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", "Give a JSON Lines file.") from error


def _measured(home: Home, encoder: Encoder, questions: Sequence[str]) -> dict[str, object]:
    timed = _TimedEncoder(encoder)
    searcher = _TimedSearcher(home, timed)
    reader = LocalReader(timed)
    tools = Dependencies(searcher, _TimedPlanner(), reader, LocalWriter(), LocalVerifier())
    with Assistant(searcher, tools) as assistant:
        rows = [_ask(assistant, timed, question) for question in questions]
        rows = [row for row in rows[_WARM_UP:] if row.queries]
        return {
            "articles": len(searcher),
            "passages": searcher.version.manifest.passages,
            "answered": sum(row.answered for row in rows),
            "queries_encoded_a_question": round(float(np.mean([row.queries for row in rows])), 2),
            "encoding_ms": _percentile([row.encoding for row in rows]),
            "evidence_over_encoding": _ratio([(row.finding, row.encoding) for row in rows]),
            "with_the_graph": _ratio([(row.steps, row.encoding) for row in rows]),
            "own_work_ms": _percentile([row.own for row in rows]),
            "own_work_ms_95th_percentile": _percentile([row.own for row in rows], 95),
            "own_work_ms_where_answered": _percentile([r.own for r in rows if r.answered]),
        }


def _ask(assistant: Assistant, timed: _TimedEncoder, question: str) -> _Timing:
    def spent() -> tuple[_Moment, _Moment, _Moment]:
        return timed.spent, _TimedSearcher.spent, _TimedPlanner.spent

    queries, before, started = timed.queries, spent(), _Moment.now()
    steps, last = _ZERO, started
    answer: Answer | None = None
    for step in assistant.stream(question):
        now = _Moment.now()
        steps += now - last if step.node in _FINDING else _ZERO
        last, answer = now, step.update.get("answer", answer)
    encoding, searching, planning = (a - b for a, b in zip(spent(), before, strict=True))
    return _Timing(
        timed.queries - queries,
        encoding,
        searching + planning,
        steps,
        last - started - searching,
        answer is not None and answer.status is Status.ANSWERED,
    )


def _ratio(pairs: Sequence[tuple[_Moment, _Moment]]) -> dict[str, float]:
    """The median of the ratios."""
    return {
        name: round(float(np.median([getattr(a, name) / getattr(b, name) for a, b in pairs])), 2)
        for name in ("wall", "cpu")
    }


def _percentile(moments: Sequence[_Moment], percentile: float = 50) -> dict[str, float]:
    """A percentile in milliseconds."""
    return {
        name: round(1000 * float(np.percentile([getattr(m, name) for m in moments], percentile)), 2)
        for name in ("wall", "cpu")
        if moments
    }
