"""The words of a question: which name its subject, and whether it asks whether something is so."""

from __future__ import annotations

import re

from agent.language.lexicon import read_words

# Words that shape a question and say nothing about its subject.
_QUESTION_WORDS = read_words("question_words.txt")

# A question whether something is so, as against what it is.
ASKS_WHETHER = re.compile(
    r"^(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|may|might)\b",
    re.IGNORECASE,
)


def key_words(text: str) -> list[str]:
    """The words that name the subject, in order, each once."""
    words = re.findall(r"[\w][\w'’/.+-]*[\w+]|\w", text)
    return list(dict.fromkeys(w for w in words if w.casefold() not in _QUESTION_WORDS))
