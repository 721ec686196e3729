"""Differences between a claim and its source that no score can excuse, each saying what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.answer import Check
from agent.verification.checks import certainty, edited, names, numbers, polarity, population

# What says the contrary; anything else says something that the source does not.
DENIES = frozenset(["negation", "direction", "significance", "comparator"])


def compare(claim: str, sentences: Sequence[str], article: str) -> tuple[Check, ...]:
    """What a claim says otherwise than its source.

    Args:
        sentences: those that bear on the claim, the one that holds most of it first.
        article: the whole text that the claim could have its words from.
    """
    return tuple(_fired(claim, sentences, article))


def _fired(claim: str, sentences: Sequence[str], article: str) -> Iterator[Check]:
    nearest = sentences[0] if sentences else ""
    source = " ".join(sentences)
    found = (
        numbers.check(claim, source),
        polarity.check_negation(claim, nearest),
        polarity.check_direction(claim, nearest),
        polarity.check_sides(claim, nearest),
        polarity.check_significance(claim, nearest),
        population.check(claim, source, article),
        names.check_unknown(claim, article),
        certainty.check(claim, nearest),
        *edited.check(claim, nearest),
    )
    seen: set[str] = set()
    for each in found:
        if each is not None and each.name not in seen:
            seen.add(each.name)
            yield each
