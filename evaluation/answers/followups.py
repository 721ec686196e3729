"""Follow-ups: how often what a follow-up becomes holds what it must and nothing that it must not.

    medcite evaluate followups

The conversations (`evaluation/answers/data/followups.jsonl`, with a datasheet beside them) were
written by a language model that had not seen the code. Half of each set was looked at while the
rewriter was made ("development"); the other was looked at once ("blind once") and then retired.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from agent.plan import Meanings, Rewriter
from agent.planning.followup import LocalRewriter

FOLLOW_UPS = Path(__file__).parent / "data" / "followups.jsonl"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A conversation's earlier questions, a follow-up, and how to tell a right rewriting.

    Of each group of `must` one word beginning has to occur, of `mustnot` none.
    """

    history: tuple[str, ...]
    followup: str
    means: str
    must: tuple[tuple[str, ...], ...]
    mustnot: tuple[str, ...]
    kind: str
    set: str = ""

    def right(self, rewritten: str) -> bool:
        """Whether a rewriting says what the follow-up means."""
        return all(any(_holds(rewritten, word) for word in group) for group in self.must) and not (
            any(_holds(rewritten, word) for word in self.mustnot)
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """A follow-up with what it became."""

    followup: FollowUp
    rewritten: str

    @property
    def right(self) -> bool:
        return self.followup.right(self.rewritten)


def read(path: Path = FOLLOW_UPS) -> list[FollowUp]:
    """The follow-ups of a file."""
    lines = (orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip())
    return [_follow_up(line) for line in lines]


def by_set(followups: Sequence[FollowUp]) -> dict[str, list[FollowUp]]:
    """The halves that the rewriter was made with and those that were kept blind."""
    names = dict.fromkeys(each.set for each in followups)
    return {name: [each for each in followups if each.set == name] for name in names}


def evaluate(
    followups: Sequence[FollowUp],
    meanings: Meanings | None = None,
    rewriter: Rewriter | None = None,
) -> list[Outcome]:
    """Rewrite each conversation from its first question on, as a thread does."""
    rewriter = rewriter or LocalRewriter()
    outcomes = []
    for each in followups:
        previous: list[str] = []
        for question in each.history:
            previous.append(rewriter.rewrite(question, previous, meanings))
        outcomes.append(Outcome(each, rewriter.rewrite(each.followup, previous, meanings)))
    return outcomes


def by_kind(outcomes: Sequence[Outcome]) -> dict[str, tuple[int, int]]:
    """(right, all) of each kind of follow-up."""
    right = Counter(each.followup.kind for each in outcomes if each.right)
    return {
        kind: (right[kind], count)
        for kind, count in Counter(each.followup.kind for each in outcomes).items()
    }


def _holds(text: str, beginning: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(beginning.casefold())}", text.casefold()) is not None


def _follow_up(line: dict[str, Any]) -> FollowUp:
    return FollowUp(
        tuple(line["history"]),
        line["followup"],
        line["means"],
        tuple(tuple(group) for group in line["must"]),
        tuple(line["mustnot"]),
        line["kind"],
        line["set"],
    )
