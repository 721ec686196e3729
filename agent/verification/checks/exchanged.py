"""A word of a closed class exchanged in its very place, in a claim that repeats a sentence.

Where the source says both that one thing rose and that another fell, `classes.py` finds nothing
amiss with either; where the claim repeats the sentence but for a few words, their places tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from agent.answer import Check
from agent.verification.checks.classes import members
from agent.verification.words import Word, words

# Of the claim's words, this share must stand in the sentence in the same order.
_REPEATED = 0.7
_MOST_EXCHANGED = 4


def check(claim: str, sentences: Sequence[str]) -> Check | None:
    """A word where the sentence that the claim repeats has another of the same class."""
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
            short = what == "replace" and max(i2 - i1, j2 - j1) <= _MOST_EXCHANGED
            if short and (found := _exchanged(its[i1:i2], mine[j1:j2])):
                return found
    return None


def _exchanged(old: Sequence[Word], new: Sequence[Word]) -> Check | None:
    there = members(old)
    for name, claimed in members(new).items():
        if there.get(name) and not there[name].keys() & claimed.keys():
            word, other = next(iter(claimed.values())), next(iter(there[name].values()))
            return Check(name, f"the claim says “{word}”, the source “{other}”")
    return None
