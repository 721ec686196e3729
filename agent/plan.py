"""What a planner makes of a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from retrieval.passage import Filters, Retriever, SearchQuery

if TYPE_CHECKING:
    from retrieval.encoder import Meaning

# Gives texts their vectors.
Meanings: TypeAlias = "Callable[[list[str]], Meaning]"


class Scope(StrEnum):
    """Whether a search of the literature can answer a question, and if not, why."""

    LITERATURE = "literature"
    EMERGENCY = "emergency"
    PERSONAL = "personal"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Pico:
    """Population, intervention, comparison and outcome as the question names them, "" where not."""

    population: str = ""
    intervention: str = ""
    comparison: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The searches for one question, round by round.

    `notes` say what was read out of the question ("since 2020" became a filter), how a follow-up
    was understood and what was relaxed, in words for the reader. `asked` is a follow-up in the
    user's own words, "" where the question stood alone. A `scope` other than LITERATURE means that
    nothing was searched. `subject` is the question without the conditions that became filters, ""
    where it had none: evidence is judged by it, since no paper says "since 2020". `gains` are the
    articles that each round found and none before it had.
    """

    rounds: tuple[tuple[SearchQuery, ...], ...] = ()
    filters: Filters = field(default_factory=Filters)
    notes: tuple[str, ...] = ()
    pico: Pico = field(default_factory=Pico)
    asked: str = ""
    scope: Scope = Scope.LITERATURE
    subject: str = ""
    gains: tuple[int, ...] = ()

    @property
    def queries(self) -> tuple[SearchQuery, ...]:
        """All queries of all rounds."""
        return tuple(query for queries in self.rounds for query in queries)

    @property
    def open(self) -> tuple[SearchQuery, ...]:
        """All queries, each once, under the filters that hold now; the question itself first."""
        unique = {query.text: query for query in reversed(self.queries)}
        return tuple(replace(query, filters=self.filters) for query in reversed(unique.values()))

    @property
    def latest(self) -> tuple[SearchQuery, ...]:
        return self.rounds[-1] if self.rounds else ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "rounds": [[query.text for query in queries] for queries in self.rounds],
            "filters": self.filters.to_dict(),
            "notes": list(self.notes),
            "pico": asdict(self.pico),
            "asked": self.asked,
            "scope": self.scope.value,
            "gains": list(self.gains),
        }


class Planner(Protocol):
    """Turns a question into queries."""

    def draft(self, question: str, filters: Filters, retriever: Retriever) -> Plan:
        """The first round as far as rules make it. `filters` are the user's own and always hold."""
        ...

    def plan(self, question: str, draft: Plan, retriever: Retriever) -> Plan:
        """The first round, the draft with what else can be thought of."""
        ...

    def widen(self, question: str, plan: Plan, retriever: Retriever) -> Plan | None:
        """The plan with one more round of other queries; None where nothing is left to try."""
        ...


class Rewriter(Protocol):
    """Makes a follow-up stand alone."""

    def rewrite(
        self, question: str, previous: Sequence[str], meanings: Meanings | None = None
    ) -> str:
        """The question in words that need no other; unchanged where it stands alone already.

        `previous` are the questions of the conversation as they were searched, the latest last;
        `meanings` gives texts their vectors.
        """
        ...
