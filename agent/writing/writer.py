"""What every writer offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.answer import Claim, Verdict
from agent.reading.reader import Reading
from retrieval.passage import Evidence


class Writer(Protocol):
    """Drafts sentences that cite."""

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> list[Claim]:
        """Claims that answer the question from this evidence; none where it holds no answer.

        Args:
            reading: what the reader made of the evidence's sentences.
        """
        ...

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        """The draft again, without or with other words for what its evidence does not carry."""
        ...
