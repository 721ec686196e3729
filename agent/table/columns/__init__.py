"""The columns of an evidence table: one file each, one tuple that lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.table.abstract import Abstract, Span
from agent.table.columns import (
    comparator,
    design,
    effect,
    finding,
    follow_up,
    funding,
    intervention,
    outcome,
    population,
    registration,
    size,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `find` gives the spans of its cell, none where the abstract does not say."""

    name: str
    title: str
    find: Callable[[Abstract], Sequence[Span]]


COLUMNS = (
    Column("design", "Design", design.find),
    Column("n", "n", size.find),
    Column("population", "Population", population.find),
    Column("intervention", "Intervention or exposure", intervention.find),
    Column("comparator", "Comparator", comparator.find),
    Column("outcome", "Outcome", outcome.find),
    Column("effect", "Effect", effect.find),
    Column("follow_up", "Follow-up", follow_up.find),
    Column("finding", "Finding", finding.find),
    Column("funding", "Funding", funding.find),
    Column("registration", "Registration", registration.find),
)
