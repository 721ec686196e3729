"""A claim that repeats a sentence but for a few words: what those few words change.

Most claims about a passage are its own sentences, shortened and reworded a little. There the words
can be set against each other one by one, which finds what no comparison of whole sentences does: one
digit, one "not", one drug.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from agent.answer import Check
from agent.verification.checks.certainty import is_hedge, is_sure
from agent.verification.checks.names import exchanged_names
from agent.verification.checks.polarity import (
    deny_the_same,
    is_negator,
    pole_of,
    sides_exchanged,
)
from agent.verification.quantities import quantities, same_unit
from agent.verification.words import Word, words

# Of the claim's words, this share must stand in the sentence in the same order.
_REPEATED = 0.7
# A longer run of words that the claim leaves out is a clause left out, not a word changed.
_MOST_DROPPED = 3
# A phrase of so many words found elsewhere was moved, not changed.
_MOVED = 3
# Longer runs of words say something else altogether; no one of them decides.
_MOST_TOLD = 6


# Beginnings that make another thing of a word; those of the first line all deny.
_PREFIXES = dict.fromkeys(("de", "dis", "un", "in", "im", "ir", "il", "non"), "un") | {
    prefix: prefix
    for prefix in """
    anti hypo hyper pre post intra extra inter homo hetero mono poly endo exo micro macro over under up down re
    """.split()
}
_SHORTEST_ROOT = 5


@dataclass(frozen=True, slots=True)
class Exchange:
    """Words of the sentence, and those that stand in their place in the claim; either may be none."""

    old: tuple[Word, ...]
    new: tuple[Word, ...]


@lru_cache(maxsize=256)
def _aligned(claim: str, sentence: str) -> tuple[Exchange, ...] | None:
    """Where the two differ, set against each other; None unless the claim repeats the sentence."""
    its, mine = words(sentence), words(claim)
    matcher = SequenceMatcher(
        None, [w.folded for w in its], [w.folded for w in mine], autojunk=False
    )
    same = sum(block.size for block in matcher.get_matching_blocks())
    if not mine or same < _REPEATED * len(mine):
        return None
    return tuple(
        Exchange(its[i1:i2], mine[j1:j2])
        for what, i1, i2, j1, j2 in matcher.get_opcodes()
        if what != "equal"
    )


def repeats(claim: str, sentence: str) -> bool:
    """Whether a claim is the sentence, or a part of it, but for a few words."""
    return _aligned(claim, sentence) is not None


def exchanges(claim: str, sentence: str) -> list[Exchange]:
    """What differs, where the claim repeats the sentence; nothing where it does not."""
    found = _aligned(claim, sentence) or ()
    gone = Counter(w.folded for each in found for w in each.old)
    come = Counter(w.folded for each in found for w in each.new)
    still = (Exchange(_unmoved(each.old, come), _unmoved(each.new, gone)) for each in found)
    return [each for each in still if each.new or 0 < len(each.old) <= _MOST_DROPPED]


def _unmoved(some: tuple[Word, ...], elsewhere: Counter[str]) -> tuple[Word, ...]:
    """Without the words of a phrase that only stands elsewhere now."""
    if len(some) < _MOVED or sum(1 for w in some if elsewhere[w.folded]) < 0.7 * len(some):
        return some
    return tuple(w for w in some if not elsewhere[w.folded])


def check(claim: str, sentence: str) -> Iterator[Check]:
    """What each exchange changes: a number, a "not", a direction, a name, the certainty."""
    found = exchanges(claim, sentence)
    turned = bool(found) and sides_exchanged(claim, sentence)
    for each in found:
        said = _span(sentence, each.old), _span(claim, each.new)
        if _numbers(each, claim, sentence):
            yield Check("numbers", _told(*said))
        if _negation(each) and not deny_the_same(claim, sentence):
            yield Check("negation", _told(*said))
        elif not turned and _direction(each):
            yield Check("direction", _told(*said))
        if exchanged_names(each.old, each.new, claim, sentence) or _other_kind(each):
            yield Check("names", _told(*said))
        if _surer(each):
            yield Check("certainty", _told(*said))


def _told(old: str, new: str) -> str:
    if not old:
        return f"“{new}” is the claim's own"
    if not new:
        return f"the source says “{old}”, the claim leaves it out"
    return f"the source says “{old}”, the claim “{new}”"


def _span(text: str, some: tuple[Word, ...]) -> str:
    return text[some[0].start : some[-1].end] if some else ""


def _numbers(each: Exchange, claim: str, sentence: str) -> bool:
    old = {w.folded.rstrip("%") for w in each.old if w.folded[0].isdigit()}
    new = [w for w in each.new if w.folded[0].isdigit()]
    theirs = [q for q in quantities(sentence) if _within(q.start, each.old)]
    for word in new:
        mine = [q for q in quantities(claim) if q.start == word.start]
        if word.folded.rstrip("%") in old and ("%" in word.folded) == any(
            o.folded == word.folded for o in each.old if "%" in o.folded
        ):
            continue
        if not any(q.value == o.value or q.same_as(o) for q in mine for o in theirs):
            return True
    spelled = [q for q in quantities(claim) if q.text.isalpha() and _within(q.start, each.new)]
    if any(theirs and not any(q.value == o.value for o in theirs) for q in spelled):
        return True
    units = [(o, n) for o in each.old for n in each.new if same_unit(o.folded, n.folded) is False]
    return bool(units) and not new and len(each.old) == len(each.new)


def _within(start: int, some: tuple[Word, ...]) -> bool:
    return bool(some) and some[0].start <= start < some[-1].end


def _negation(each: Exchange) -> bool:
    old = sum(1 for w in each.old if is_negator(w.folded))
    new = sum(1 for w in each.new if is_negator(w.folded))
    if (old - new) % 2 == 0 or len(each.old) > _MOST_TOLD:
        return False
    # "No difference" told as "similar" is denied by another word.
    return not _opposite(each)


def _opposite(each: Exchange) -> bool:
    old = {pole for w in each.old if (pole := pole_of(w.folded))}
    return any(
        (axis, not positive) in old
        for w in each.new
        if (pole := pole_of(w.folded))
        for axis, positive in [pole]
    )


def _direction(each: Exchange) -> bool:
    denied = any(is_negator(w.folded) for w in (*each.old, *each.new))
    return not denied and _opposite(each)


def _other_kind(each: Exchange) -> bool:
    """Whether only the beginning of a word tells the two apart: deoxygenated for oxygenated."""
    if len(each.old) != 1 or len(each.new) != 1:
        return False
    old, new = _roots(each.old[0].folded), _roots(each.new[0].folded)
    shared = old.keys() & new.keys()
    return bool(shared) and all(old[root] != new[root] for root in shared)


def _roots(word: str) -> dict[str, str]:
    """What a word may be made of, with what stands before it."""
    found = {word: ""}
    for prefix, kind in _PREFIXES.items():
        root = word.removeprefix(prefix)
        if root != word and len(root) >= _SHORTEST_ROOT:
            found[root] = kind
    return found


def _surer(each: Exchange) -> bool:
    """A hedge gone, or a word of certainty come."""
    hedged = any(is_hedge(w.folded) for w in each.new)
    if len(each.old) > _MOST_TOLD:
        return False
    if any(is_sure(w.folded) for w in each.new) and not any(is_sure(w.folded) for w in each.old):
        return True
    if not each.new and any(w.carries and not is_hedge(w.folded) for w in each.old):
        # The whole phrase is gone, and what was left open with it.
        return False
    return any(is_hedge(w.folded) for w in each.old) and not hedged
