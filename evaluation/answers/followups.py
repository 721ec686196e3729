"""Follow-ups: how often a rewritten follow-up contains all required and no forbidden words.

    medcite evaluate followups

The conversations (`evaluation/answers/data/followups.jsonl`, with a datasheet beside them) were
written by a language model that had not seen the code. Half of each set was used during development
of the rewriter ("development"); the other was evaluated once ("blind once") and then retired.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from agent.intervals import rate
from agent.plan import Meanings, Rewriter
from agent.planning.followup import LocalRewriter
from evaluation.report import Figure, Report

FOLLOW_UPS = Path(__file__).parent / "data" / "followups.jsonl"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A conversation's earlier questions, a follow-up, and criteria for a correct rewriting.

    One word prefix of each group of `must` has to occur, and none of `mustnot`.
    """

    history: tuple[str, ...]
    followup: str
    means: str
    must: tuple[tuple[str, ...], ...]
    mustnot: tuple[str, ...]
    kind: str
    set: str = ""

    def right(self, rewritten: str) -> bool:
        """Whether a rewriting expresses what the follow-up means."""
        return all(any(_holds(rewritten, word) for word in group) for group in self.must) and not (
            any(_holds(rewritten, word) for word in self.mustnot)
        )


@dataclass(frozen=True, slots=True)
class FollowupOutcome:
    """A follow-up with its rewriting."""

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
    """Follow-ups by set: those used in development and those kept blind."""
    names = dict.fromkeys(followup.set for followup in followups)
    return {name: [followup for followup in followups if followup.set == name] for name in names}


def evaluate(
    followups: Sequence[FollowUp],
    meanings: Meanings | None = None,
    rewriter: Rewriter | None = None,
) -> list[FollowupOutcome]:
    """Rewrite each conversation from its first question on, like a thread."""
    rewriter = rewriter or LocalRewriter()
    outcomes = []
    for followup in followups:
        previous: list[str] = []
        for question in followup.history:
            previous.append(rewriter.rewrite(question, previous, meanings))
        outcomes.append(
            FollowupOutcome(followup, rewriter.rewrite(followup.followup, previous, meanings))
        )
    return outcomes


def report(outcomes: Sequence[FollowupOutcome]) -> Report:
    """The share of each set and each kind that is right."""
    figures = []
    for name in by_set([outcome.followup for outcome in outcomes]):
        own = [outcome.right for outcome in outcomes if outcome.followup.set == name]
        figures.append(Figure.of(f"set: {name}", rate(sum(own), len(own))))
    for name, (right, count) in by_kind(outcomes).items():
        figures.append(Figure.of(f"kind: {name}", rate(right, count)))
    return Report("followups", figures)


def by_kind(outcomes: Sequence[FollowupOutcome]) -> dict[str, tuple[int, int]]:
    """(correct, total) of each kind of follow-up."""
    right = Counter(outcome.followup.kind for outcome in outcomes if outcome.right)
    return {
        kind: (right[kind], count)
        for kind, count in Counter(outcome.followup.kind for outcome in outcomes).items()
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
