"""What every writer offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.answer import Claim, Verdict
from agent.reading.reader import Reading
from retrieval.passage import Evidence


@dataclass(frozen=True, slots=True)
class Draft:
    """Claims that answer a question; none where the writer found no answer. `note` says what a
    reader should know of how they came about.
    """

    claims: tuple[Claim, ...] = ()
    note: str = ""


class Writer(Protocol):
    """Drafts sentences that cite."""

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> Draft:
        """A draft that answers the question from this evidence.

        Args:
            reading: what the reader made of the evidence's sentences.
        """
        ...

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        """The draft again, without or with other words for what its evidence does not carry."""
        ...
