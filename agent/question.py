"""Validate questions."""

from __future__ import annotations

from corpora.errors import BadQuestion

# Ample for a question, short enough to reject a pasted document.
LONGEST_QUESTION = 2_000


def check_question(question: str) -> str:
    """The question with normalised white space.

    Raises:
        BadQuestion: the question is empty, a single character, or too long.
    """
    normalised = " ".join(question.split())
    if not any(c.isalnum() for c in normalised):
        raise BadQuestion("The question is empty.", "Write a sentence or a few words.")
    if sum(c.isalnum() for c in normalised) == 1:
        raise BadQuestion(
            f"“{normalised}” is too short to search for.", "Name a topic or ask a question."
        )
    if len(normalised) > LONGEST_QUESTION:
        raise BadQuestion(
            f"The question has {len(normalised):,} characters; the limit is {LONGEST_QUESTION:,}.",
            "Ask one question; import a document with `medcite corpus add` instead of pasting it.",
        )
    return normalised
