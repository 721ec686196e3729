"""Describe how long answers of language models take."""

from __future__ import annotations

from collections.abc import Mapping

from agent.models.catalogue import GgufFile
from agent.models.speed import ANSWER_TOKENS, PATIENCE, PROMPT_TOKENS, Rates, Wait
from ui.render.units import duration


def wait_text(wait: Wait | None) -> str:
    """Format a wait: "45 s" if measured, "about 3 min" if estimated, "" if unknown."""
    if wait is None:
        return ""
    return f"{'' if wait.measured else 'about '}{duration(wait.seconds)}"


def waits_note(
    measurements: Mapping[str, Rates], best: GgufFile | None, recommended: GgufFile | None
) -> str:
    """Say where the times come from and, if no file is recommended, why."""
    if not measurements:
        return "To see how long an answer takes, measure once (ten seconds): medcite models speed"
    measured = "; ".join(
        f"{rates.model} reads {rates.prefill:,.0f} and writes {rates.decode:,.0f} tokens per"
        f" second ({rates.measured})"
        for rates in measurements.values()
    )
    note = (
        f"An answer reads some {PROMPT_TOKENS:,} tokens and writes {ANSWER_TOKENS:,}; “about” marks"
        f" estimates from rates measured here: {measured}."
    )
    if any(rates.busy for rates in measurements.values()):
        note += " The machine was busy during the measurement: repeat it when idle."
    if best and not recommended:
        note += (
            f" No file answers within {duration(PATIENCE)} here, so none is recommended: use a"
            " server, or no language model."
        )
    return note
