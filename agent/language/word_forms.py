"""Whether a word of one text is in another: itself, inflected, as a synonym, or abbreviated."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent.language.lexicon import read_lines
from agent.language.stems import stem
from agent.language.words import Word, vocabulary, words


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, tuple[tuple[tuple[str, ...], ...], ...]]:
    """Stem → the phrases (as stems) of each meaning in which it occurs."""
    found: dict[str, list[tuple[tuple[str, ...], ...]]] = {}
    for line in read_lines("synonyms.txt"):
        meaning = tuple(tuple(w.stem for w in words(phrase)) for phrase in line.split("="))
        for form in {form for phrase in meaning for form in phrase}:
            found.setdefault(form, []).append(meaning)
    return {form: tuple(meanings) for form, meanings in found.items()}


@dataclass(frozen=True, slots=True)
class _Held:
    """What a text holds, for asking whether a word is in it under some form."""

    stems: frozenset[str]
    folded: frozenset[str]
    text: str


@lru_cache(maxsize=512)
def _held(text: str) -> _Held:
    folded = vocabulary(text)
    return _Held(frozenset(map(stem, folded)), folded, text)


def present(word: Word, claim: tuple[Word, ...], held: _Held) -> bool:
    """Whether a word of the claim is in a text: itself, inflected, as a synonym, or abbreviated."""
    if word.stem in held.stems or word.folded in held.folded:
        return True
    if any(_kin(word.stem, other) for other in held.stems):
        return True
    mine = {w.stem for w in claim}
    for meaning in _synonyms().get(word.stem, ()):
        used = any(word.stem in phrase and mine.issuperset(phrase) for phrase in meaning)
        if used and any(held.stems.issuperset(phrase) for phrase in meaning):
            return True
    return _abbreviated(word, claim, held)


def _kin(one: str, other: str) -> bool:
    """Forms of one word that stemming keeps apart, such as "random" and "randomis"."""
    if one[:4] != other[:4]:
        return one.replace("ae", "e").replace("oe", "e") == other.replace("ae", "e").replace(
            "oe", "e"
        )
    shared = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    return shared >= 5 and shared >= 0.75 * max(len(one), len(other))


def _abbreviated(word: Word, claim: tuple[Word, ...], held: _Held) -> bool:
    """AF of atrial fibrillation, and atrial fibrillation of AF."""
    at = next((i for i, w in enumerate(claim) if w is word), None)
    if at is None:
        return False
    for size in range(2, 6):
        for start in range(max(0, at - size + 1), at + 1):
            run = claim[start : start + size]
            if len(run) == size and "".join(w.folded[0] for w in run) in held.folded:
                return True
    if 2 <= len(word.folded) <= 5:
        initials = r"[\s-]+".join(rf"{re.escape(c)}[\w-]*" for c in word.folded)
        return re.search(rf"\b{initials}\b", held.text, re.IGNORECASE) is not None
    return False


def missing(claim: str, text: str) -> tuple[str, ...]:
    """The words of a claim that carry meaning and are not in a text, under no form or synonym."""
    held, mine = _held(text), words(claim)
    return tuple(w.folded for w in mine if w.carries and not present(w, mine, held))


def any_missing(claim: str, text: str, some: Sequence[Word]) -> bool:
    """Whether any of these words of a claim is not in a text, under no form or synonym."""
    held = _held(text)
    return any(not present(word, words(claim), held) for word in some)
