"""The plan of the searches for a question, and the protocols of planner and rewriter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from retrieval.filters import Filters
from retrieval.passage import Retriever, SearchQuery

if TYPE_CHECKING:
    from retrieval.encoder import Meaning

# Encodes texts as vectors.
Meanings: TypeAlias = "Callable[[list[str]], Meaning]"


class Scope(StrEnum):
    """Whether a search of the literature can answer a question, and if not, why."""

    LITERATURE = "literature"
    EMERGENCY = "emergency"
    PERSONAL = "personal"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Pico:
    """Population, intervention, comparison and outcome as named in the question, "" where not."""

    population: str = ""
    intervention: str = ""
    comparison: str = ""
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The searches for one question, round by round.

    `notes` tell the reader which conditions became filters ("since 2020"), how a follow-up was
    understood and what was relaxed. `asked` is a follow-up in the user's own words, "" where the
    question stood alone. With a `scope` other than LITERATURE nothing is searched. `subject` is the
    question without the conditions that became filters, "" where it had none: evidence is judged by
    it, since no paper says "since 2020". `gains` counts the new articles that each round found.
    `caution` is for somebody who may be asking about their own matter, "" where nobody is.
    """

    rounds: tuple[tuple[SearchQuery, ...], ...] = ()
    filters: Filters = field(default_factory=Filters)
    notes: tuple[str, ...] = ()
    pico: Pico = field(default_factory=Pico)
    asked: str = ""
    scope: Scope = Scope.LITERATURE
    subject: str = ""
    gains: tuple[int, ...] = ()
    caution: str = ""

    @property
    def queries(self) -> tuple[SearchQuery, ...]:
        """All queries of all rounds."""
        return tuple(query for queries in self.rounds for query in queries)

    @property
    def open(self) -> tuple[SearchQuery, ...]:
        """All distinct queries under the current filters; the question itself first."""
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
            "caution": self.caution,
        }


class Planner(Protocol):
    """Plans the searches for a question."""

    def draft(self, question: str, filters: Filters, retriever: Retriever) -> Plan:
        """The first round by rules alone. `filters` are the user's own and always apply."""
        ...

    def plan(self, question: str, draft: Plan, retriever: Retriever) -> Plan:
        """The complete first round: the draft, possibly with more queries."""
        ...

    def widen(self, question: str, plan: Plan, retriever: Retriever) -> Plan | None:
        """The plan with another round of new queries; None where there is nothing left to try."""
        ...


class Rewriter(Protocol):
    """Rewrites a follow-up to stand alone."""

    def rewrite(
        self, question: str, previous: Sequence[str], meanings: Meanings | None = None
    ) -> str:
        """Rewrite the question to stand alone; unchanged where it does already.

        `previous` are the conversation's questions as they were searched, the latest last;
        `meanings` encodes texts as vectors.
        """
        ...
