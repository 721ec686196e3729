"""How long answers of language models take, in words."""

from __future__ import annotations

from collections.abc import Mapping

from agent.models.catalogue import GgufFile
from agent.models.speed import ANSWER_TOKENS, PATIENCE, PROMPT_TOKENS, Rates, Wait
from ui.render.units import duration


def wait_text(wait: Wait | None) -> str:
    """A wait such as "45 s" where it was measured, "about 3 min" where it is estimated; "" where
    nothing is known.
    """
    if wait is None:
        return ""
    return f"{'' if wait.measured else 'about '}{duration(wait.seconds)}"


def waits_note(
    known: Mapping[str, Rates], best: GgufFile | None, recommended: GgufFile | None
) -> str:
    """Where the times come from, and why no file is recommended where none is."""
    if not known:
        return "How long an answer takes: measure it once (ten seconds): medcite models speed"
    measured = "; ".join(
        f"{each.model} reads {each.prefill:,.0f} and writes {each.decode:,.0f} tokens a second"
        f" ({each.measured})"
        for each in known.values()
    )
    said = (
        f"An answer reads some {PROMPT_TOKENS:,} tokens and writes {ANSWER_TOKENS:,}; “about” is"
        f" estimated from what was measured here: {measured}."
    )
    if any(each.busy for each in known.values()):
        said += " The machine was busy then: measure again when it is not."
    if best and not recommended:
        said += (
            f" No file answers within {duration(PATIENCE)} here, so none is recommended: use a"
            " server, or no language model."
        )
    return said
