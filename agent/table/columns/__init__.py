"""The columns of an evidence table: one file each, one tuple that lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.table.abstract import Abstract, TextSpan
from agent.table.columns import (
    comparator,
    design,
    effect,
    finding,
    follow_up,
    funding,
    intervention,
    outcome,
    registration,
    size,
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in files, its title for readers, and the rule that reads its cells.

    In the columns that are learned (`agent.table.learned`) what the rule reads is a hint.
    """

    name: str
    title: str
    rule: Callable[[Abstract], Sequence[TextSpan]] | None = None

    def find(self, abstract: Abstract) -> tuple[TextSpan, ...]:
        """The spans that the rule reads, empty where it reads none."""
        spans = self.rule(abstract) if self.rule else ()
        return tuple(span for span in spans if span.text.strip())


# Shown with every table; measured on abstracts that neither rules nor networks had seen.
CAUTION = (
    "An empty cell does not mean that the abstract says nothing: intervention, comparator and"
    " follow-up often stay empty. On 160 abstracts that were kept for the test, 93 to 100 % of the"
    " filled cells of each column were right; read them against the abstract."
)

COLUMNS = (
    Column("design", "Design", design.find),
    Column("n", "n", size.find),
    Column("population", "Population"),
    Column("intervention", "Intervention or exposure", intervention.find),
    Column("comparator", "Comparator", comparator.find),
    Column("outcome", "Outcome", outcome.find),
    Column("effect", "Effect", effect.find),
    Column("follow_up", "Follow-up", follow_up.find),
    Column("finding", "Finding", finding.find),
    Column("funding", "Funding", funding.find),
    Column("registration", "Registration", registration.find),
)


def column(name: str) -> Column:
    """The column of a name."""
    return next(each for each in COLUMNS if each.name == name)
