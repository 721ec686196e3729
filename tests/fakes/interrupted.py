"""Roles that stop in the midst of their work, or count it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from agent.answer import Claim, Verdict
from agent.plan import Plan, Planner
from retrieval.filters import Filters
from retrieval.passage import Evidence, Retriever


class HungWriter:
    """Says that it has begun, and never ends."""

    SAYS = "writing"

    def write(self, question: str, evidence: Sequence[Evidence], reading: object) -> list[Claim]:
        sys.stdout.write(f"{self.SAYS}\n")
        sys.stdout.flush()
        time.sleep(600)
        return []

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        return []


class CountingPlanner:
    """Another planner, with the number of plans that it was asked for."""

    def __init__(self, planner: Planner) -> None:
        self._planner, self.plans = planner, 0

    def draft(self, question: str, filters: Filters, retriever: Retriever) -> Plan:
        return self._planner.draft(question, filters, retriever)

    def plan(self, question: str, draft: Plan, retriever: Retriever) -> Plan:
        self.plans += 1
        return self._planner.plan(question, draft, retriever)

    def widen(self, question: str, plan: Plan, retriever: Retriever) -> Plan | None:
        return self._planner.widen(question, plan, retriever)
