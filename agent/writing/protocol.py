"""The writer protocol and its draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent.answer import Claim, Verdict
from agent.reading.reader import Reading
from retrieval.passage import Evidence


@dataclass(frozen=True, slots=True)
class Draft:
    """Claims that answer a question; empty where the writer found no answer. `note` tells readers
    how the draft was produced, where that matters.
    """

    claims: tuple[Claim, ...] = ()
    note: str = ""


class Writer(Protocol):
    """Drafts sentences with citations."""

    def write(self, question: str, evidence: Sequence[Evidence], reading: Reading) -> Draft:
        """Draft an answer to the question from this evidence.

        Args:
            reading: the reader's scores of the evidence's sentences.
        """
        ...

    def revise(
        self, question: str, evidence: Sequence[Evidence], verdicts: Sequence[Verdict]
    ) -> list[Claim]:
        """Revise the draft: reword or drop the claims that its evidence does not support."""
        ...
