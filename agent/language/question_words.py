"""The words of a question: which name its subject, and whether it asks whether something is so."""

from __future__ import annotations

import re

# Words that shape a question and say nothing about its subject.
_QUESTION_WORDS = frozenset(
    """
    what which who whom whose when where why how is are was were be been being do does did
    done can could should would will may might must shall has have had there any some many
    much often effective effectively effectiveness effect effects affect affects role use used
    using useful best better work works help helps between among versus vs compared compare
    get gets got good any more most less worth still ok okay pros cons
    comparison than recommended recommendation evidence known currently list name describe
    explain tell me about please patients patient people adults persons individuals common
    commonly main cause causes caused the a an of in on for to with and or by from at as it
    its this that these those into not no during after before
    """.split()
)

# A question whether something is so, as against what it is.
ASKS_WHETHER = re.compile(
    r"^(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|may|might)\b",
    re.IGNORECASE,
)


def key_words(text: str) -> list[str]:
    """The words that name the subject, in order, each once."""
    words = re.findall(r"[\w][\w'’/.+-]*[\w+]|\w", text)
    return list(dict.fromkeys(w for w in words if w.casefold() not in _QUESTION_WORDS))
