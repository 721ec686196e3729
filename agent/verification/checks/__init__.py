"""Differences between a claim and its source that no score can excuse, each saying what differs.

Each check is one file with a function `check(claim, sentences)`, listed in `CHECKS`. A check stays
only while it pays on claims that nobody tuned it on (docs/verification.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.answer import Check
from agent.verification.checks import classes, exchanged, substituted

# Says what a claim says otherwise than its sentences, None where it finds nothing.
HardCheck = Callable[[str, Sequence[str]], Check | None]

CHECKS: tuple[HardCheck, ...] = (
    classes.check,
    exchanged.check,
    substituted.check,
)


def differences(
    claim: str, sentences: Sequence[str], checks: Sequence[HardCheck] = CHECKS
) -> tuple[Check, ...]:
    """What a claim says otherwise than its source, as far as the hard checks see it."""
    found = [each for check in checks if (each := check(claim, sentences)) is not None]
    # Of two that say the same, the first has the better name for it.
    return tuple({each.finding: each for each in reversed(found)}.values())[::-1]
