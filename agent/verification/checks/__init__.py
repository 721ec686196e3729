"""Differences between a claim and its source that no score can excuse, each saying what differs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.answer import Check
from agent.verification.checks import (
    assertion,
    certainty,
    edited,
    names,
    numbers,
    omission,
    polarity,
    population,
    restated,
    significance,
)
from agent.wording import stems

# A "not" or a rise is held against a sentence that shares this much of the claim's words; else the
# two may well speak of different things.
_SAME_SUBJECT = 0.6
# A claim that has this share of its words from one sentence is close to it, whatever their order.
_CLOSE = 0.5
_DENIES = frozenset(["negation", "direction", "significance", "comparator"])


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between a claim and its source.

    `firm` checks rest on words set against each other: the source says something else. The others
    rest on a word that the source lacks, or on wording that is less sure: the source may say the
    same without that word, but what the claim says in full it does not say. `close`: the claim has
    most of its words from one sentence. `restates`: it tells one again, nothing of weight left out,
    added or moved.
    """

    firm: tuple[Check, ...]
    loose: tuple[Check, ...]
    close: bool = False
    restates: bool = False

    @property
    def checks(self) -> tuple[Check, ...]:
        named = {check.name: check for check in (*self.loose, *self.firm)}
        return tuple(named.values())

    @property
    def denies(self) -> bool:
        """Whether the source says the contrary, and not only something else."""
        return any(check.name in _DENIES for check in self.firm)


def compare(claim: str, sentences: Sequence[str], article: str) -> Comparison:
    """What a claim says otherwise than its source.

    Args:
        sentences: those that bear on the claim, the one that holds most of it first.
        article: the whole text that the claim could have its words from.
    """
    nearest = sentences[0] if sentences else ""
    source = " ".join(sentences)
    turned = (
        polarity.check_negation(claim, nearest),
        polarity.check_direction(claim, nearest),
        polarity.check_sides(claim, nearest),
        significance.check(claim, nearest),
        polarity.check_likeness(claim, nearest),
    )
    unsaid = (assertion.check_denied(claim, nearest), assertion.check(claim, nearest))
    held = stems(claim)
    shared = len(held & stems(nearest)) / len(held) if held else 0.0
    same_subject = shared >= _SAME_SUBJECT
    firm = (
        numbers.check(claim, source, article),
        *((*turned, *unsaid) if same_subject else ()),
        *edited.check(claim, nearest),
    )
    loose = (
        *(() if same_subject else (*turned, *unsaid)),
        population.check(claim, source, article),
        names.check_unknown(claim, article),
        polarity.check_opposite_only(claim, nearest, article),
        significance.check_claimed(claim, source),
        certainty.check_all(claim, article),
        certainty.check(claim, nearest),
        omission.check(claim, nearest) if same_subject else None,
    )
    return Comparison(
        _once(firm),
        _once(loose),
        close=edited.repeats(claim, nearest) or shared >= _CLOSE,
        restates=restated.restates(claim, nearest),
    )


def _once(found: Iterable[Check | None]) -> tuple[Check, ...]:
    named: dict[str, Check] = {}
    for each in found:
        if each is not None:
            named.setdefault(each.name, each)
    return tuple(named.values())
