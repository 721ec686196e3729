"""Assistants put together by hand, and verifiers and writers that misbehave on purpose."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from agent.answer import Claim, Confidence, Verdict
from agent.assistant import Assistant
from agent.planning.rule_based import LocalPlanner
from agent.reading.reader import LocalReader, Reading
from agent.state import Dependencies
from agent.verification.local_verifier import LocalVerifier
from agent.writing.extractive import LocalWriter
from agent.writing.protocol import Draft
from retrieval.passage import Evidence
from retrieval.search import Searcher


def local_assistant(searcher: Searcher, **changes: object) -> Assistant:
    """The local forms, some of them replaced."""
    tools = Dependencies(
        retriever=searcher,
        planner=LocalPlanner(),
        reader=LocalReader(searcher.encoder),
        writer=LocalWriter(),
        verifier=LocalVerifier(),
    )
    return Assistant(searcher, replace(tools, **changes))  # type: ignore[arg-type]


class SureReader:
    """The local reader, always as sure of what it found as it is told to be."""

    def __init__(self, confidence: Confidence = Confidence.LIKELY) -> None:
        self._confidence = confidence

    def read(self, question: str, evidence: Sequence[Evidence], retriever: Searcher) -> Reading:
        reading = LocalReader(retriever.encoder).read(question, evidence, retriever)
        return replace(reading, confidence=self._confidence)


class BrokenVerifier:
    """Fails."""

    def verify(self, claims: Sequence[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
        raise RuntimeError("the verifier broke")


class ScriptedWriter:
    """Writes given texts, each citing the first passage; a revision writes `revised`."""

    def __init__(self, drafted: list[str], revised: list[str]) -> None:
        self.drafted, self.revised, self.revisions = drafted, revised, 0

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> Draft:
        return Draft(tuple(Claim(text, (evidence[0].passage.id,)) for text in self.drafted))

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        self.revisions += 1
        return [Claim(text, (evidence[0].passage.id,)) for text in self.revised]


class HeldWriter:
    """The local writer behind a gate: each call waits for `go`. `most` is how many did at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.waiting = self.most = self.calls = 0
        self._lock = threading.Lock()
        self._writer = LocalWriter()

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> Draft:
        with self._lock:
            self.calls += 1
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        if not self.go.wait(120):
            raise RuntimeError("nobody let the writer go")
        with self._lock:
            self.waiting -= 1
        return self._writer.write(question, evidence, reading)

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        return self._writer.revise(question, evidence, verdicts)
