"""Hard checks: differences between a claim and its source that no score can override.

Each check is one file with a function `check(claim, sentences)`, listed in `CHECKS`. A check is
kept only while it pays on claims that it was not tuned on (docs/verification.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.answer import Check
from agent.verification.checks import classes, exchanged, substituted

# Reports how a claim differs from its sentences, None where it finds no difference.
HardCheck = Callable[[str, Sequence[str]], Check | None]

CHECKS: tuple[HardCheck, ...] = (
    classes.check,
    exchanged.check,
    substituted.check,
)


def differences(
    claim: str, sentences: Sequence[str], checks: Sequence[HardCheck] = CHECKS
) -> tuple[Check, ...]:
    """How a claim differs from its source, according to the hard checks."""
    findings = [finding for check in checks if (finding := check(claim, sentences)) is not None]
    # Of two with the same finding, the first has the better name for it.
    return tuple({check.finding: check for check in reversed(findings)}.values())[::-1]
