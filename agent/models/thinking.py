"""Whether a model thinks before it answers, and for how long.

MedGemma's published results rest on thinking, which a schema would switch off. So a model thinks
freely first, within its budget, and answers under the schema afterwards: in one request where what
runs it can do both, else in two over the same prefix.
"""

from __future__ import annotations

from agent.models.base import LanguageModel
from corpora.errors import BadInput

OFF, AUTO = "off", "auto"
# What "auto" allows, in tokens; the most that may be asked for leaves room for an answer.
_AUTO_TOKENS = 2_048
MOST_TOKENS = 6_144

# The instruction with which MedGemma 27B was trained to think.
THINK = "SYSTEM INSTRUCTION: think silently if needed."
# For models that have no such instruction.
FIRST = (
    "Before you reply, think: which sentences bear on this, and what exactly do they say? Think in"
    " plain words, in at most {words} words. Do not write the JSON yet."
)
THEN = "Now reply with the JSON and nothing else."
TEXTS = (THINK, FIRST, THEN)


def parse_thinking(text: str) -> int | None:
    """Tokens that "off", "auto" or a number stands for; None for "auto".

    Raises:
        BadInput: it is none of these.
    """
    said = text.strip().casefold()
    if said == AUTO:
        return None
    if said == OFF:
        return 0
    if said.isdecimal() and 0 <= int(said) <= MOST_TOKENS:
        return int(said)
    raise BadInput(
        f"--thinking {text} is not possible.",
        f"Write off, auto, or the most tokens to think for, up to {MOST_TOKENS:,}.",
    )


def budget(asked: int | None, model: LanguageModel) -> int:
    """Tokens of thinking for a model; what was not said goes by whether it was trained to think."""
    if asked is None:
        return _AUTO_TOKENS if model.thinks else 0
    return asked
