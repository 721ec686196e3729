"""A word of a closed class exchanged: weekly for daily, systolic for diastolic, rose for fell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from agent.answer import Check
from agent.language.lexicon import read_classes
from agent.language.words import Word, words


def check(claim: str, sentences: Sequence[str]) -> Check | None:
    """Find a word of the claim that the source replaces by another of the same class.

    The source's word must be absent from the claim: otherwise the claim mentions both.
    """
    in_claim = members(words(claim))
    in_source = members(word for sentence in sentences for word in words(sentence))
    for name, claimed in in_claim.items():
        sourced = in_source.get(name, {})
        own = [word for member, word in claimed.items() if member not in sourced]
        other = [word for member, word in sourced.items() if member not in claimed]
        if own and other:
            return Check(name, f"the claim says “{own[0]}”, the source “{other[0]}”")
    return None


def members(text_words: Iterable[Word]) -> dict[str, dict[int, str]]:
    """Class → member → the first word that belongs to it."""
    by_class: dict[str, dict[int, str]] = {}
    for word in text_words:
        for name, member in _places(word.folded):
            by_class.setdefault(name, {}).setdefault(member, word.folded)
    return by_class


Place = tuple[str, int]


@lru_cache(maxsize=32768)
def _places(folded: str) -> tuple[Place, ...]:
    """The classes and members of a word; empty for most words."""
    whole, starts = _classes()
    return whole.get(folded) or tuple(p for start, p in starts if folded.startswith(start))[:1]


@lru_cache(maxsize=1)
def _classes() -> tuple[dict[str, tuple[Place, ...]], tuple[tuple[str, Place], ...]]:
    """Word → its classes and members, and the same for word prefixes."""
    whole: dict[str, tuple[Place, ...]] = {}
    starts: list[tuple[str, Place]] = []
    for name, members in read_classes("word_classes.txt"):
        for number, member in enumerate(members):
            for word in member:
                if word.endswith("*"):
                    starts.append((word[:-1], (name, number)))
                else:
                    whole[word] = (*whole.get(word, ()), (name, number))
    return whole, tuple(starts)
