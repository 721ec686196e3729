"""Which sentences of a passage bear on a claim: what is read, and what is quoted."""

from __future__ import annotations

from collections.abc import Sequence

from agent.wording import stems

# The cross-encoder's cost grows with length; what bears on one claim is seldom longer than this.
MOST_WORDS = 80
_MOST_SENTENCES = 4


def bearing(claim: str, sentences: Sequence[str]) -> list[int]:
    """Indices of the sentences that together hold most of the claim's words, the best first.

    Greedy: each next sentence is the one that holds most of the words still missing, until none
    adds a word, four are chosen, or they reach 80 words. The first is never left out for length.
    """
    missing = set(stems(claim))
    held = [stems(sentence) & missing for sentence in sentences]
    lengths = [len(sentence.split()) for sentence in sentences]
    chosen: list[int] = []
    words = 0
    while missing and len(chosen) < _MOST_SENTENCES:
        room = [
            i
            for i in range(len(sentences))
            if i not in chosen and (not chosen or words + lengths[i] <= MOST_WORDS)
        ]
        if not room:
            break
        best = max(room, key=lambda i: (len(held[i] & missing), -lengths[i]))
        if not held[best] & missing:
            break
        chosen.append(best)
        words += lengths[best]
        missing -= held[best]
    return chosen


def extract(claim: str, sentences: Sequence[str]) -> str:
    """The text that bears on the claim, in reading order; a short passage is left whole."""
    if sum(len(sentence.split()) for sentence in sentences) <= MOST_WORDS:
        return " ".join(sentences)
    chosen = bearing(claim, sentences) or [0]
    return " ".join(sentences[i] for i in sorted(chosen))
