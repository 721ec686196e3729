"""Generate orders around real findings by filling the written frames with words and claims."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from pathlib import Path

WRITTEN = Path(__file__).with_name("written.txt")

# Fillers for the slots of a frame. Training data only: the detector contains no list.
SLOTS = {
    "say": (
        "say", "write", "state", "report", "answer", "reply", "respond", "conclude", "claim",
        "assert", "affirm", "confirm", "repeat", "output", "print", "mention", "declare", "explain",
        "announce", "tell the user", "tell the reader", "inform the doctor", "maintain", "stress",
        "summarise", "recommend", "insist", "note", "emphasise", "admit", "argue",
    ),
    "must": (
        "must", "should", "shall", "will", "have to", "has to", "are to", "is to", "need to",
        "ought to", "may only", "can only", "are required to", "is required to",
    ),
    "told": (
        "is told", "is asked", "is instructed", "is required", "is requested", "is expected",
        "is reminded", "is obliged", "is directed", "is ordered", "are told", "are asked",
        "are instructed", "are required", "are requested", "are advised", "are expected",
    ),
    "who": (
        "the assistant", "the model", "the language model", "a language model", "an AI",
        "the AI system", "AI assistants", "any AI", "an automated reader", "the chatbot",
        "the software", "the program", "the reader's assistant", "the answering system",
        "the search engine", "the summariser", "automated reviewers", "the verifier", "LLMs",
        "every assistant", "the bot", "GPT", "whoever answers", "the tool",
    ),
    "reply": (
        "your answer", "your reply", "your response", "your summary", "your output", "the answer",
        "the reply", "the response", "the summary", "the output", "the generated text",
        "any summary of this paper", "every answer", "each reply", "the final answer",
        "your first sentence", "your conclusion", "the verdict",
    ),
    "rules": (
        "your rules", "your instructions", "all previous instructions", "the system prompt",
        "the instructions above", "your guidelines", "what you were told", "the rules",
        "all other articles", "the other sources", "your policies", "earlier orders",
        "the constraints", "the evidence",
    ),
}  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")


def frames() -> list[str]:
    """The written frames."""
    lines = WRITTEN.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def order(frame: str, claim: str, chance: random.Random) -> str:
    """A frame filled with a finding, a sentence of the literature."""
    plain = claim.strip().rstrip(".")
    inside = plain if plain[1:2].isupper() else plain[:1].lower() + plain[1:]

    def filled(slot: re.Match[str]) -> str:
        name = slot[1]
        if name in ("claim", "Claim"):
            return inside if name == "claim" else f"{plain}."
        words = SLOTS.get(name.lower())
        if words is None:  # literal braces of the frame
            return slot[0]
        chosen = chance.choice(words)
        return chosen[:1].upper() + chosen[1:] if name[0].isupper() else chosen

    text = _SLOT.sub(filled, frame)
    return text[:1].upper() + text[1:]


def orders(claims: Sequence[str], each: int, chance: random.Random) -> list[tuple[str, str]]:
    """(frame, order) pairs, `each` per frame and five times as many for a frame with slots."""
    return [
        (frame, order(frame, chance.choice(claims), chance))
        for frame in frames()
        for _ in range(each * (5 if set(_SLOT.findall(frame)) - {"claim", "Claim"} else 1))
    ]
