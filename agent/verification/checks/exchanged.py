"""A claim that repeats a sentence but for a word of a closed class, a "not" or a number.

Where the source says both that one thing rose and that another fell, `classes.py` finds nothing
amiss with either; where the claim repeats the sentence, places tell.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Check
from agent.language.polarity import is_negator
from agent.language.quantities import quantities
from agent.language.words import Word
from agent.verification.changes import changes
from agent.verification.checks.classes import members


def check(claim: str, sentences: Sequence[str]) -> Check | None:
    """A word of a class or a number for another, a "not" come or gone, where a sentence is repeated."""
    for old, new in changes(claim, sentences):
        if found := _exchanged(old, new) or _denied(old, new) or _number(old, new):
            return found
    return None


def _exchanged(old: Sequence[Word], new: Sequence[Word]) -> Check | None:
    there = members(old)
    for name, claimed in members(new).items():
        if there.get(name) and not there[name].keys() & claimed.keys():
            word, other = next(iter(claimed.values())), next(iter(there[name].values()))
            return Check(name, f"the claim says “{word}”, the source “{other}”")
    return None


def _denied(old: Sequence[Word], new: Sequence[Word]) -> Check | None:
    there, here = ([w.folded for w in some if is_negator(w.folded)] for some in (old, new))
    if (len(there) - len(here)) % 2 == 0:
        return None
    if here:
        return Check("negation", f"“{here[0]}” is the claim's own")
    return Check("negation", f"the source says “{there[0]}”, the claim leaves it out")


def _number(old: Sequence[Word], new: Sequence[Word]) -> Check | None:
    there, here = (" ".join(w.folded for w in some) for some in (old, new))
    theirs, ours = ([q for q in quantities(text) if not q.text.isalpha()] for text in (there, here))
    if not theirs or len(theirs) != len(ours):
        return None
    if any(a.value == b.value or a.same_as(b) for a in theirs for b in ours):
        return None
    return Check("numbers", f"the claim says “{here}”, the source “{there}”")
