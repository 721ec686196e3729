"""A claim that repeats a sentence except for a word of a closed class, a negation or a number.

Where the source says that one thing rose and another fell, `classes.py` accepts either word; where
the claim repeats the sentence, the position shows which one is right.
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
    """Find a class word or number replaced, or a negation added or dropped, in a repeated sentence."""
    for old, new in changes(claim, sentences):
        if difference := _exchanged(old, new) or _denied(old, new) or _number(old, new):
            return difference
    return None


def _exchanged(old: Sequence[Word], new: Sequence[Word]) -> Check | None:
    in_source = members(old)
    for name, claimed in members(new).items():
        if in_source.get(name) and not in_source[name].keys() & claimed.keys():
            word, other = next(iter(claimed.values())), next(iter(in_source[name].values()))
            return Check(name, f"the claim says “{word}”, the source “{other}”")
    return None


def _denied(old: Sequence[Word], new: Sequence[Word]) -> Check | None:
    in_source, in_claim = ([w.folded for w in part if is_negator(w.folded)] for part in (old, new))
    if (len(in_source) - len(in_claim)) % 2 == 0:
        return None
    if in_claim:
        return Check("negation", f"“{in_claim[0]}” is the claim's own")
    return Check("negation", f"the source says “{in_source[0]}”, the claim leaves it out")


def _number(old: Sequence[Word], new: Sequence[Word]) -> Check | None:
    source, claim = (" ".join(w.folded for w in part) for part in (old, new))
    sourced, claimed = (
        [q for q in quantities(text) if not q.text.isalpha()] for text in (source, claim)
    )
    if not sourced or len(sourced) != len(claimed):
        return None
    if any(a.value == b.value or a.same_as(b) for a in sourced for b in claimed):
        return None
    return Check("numbers", f"the claim says “{claim}”, the source “{source}”")
