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
    before = ["", *words]
    return list(
        dict.fromkeys(
            word
            for previous, word in zip(before, words, strict=False)
            if word.casefold() not in _QUESTION_WORDS and not _is_asker(word, previous)
        )
    )


def _is_asker(word: str, previous: str) -> bool:
    """Whether "I" is who asks ("can I stop"), and no number ("type I")."""
    return word == "I" and (not previous or previous.casefold() in _QUESTION_WORDS)
