"""How well a language model judges claims, in words."""

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
    "not tested, so no sentence is marked as supported on its word alone; test it once: medcite"
    " models judge"
)


def judging_text(result: JudgeResult | None) -> str:
    """A result in a sentence, with the 95 % intervals of its shares."""
    if result is None:
        return UNTESTED
    counts = (
        f"supports {result.supported} of {result.right} right claims ({_percent(result.supports)})"
        f" and does not support {result.refused} of {result.wrong} wrong ones"
        f" ({_percent(result.refuses)}), on {result.measured}"
    )
    if result.unanswered:
        counts += f"; {result.unanswered} got no verdict that could be read"
    if result.judging is Judging.PASSED:
        return f"passed its test: {counts}"
    return (
        f"failed its test: {counts}; {100 * SUPPORTS_AT_LEAST:.0f} % and"
        f" {100 * REFUSES_AT_LEAST:.0f} % are wanted, so no sentence is marked as supported on its"
        " word alone"
    )


def results_note(results: Sequence[JudgeResult]) -> str:
    """A line on each model that was tested; how to test one where none was."""
    if not results:
        return "How well a model judges claims: test it once: medcite models judge NAME"
    return "\n".join(f"{each.model} ({each.runs_on}) {judging_text(each)}." for each in results)


def judging_dict(result: JudgeResult) -> dict[str, Any]:
    """A result for programs: counts, shares with their intervals, and whether it passed."""
    return {
        **asdict(result),
        "supports": asdict(result.supports),
        "refuses": asdict(result.refuses),
        "judging": result.judging.value,
    }


def _percent(share: Rate) -> str:
    return f"{100 * share.value:.0f} %, 95 % CI {100 * share.low:.0f} to {100 * share.high:.0f}"
