"""Replace planner, writer and verifier by those that use a language model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from agent.answer import Verdict
from agent.judging import Judging
from agent.models.base import LanguageModel
from agent.planning.llm import ModelPlanner
from agent.state import Dependencies
from agent.verification.llm import ModelVerifier
from agent.writing.llm import ModelWriter
from corpora.errors import BadInput

MOST_SAMPLES = 15


@dataclass(frozen=True, slots=True)
class Effort:
    """A language model's budget: thinking tokens per request, and drafts per question."""

    thinking: int = 0
    samples: int = 1


def on_model(
    tools: Dependencies,
    model: LanguageModel,
    effort: Effort,
    judging: Judging,
    on_verdict: Callable[[Verdict], None] | None = None,
) -> Dependencies:
    """The dependencies with the model's planner, writer and verifier; `on_verdict` is called with
    each verdict as soon as it is known.
    """
    return replace(
        tools,
        planner=ModelPlanner(model),
        writer=ModelWriter(model, thinking=effort.thinking, samples=effort.samples),
        verifier=ModelVerifier(
            model, judging=judging, thinking=effort.thinking, on_verdict=on_verdict
        ),
    )


def check_samples(samples: int) -> None:
    """Raise BadInput for an impossible number of drafts."""
    if not 1 <= samples <= MOST_SAMPLES:
        raise BadInput(f"{samples} samples are not possible.", f"Draw 1 to {MOST_SAMPLES}.")
