"""Whether a claim tells a sentence again, with nothing of weight left out, added or moved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from agent.verification.claims import parts
from agent.verification.words import words
from agent.wording import stem

# Of the claim's words of weight, this share must stand in the sentence as they are.
_SAME = 0.7
_MOST_ADDED = 1
_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
# Beside what it was: a result told without it is the same result.
_BESIDE = re.compile(
    r",?\s+(?:as )?(?:compared (?:with|to)|relative to|versus)\s[^,;:]*", re.IGNORECASE
)
# They introduce, connect or stress, and what is said is the same without them.
_WEIGHTLESS = frozenset(
    stem(word)
    for word in """
    however thus therefore hence moreover furthermore additionally addition also conclusion conclude concluded
    concluding summary here herein overall finally first firstly second secondly third notably importantly interestingly
    indeed nevertheless nonetheless accordingly consequently respectively well known result results data study studies
    present presents presented presenting current analysis report reports reported describe describes described find finds
    found finding findings show shows showed shown demonstrate demonstrates demonstrated reveal revealed reveals observe
    observed observes note noted notes detect detected discovered identified perform performed carry carried conduct
    conducted undertaken examine examined investigate investigated assess assessed evaluate evaluated underlined
    highlighted emphasized emphasised significantly markedly clearly considerably substantially very greatly further
    likewise similarly compared relative versus whereas although though despite among amongst within regarding concerning
    following via per upon towards toward approximately roughly around nearly several various many numerous those patients
    people individuals persons subjects participants cases first initial particular corresponding
    """.split()
)


def restates(claim: str, sentence: str) -> bool:
    """Whether a claim tells a sentence, or a part of one that stands by itself, again.

    A word may be another in its place, and a phrase that began or ended the sentence may end or
    begin the claim; nothing else may have moved, for "A, then B" is not "B, then A".
    """
    told = _weight(_BRACKETS.sub(" ", claim))
    bare = _BRACKETS.sub(" ", sentence)
    whole = (bare, *(part.text for part in parts(bare)))
    sources = dict.fromkeys((*whole, *(_BESIDE.sub("", text) for text in whole)))
    return bool(told) and any(_again(told, _weight(s)) for s in sources)


def _weight(text: str) -> list[str]:
    """The stems of its words of weight, in order."""
    return [w.stem for w in words(text) if w.carries and w.stem not in _WEIGHTLESS]


def _again(told: Sequence[str], said: Sequence[str]) -> bool:
    """As it stands, or turned so that it begins or ends as the sentence does."""
    turns = (
        (at for at in range(1, len(told)) if told[at] == said[0] or told[at - 1] == said[-1])
        if said
        else ()
    )
    return any(_matches([*told[at:], *told[:at]], said) for at in (0, *turns))


def _matches(told: Sequence[str], said: Sequence[str]) -> bool:
    same, dropped, added = 0, 0, 0
    gone, come = Counter[str](), Counter[str]()
    matcher = SequenceMatcher(None, said, told, autojunk=False)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            same += i2 - i1
            continue
        gone.update(said[i1:i2])
        come.update(told[j1:j2])
        dropped += max(0, (i2 - i1) - (j2 - j1))
        added += max(0, (j2 - j1) - (i2 - i1))
    moved = gone & come
    return not moved and not dropped and added <= _MOST_ADDED and same >= _SAME * len(told)
