"""From question to evidence, against encoding the same queries; and what the agent itself takes.

For each question the whole graph runs over the local forms; then the queries that it made are
encoded once more, by themselves: the reference, in the same run. The agent's own work is all that
is neither encoding nor the index (searching it, and reading from the store what was found). The
verifier's network is never asked, since what the local writer quotes needs none.
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
from agent.planning.local import LocalPlanner
from agent.state import Dependencies
from agent.verification.local import LocalVerifier
from agent.writing.local import LocalWriter
from corpora.errors import BadInput
from corpora.home import Home
from retrieval.encoder import Encoder, EncoderIdentity, Vectors, load_encoder
from retrieval.passage import Evidence, SearchQuery
from retrieval.search import Searcher

_WARM_UP = 10
_FINDING = ("plan", "retrieve")


@dataclass(frozen=True, slots=True)
class _Moment:
    """Seconds on the wall and of the processor; the second is the same on a busy machine."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> _Moment:
        return cls(time.perf_counter(), time.process_time())

    def __sub__(self, other: _Moment) -> _Moment:
        return _Moment(self.wall - other.wall, self.cpu - other.cpu)

    def __add__(self, other: _Moment) -> _Moment:
        return _Moment(self.wall + other.wall, self.cpu + other.cpu)

    def over(self, other: _Moment) -> _Moment:
        return _Moment(self.wall / other.wall, self.cpu / other.cpu)


_ZERO = _Moment(0.0, 0.0)


class _TimedEncoder:
    """An encoder that adds up what its queries take, and remembers the batches."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.spent = _ZERO
        self.batches: list[list[str]] = []

    @property
    def identity(self) -> EncoderIdentity:
        return self._encoder.identity

    @property
    def window(self) -> int:
        return self._encoder.window

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._encoder.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        begun = _Moment.now()
        vectors = self._encoder.encode_queries(texts)
        self.spent += _Moment.now() - begun
        self.batches.append(list(texts))
        return vectors

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self._encoder.encode_documents(texts)


class _TimedSearcher(Searcher):
    """A searcher that adds up what its searches take beside encoding."""

    spent = _ZERO

    def gather(self, queries: Sequence[SearchQuery], k: int) -> list[Evidence]:
        encoder = self.encoder
        assert isinstance(encoder, _TimedEncoder)
        begun, encoded = _Moment.now(), encoder.spent
        found = super().gather(queries, k)
        type(self).spent += _Moment.now() - begun - (encoder.spent - encoded)
        return found


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one question took."""

    finding: _Moment
    own: _Moment
    reference: _Moment
    queries: int
    answered: bool


def compare(homes: Sequence[Home], questions: Path, most: int = 200) -> dict[str, object]:
    """The figures of each data directory, side by side.

    Args:
        questions: JSON Lines with a "question" each.

    Raises:
        BadInput: they cannot be read.
    """
    asked = _read(questions)[: most + _WARM_UP]
    encoder = load_encoder()
    return {
        "questions": len(asked) - _WARM_UP,
        "homes": [_measured(home, encoder, asked) for home in homes],
    }


def _read(path: Path) -> list[str]:
    try:
        lines = [line for line in path.read_bytes().splitlines() if line.strip()]
        return [str(orjson.loads(line)["question"]) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path} cannot be read ({error}).", "Name a JSON Lines file.") from error


def _measured(home: Home, encoder: Encoder, questions: Sequence[str]) -> dict[str, object]:
    timed = _TimedEncoder(encoder)
    searcher = _TimedSearcher(home, timed)
    tools = Dependencies(searcher, LocalPlanner(), LocalWriter(), LocalVerifier())
    with Assistant(searcher, tools) as assistant:
        rows = [_ask(assistant, searcher, timed, encoder, question) for question in questions]
        rows = [row for row in rows[_WARM_UP:] if row.queries]
        finding = [row.finding.over(row.reference) for row in rows]
        own, reference = [row.own for row in rows], [row.reference for row in rows]
        return {
            "articles": len(searcher),
            "passages": searcher.version.manifest.passages,
            "answered": sum(row.answered for row in rows),
            "queries_a_question": round(float(np.mean([row.queries for row in rows])), 2),
            "evidence_over_encoding": _median(finding, 1.0),
            "encoding_ms": _median(reference),
            "own_work_ms": _median(own),
            "own_work_ms_95th_percentile": _median(own, percentile=95),
            "own_work_ms_where_answered": _median([r.own for r in rows if r.answered]),
        }


def _ask(
    assistant: Assistant,
    searcher: _TimedSearcher,
    timed: _TimedEncoder,
    encoder: Encoder,
    question: str,
) -> _Asked:
    timed.batches.clear()
    searched, encoded, begun = searcher.spent, timed.spent, _Moment.now()
    finding, before = _ZERO, begun
    answer: Answer | None = None
    for step in assistant.stream(question):
        now = _Moment.now()
        finding += now - before if step.node in _FINDING else _ZERO
        before = now
        answer = step.update.get("answer", answer)
    whole = before - begun
    own = whole - (timed.spent - encoded) - (searcher.spent - searched)
    batches = [list(batch) for batch in timed.batches]
    begun = _Moment.now()
    for batch in batches:
        encoder.encode_queries(batch)
    reference = _Moment.now() - begun
    answered = answer is not None and answer.status is Status.ANSWERED
    return _Asked(finding, own, reference, sum(map(len, batches)), answered)


def _median(
    moments: Sequence[_Moment], scale: float = 1000.0, percentile: float = 50
) -> dict[str, float]:
    return {
        name: round(float(np.percentile([getattr(m, name) for m in moments], percentile)) * scale, 2)
        for name in ("wall", "cpu")
        if moments
    }
