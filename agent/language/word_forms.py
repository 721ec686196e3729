"""Decide whether a word of one text occurs in another: as it is, inflected, as a synonym or
abbreviated.
"""

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
    """Stem → the synonymous phrases (as stems) of each meaning in which it occurs."""
    meanings_of: dict[str, list[tuple[tuple[str, ...], ...]]] = {}
    for line in read_lines("synonyms.txt"):
        meaning = tuple(tuple(w.stem for w in words(phrase)) for phrase in line.split("="))
        for form in {form for phrase in meaning for form in phrase}:
            meanings_of.setdefault(form, []).append(meaning)
    return {form: tuple(meanings) for form, meanings in meanings_of.items()}


@dataclass(frozen=True, slots=True)
class _TextTerms:
    """The terms of a text, for testing whether it contains a word in some form."""

    stems: frozenset[str]
    folded: frozenset[str]
    text: str


@lru_cache(maxsize=512)
def _text_terms(text: str) -> _TextTerms:
    folded = vocabulary(text)
    return _TextTerms(frozenset(map(stem, folded)), folded, text)


def present(word: Word, claim: tuple[Word, ...], text_terms: _TextTerms) -> bool:
    """Whether a text contains a word of the claim: as it is, inflected, as a synonym or
    abbreviated.
    """
    if word.stem in text_terms.stems or word.folded in text_terms.folded:
        return True
    if any(_kin(word.stem, other) for other in text_terms.stems):
        return True
    claim_stems = {w.stem for w in claim}
    for meaning in _synonyms().get(word.stem, ()):
        used = any(word.stem in phrase and claim_stems.issuperset(phrase) for phrase in meaning)
        if used and any(text_terms.stems.issuperset(phrase) for phrase in meaning):
            return True
    return _abbreviated(word, claim, text_terms)


def _kin(one: str, other: str) -> bool:
    """Whether two stems are forms of one word, such as "random" and "randomis"."""
    if one[:4] != other[:4]:
        return one.replace("ae", "e").replace("oe", "e") == other.replace("ae", "e").replace(
            "oe", "e"
        )
    shared = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    return shared >= 5 and shared >= 0.75 * max(len(one), len(other))


def _abbreviated(word: Word, claim: tuple[Word, ...], text_terms: _TextTerms) -> bool:
    """Whether the text abbreviates the word (AF for atrial fibrillation) or spells it out."""
    place = next((i for i, w in enumerate(claim) if w is word), None)
    if place is None:
        return False
    for size in range(2, 6):
        for start in range(max(0, place - size + 1), place + 1):
            run = claim[start : start + size]
            if len(run) == size and "".join(w.folded[0] for w in run) in text_terms.folded:
                return True
    if 2 <= len(word.folded) <= 5:
        initials = r"[\s-]+".join(rf"{re.escape(c)}[\w-]*" for c in word.folded)
        return re.search(rf"\b{initials}\b", text_terms.text, re.IGNORECASE) is not None
    return False


def missing(claim: str, text: str) -> tuple[str, ...]:
    """The content words of a claim that a text does not contain in any form or as a synonym."""
    text_terms, claim_words = _text_terms(text), words(claim)
    return tuple(
        w.folded for w in claim_words if w.carries and not present(w, claim_words, text_terms)
    )


def any_missing(claim: str, text: str, claim_words: Sequence[Word]) -> bool:
    """Whether a text lacks any of these words of a claim, in every form and as a synonym."""
    text_terms = _text_terms(text)
    return any(not present(word, words(claim), text_terms) for word in claim_words)
