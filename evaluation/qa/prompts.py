"""Prompts for a model that takes an examination.

Reading material comes first and the task last, as in `agent.prompts`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum

from agent import prompts
from agent.models import thinking
from agent.models.base import JsonSchema, Message, Role
from evaluation.qa.item import Item
from retrieval.passage import Evidence


class PromptMode(StrEnum):
    """What the model answers from."""

    CLOSED = "closed"  # its memory
    GROUNDED = "grounded"  # articles of an index that were retrieved for the question
    GIVEN = "given"  # the text that the set provides with the question


class Style(StrEnum):
    """How the answer is obtained from the model."""

    FREE = "free"  # written freely, then parsed
    CONSTRAINED = "constrained"  # JSON under a schema that allows only the options' letters


SYSTEM = "You are a medical expert who answers multiple-choice questions."
GIVEN = "Text:\n\n{context}\n\n"
GROUNDED = (
    "The articles above were retrieved for the question below and may not bear on it. Go by what"
    " they say where they do, and by what you know where they do not.\n\n"
)
QUESTION = "Question: {question}\n\nOptions:\n{options}\n\n"
OPTION = "({letter}) {text}"
FREE = (
    "Reason briefly, then end with a line of this form, with the letter of the one best option:\n"
    "Final Answer: (letter)"
)
CONSTRAINED = 'Choose the one best option. Reply with JSON: {"answer": letter}'


def messages(
    item: Item, style: Style, evidence: Sequence[Evidence] | None = None, *, given: bool = False
) -> tuple[Message, Message]:
    """The prompt for a question, over `evidence` if given, or over the item's context."""
    listed = "\n".join(OPTION.format(letter=key, text=text) for key, text in item.options.items())
    text = QUESTION.format(question=item.question, options=listed)
    text += FREE if style is Style.FREE else CONSTRAINED
    if evidence is not None:
        articles = prompts.opening(evidence)[1].text
        text = f"{articles}\n\n{GROUNDED}{text}"
    elif given:
        text = GIVEN.format(context=item.context) + text
    return (Message(Role.SYSTEM, SYSTEM), Message(Role.USER, text))


def schema(item: Item) -> JsonSchema:
    """A JSON schema that allows one of the item's options."""
    return {
        "type": "object",
        "properties": {"answer": {"enum": list(item.options)}},
        "required": ["answer"],
        "additionalProperties": False,
    }


def fingerprint() -> str:
    """A hash of all prompt texts, including those defined elsewhere."""
    parts = [SYSTEM, GIVEN, GROUNDED, QUESTION, OPTION, FREE, CONSTRAINED]
    parts += [prompts.fingerprint(), *thinking.TEXTS]
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
