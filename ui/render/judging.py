"""Describe how well a language model judges claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from agent.intervals import Rate
from agent.judging import Judging
from agent.verification.judge_test import (
    REFUSES_AT_LEAST,
    SUPPORTS_AT_LEAST,
    JudgeResult,
)

UNTESTED = (
    "not tested, so its judgement alone marks no sentence as supported; to test it: medcite models"
    " judge"
)


def judging_text(result: JudgeResult | None) -> str:
    """Describe a result in a sentence, with 95 % intervals."""
    if result is None:
        return UNTESTED
    counts = (
        f"supports {result.supported} of {result.right} right claims ({_percent(result.supports)})"
        f" and does not support {result.refused} of {result.wrong} wrong ones"
        f" ({_percent(result.refuses)}), on {result.measured}"
    )
    if result.unanswered:
        counts += f"; {result.unanswered} got no readable verdict"
    if result.judging is Judging.PASSED:
        return f"passed its test: {counts}"
    return (
        f"failed its test: {counts}; {100 * SUPPORTS_AT_LEAST:.0f} % and"
        f" {100 * REFUSES_AT_LEAST:.0f} % are required, so its judgement alone marks no sentence as"
        " supported"
    )


def results_note(results: Sequence[JudgeResult]) -> str:
    """Describe each tested model in a line; if there is none, say how to test one."""
    if not results:
        return "To test how well a model judges claims: medcite models judge NAME"
    return "\n".join(f"{r.model} ({r.runs_on}) {judging_text(r)}." for r in results)


def judging_dict(result: JudgeResult) -> dict[str, Any]:
    """Return a result as JSON: counts, shares with their intervals, and whether it passed."""
    return {
        **asdict(result),
        "supports": asdict(result.supports),
        "refuses": asdict(result.refuses),
        "judging": result.judging.value,
    }


def _percent(share: Rate) -> str:
    return f"{100 * share.value:.0f} %, 95 % CI {100 * share.low:.0f} to {100 * share.high:.0f}"
