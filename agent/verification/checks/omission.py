"""Words of the source without which its sentence says something else, and which the claim leaves out.

A claim in which no word is wrong can still mislead: "metformin reduced mortality" of "metformin
reduced mortality only in women". Looked at are the words that stand among those that the claim has
from the sentence.
"""

from __future__ import annotations

import re

from agent.answer import Check
from agent.verification.checks.population import groups
from agent.verification.claims import parts
from agent.verification.words import Word, words
from agent.wording import stem, stems

# Beside a word of the claim: they make it weaker, rarer, or true of a part alone.
_LIMITS = frozenset(
    """
    rarely seldom hardly barely scarcely infrequently occasionally sometimes few little minimally marginally
    partially partly incompletely half initially transiently temporarily transient temporary almost nearly only solely
    exclusively unlikely poorly numerically modestly theoretically would borderline
    """.split()
)
_ONLY = frozenset(map(stem, "only solely exclusively just merely alone".split()))
# Anywhere in the sentence: of whom or of what kind of analysis it is true.
_SETTINGS = re.compile(
    r"\b(?:subgroups?|subsets?|unadjusted|univaria(?:te|ble)|crude|post[- ]hoc|interim|simulat(?:ed|ions?)|in silico|ex vivo|modell?ed"
    r"|surrogate|animal models?|(?:mouse|rat|murine) models?|per[- ]protocol|before adjust\w+|responders?)\b",
    re.IGNORECASE,
)
# What comes after is not what the sentence speaks of; with the word before it, it is passed over.
_NOT_THIS = re.compile(
    r"\b(?:rather than|instead of|other than|except(?: for)?|apart from|excluding|exclusive of|in place of|as opposed to"
    r"|unlike|outside(?: of)?|but not|with the exception of)\s+(?:the |an? |in |for |of |with )*([\w-]+)",
    re.IGNORECASE,
)
# Its taking away, which is not itself.
_WITHOUT = (
    r"(?:stopping|withdraw(?:al|ing)|discontinu(?:ation|ing)|cessation|withholding|avoid(?:ance|ing)"
    r"|removal|removing|inhibit(?:ion|ing|ors?)|block(?:ade|ing|ers?)|deficien(?:cy|t)|knock(?:down|out|ing down)|silencing"
    r"|deplet(?:ion|ing)|deletion|suppress(?:ion|ing)|antagoni(?:sm|sts?)|tapering|resistan(?:ce|t)|intoleran(?:ce|t)|overdose)"
)
_TAKEN_BEFORE = re.compile(rf"\b({_WITHOUT})\s+(?:of |the |an? |with )*([\w-]+)", re.IGNORECASE)
_TAKEN_AFTER = re.compile(rf"\b([\w-]+?)[- ]({_WITHOUT})\b", re.IGNORECASE)
# Outcomes that are something else under another name: "cardiovascular mortality", "progression-free survival".
_OUTCOMES = frozenset(
    map(
        stem,
        "mortality death deaths survival hospitalisation hospitalization bleeding recurrence pain".split(),
    )
)
_NARROWS = re.compile(
    r"(?:al|ic|ar|ary|free|specific|related|term|day|days|week|weeks|month|months|year|years|hour|hours|infant|maternal|cancer|stroke|graft|implant)$",
    re.IGNORECASE,
)
_NARROWS_NOT = frozenset(["all", "overall", "total", "clinical", "statistical", "crucial", "general", "additional", "substantial", "critical", "survival"])  # fmt: skip
_LABORATORY = frozenset(
    ["mice", "rats", "rabbits", "dogs", "pigs", "monkeys", "hamsters", "guinea pigs"]
)
_NEAR = 3


def check(claim: str, source: str) -> Check | None:
    """What the claim leaves out of the sentence that it is nearest to."""
    held = frozenset(word.stem for word in words(claim))
    # What a sentence says besides may be about something else.
    said = max((part.text for part in parts(source)), key=lambda text: len(held & stems(text)))
    return (
        _left_out(held, words(said))
        or _setting(claim, said)
        or _passed_over(claim, said)
        or _taken_away(held, said)
        or _widened(claim, words(said))
    )


def _told(word: str) -> Check:
    return Check("omission", f"the claim leaves out “{word}”")


def _left_out(held: frozenset[str], source: tuple[Word, ...]) -> Check | None:
    """A limiting word with words of the claim close by on both sides, or right after it."""
    for word in source:
        if word.folded not in _LIMITS or word.stem in held or _as_only(word.stem, held):
            continue
        near = [w for w in source if w.clause == word.clause and w.carries and w is not word]
        after = [w for w in near if w.start > word.start][:_NEAR]
        before = [w for w in near if w.start < word.start][-_NEAR:]
        if sum(w.stem in held for w in (*before, *after)) > len((*before, *after)) / 2:
            return _told(word.folded)
    return None


def _as_only(limit: str, held: frozenset[str]) -> bool:
    return limit in _ONLY and not _ONLY.isdisjoint(held)


def _setting(claim: str, source: str) -> Check | None:
    for found in _SETTINGS.finditer(source):
        if stem(found[0].casefold().split()[0].split("-")[0]) not in stems(claim):
            return _told(found[0])
    species = groups(source, "species")
    animals = [word for group, word in species.items() if group in _LABORATORY]
    if animals and "people" not in species and not groups(claim, "species"):
        return _told(animals[0])
    there = groups(source, "setting").get("in vitro")
    return _told(there) if there and not groups(claim, "setting") else None


def _passed_over(claim: str, source: str) -> Check | None:
    if _NOT_THIS.search(claim):
        return None
    held = stems(claim)
    for found in _NOT_THIS.finditer(source):
        before = [w for w in words(source[: found.start()]) if w.carries]
        named = stem(found[1].casefold())
        # The claim has what the source sets aside, and not what it sets it against.
        alone = found[0].casefold().startswith(("except", "exclu", "outside", "apart", "with the"))
        if named in held and (alone or not before or before[0].stem not in held):
            return Check("omission", f"the source sets it apart: “{found[0]}”")
    return None


def _taken_away(held: frozenset[str], source: str) -> Check | None:
    for pattern, thing, taking in ((_TAKEN_BEFORE, 2, 1), (_TAKEN_AFTER, 1, 2)):
        for found in pattern.finditer(source):
            taken = stem(found[taking].casefold())
            if stem(found[thing].casefold()) in held and not _says(taken, held):
                return _told(found[0])
    return None


def _says(taken: str, held: frozenset[str]) -> bool:
    """Whether the claim has this word in any form: "inhibitor" for "inhibition"."""
    return any(each.startswith(taken[:5]) for each in held)


def _widened(claim: str, source: tuple[Word, ...]) -> Check | None:
    """An outcome without the word that made it another one."""
    bare = [
        w.stem for before, w in _pairs(words(claim)) if w.stem in _OUTCOMES and not _narrows(before)
    ]
    for before, word in _pairs(source):
        if word.stem in bare and before and _narrows(before):
            alone = [b for b, w in _pairs(source) if w.stem == word.stem and not _narrows(b)]
            if not alone and before.stem not in stems(claim):
                return _told(f"{before.folded} {word.folded}")
    return None


def _pairs(all_words: tuple[Word, ...]) -> list[tuple[Word | None, Word]]:
    return list(zip((None, *all_words[:-1]), all_words, strict=True)) if all_words else []


def _narrows(word: Word | None) -> bool:
    return (
        word is not None
        and word.folded not in _NARROWS_NOT
        and _NARROWS.search(word.folded) is not None
    )
