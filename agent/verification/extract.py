"""Select the sentences of a passage that bear on a claim, for judging and for quoting."""

from __future__ import annotations

import re
from functools import lru_cache

from agent.language.stems import stems

# A claim and the sentences that it is judged by.
ClaimWithSentences = tuple[str, tuple[str, ...]]

# A study's aim is not its result.
_ASKS = re.compile(
    r"\bwhether\b|\b(?:aim(?:ed|s)?|objectives?|purpose|goal)\b|\b(?:sought|designed|undertaken|performed|conducted) to\b"
    r"|^\W*to (?:determine|assess|evaluate|investigate|examine|compare|explore|identify|test|study|describe|analy[sz]e|establish)\b"
    r"|\bhypothesi[sz]|\b(?:we|this study|the (?:present )?study) (?:\w+ )?(?:investigat|examin|assess|evaluat|explor|compar|analy[sz])",
    re.IGNORECASE,
)
# The network's cost grows with length; the sentences that bear on one claim are seldom longer.
MOST_WORDS = 130
_MOST_SENTENCES = 5


def asks(sentence: str) -> bool:
    """Whether a sentence states an aim or a question instead of a result."""
    return sentence.rstrip().endswith("?") or _ASKS.search(sentence) is not None


@lru_cache(maxsize=1024)
def bearing(claim: str, sentences: tuple[str, ...]) -> tuple[int, ...]:
    """Indices of the sentences that together cover most of the claim's words, the best first.

    Greedy: the next sentence is the one that covers most of the words still missing, until none
    adds a word, five are chosen, or they reach 130 words. The first is never dropped for length.
    A sentence that only states an aim counts half, unless the claim states one too.
    """
    missing = set(stems(claim))
    shared = [stems(sentence) & missing for sentence in sentences]
    weights = [
        0.5 if words and asks(sentence) and not asks(claim) else 1.0
        for words, sentence in zip(shared, sentences, strict=True)
    ]
    lengths = [len(sentence.split()) for sentence in sentences]
    chosen: list[int] = []
    words = 0
    while missing and len(chosen) < _MOST_SENTENCES:
        candidates = [
            i
            for i in range(len(sentences))
            if i not in chosen and (not chosen or words + lengths[i] <= MOST_WORDS)
        ]
        if not candidates:
            break
        best = max(candidates, key=lambda i: (weights[i] * len(shared[i] & missing), -lengths[i]))
        if not shared[best] & missing:
            break
        chosen.append(best)
        words += lengths[best]
        missing -= shared[best]
    return tuple(chosen)


def chosen(claim: str, sentences: tuple[str, ...]) -> tuple[int, ...]:
    """Indices of the sentences a claim is judged by, in reading order; all of a short text."""
    if sum(len(sentence.split()) for sentence in sentences) <= MOST_WORDS:
        return tuple(range(len(sentences)))
    return tuple(sorted(bearing(claim, sentences) or (0,)))


def extract(claim: str, sentences: tuple[str, ...]) -> str:
    """The text of the chosen sentences."""
    return " ".join(sentences[i] for i in chosen(claim, sentences))
