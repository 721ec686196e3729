"""Where a claim repeats a sentence of its source, and what it changes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from agent.language.words import Word, words

# Of the claim's words, this share must stand in the sentence in the same order.
_REPEATED = 0.7
_MOST_CHANGED = 4


def changes(
    claim: str, sentences: Sequence[str]
) -> Iterator[tuple[tuple[Word, ...], tuple[Word, ...]]]:
    """Words of a sentence and what the claim has in their place, either of which may be none.

    Only of sentences that the claim repeats, and only where few words were changed.
    """
    mine = words(claim)
    for sentence in sentences:
        its = words(sentence)
        matcher = SequenceMatcher(
            None, [w.folded for w in its], [w.folded for w in mine], autojunk=False
        )
        same = sum(block.size for block in matcher.get_matching_blocks())
        if not mine or same < _REPEATED * len(mine):
            continue
        for what, i1, i2, j1, j2 in matcher.get_opcodes():
            if what != "equal" and max(i2 - i1, j2 - j1) <= _MOST_CHANGED:
                yield its[i1:i2], mine[j1:j2]
