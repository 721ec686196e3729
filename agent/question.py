"""What can be asked at all."""

from __future__ import annotations

from corpora.errors import BadQuestion

# Longer than any question; short enough that a pasted document is recognised as one.
LONGEST_QUESTION = 2_000


def check_question(question: str) -> str:
    """The question without white space around it.

    Raises:
        BadQuestion: it is empty or too long.
    """
    asked = " ".join(question.split())
    if not any(c.isalnum() for c in asked):
        raise BadQuestion("The question is empty.", "Ask something, in a sentence or a few words.")
    if sum(c.isalnum() for c in asked) == 1:
        raise BadQuestion(
            f"“{asked}” is too short to search for.", "Name a topic or ask a question."
        )
    if len(asked) > LONGEST_QUESTION:
        raise BadQuestion(
            f"The question has {len(asked):,} characters; {LONGEST_QUESTION:,} is the most.",
            "Ask one question; import a document with `medcite corpus add` instead of pasting it.",
        )
    return asked
