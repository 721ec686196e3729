"""The words of a question: which of them name its subject, and whether it asks for yes or no."""

from __future__ import annotations

import re

from agent.language.lexicon import read_words

# Words that form a question and say nothing about its subject.
_QUESTION_WORDS = read_words("question_words.txt")

# A yes/no question.
ASKS_WHETHER = re.compile(
    r"^(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|may|might)\b",
    re.IGNORECASE,
)


def key_words(text: str) -> list[str]:
    """The words that name the question's subject, in order, without repeats."""
    words = re.findall(r"[\w][\w'’/.+-]*[\w+]|\w", text)
    return list(dict.fromkeys(w for w in words if w.casefold() not in _QUESTION_WORDS))
