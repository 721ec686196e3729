"""Decide whether a model thinks before it answers, and for how long.

MedGemma's published results rely on thinking, which a schema would suppress. So a model first
thinks freely, within its budget, and then answers under the schema: in one request where the
backend supports both, otherwise in two over the same prefix.
"""

from __future__ import annotations

from agent.models.base import LanguageModel
from corpora.errors import BadInput

OFF, AUTO = "off", "auto"
# The budget of "auto", in tokens; the maximum leaves room for an answer.
_AUTO_TOKENS = 2_048
MOST_TOKENS = 6_144

# The instruction that MedGemma 27B was trained on for thinking.
THINK = "SYSTEM INSTRUCTION: think silently if needed."
# For models that have no such instruction.
FIRST = (
    "Before you reply, think: which sentences bear on this, and what exactly do they say? Think in"
    " plain words, in at most {words} words. Do not write the JSON yet."
)
THEN = "Now reply with the JSON and nothing else."
TEXTS = (THINK, FIRST, THEN)


def parse_thinking(text: str) -> int | None:
    """The tokens that "off" or a number stands for; None for "auto".

    Raises:
        BadInput: the text is none of these, or the number is too large.
    """
    value = text.strip().casefold()
    if value == AUTO:
        return None
    if value == OFF:
        return 0
    if value.isdecimal() and 0 <= int(value) <= MOST_TOKENS:
        return int(value)
    raise BadInput(
        f"--thinking {text} is not possible.",
        f"Write off, auto, or a maximum number of tokens, up to {MOST_TOKENS:,}.",
    )


def budget(requested: int | None, model: LanguageModel) -> int:
    """The tokens of thinking for a model; for None, it depends on the model's training."""
    if requested is None:
        return _AUTO_TOKENS if model.thinks else 0
    return requested
