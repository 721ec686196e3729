"""Find the words that a claim changes in a sentence it otherwise repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from agent.language.words import Word, words

# The share of the claim's words that must occur in the sentence in the same order.
_REPEATED = 0.7
_MOST_CHANGED = 4


def changes(
    claim: str, sentences: Sequence[str]
) -> Iterator[tuple[tuple[Word, ...], tuple[Word, ...]]]:
    """Yield words of a sentence and their replacement in the claim; either may be empty.

    Only for sentences that the claim repeats, and only where few words changed.
    """
    claimed = words(claim)
    for sentence in sentences:
        sourced = words(sentence)
        matcher = SequenceMatcher(
            None, [w.folded for w in sourced], [w.folded for w in claimed], autojunk=False
        )
        same = sum(block.size for block in matcher.get_matching_blocks())
        if not claimed or same < _REPEATED * len(claimed):
            continue
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag != "equal" and max(i2 - i1, j2 - j1) <= _MOST_CHANGED:
                yield sourced[i1:i2], claimed[j1:j2]
