"""Words with an opposite: what rises, is better, comes before, helps; and where a "not" stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.language.lexicon import read_classes, read_words
from agent.language.words import Word, words

_NOT = read_words("negators.txt")
# What can stand between a "not" and what it denies.
_REACH = 7


@dataclass(frozen=True, slots=True)
class Pole:
    """A word with an opposite: its axis, which pole, and whether denied."""

    word: Word
    axis: str
    positive: bool
    denied: bool

    @property
    def side(self) -> bool:
        """The pole that is meant: "not increased" stands with "decreased"."""
        return self.positive is not self.denied


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, tuple[str, bool]], list[tuple[str, str, bool]]]:
    whole: dict[str, tuple[str, bool]] = {}
    starts: list[tuple[str, str, bool]] = []
    for axis, poles in read_classes("polarity.txt"):
        for positive, listed in zip((True, False), poles, strict=True):
            for each in listed:
                if each.endswith("*"):
                    starts.append((each[:-1], axis, positive))
                else:
                    whole[each] = (axis, positive)
    return whole, starts


@lru_cache(maxsize=16384)
def pole_of(folded: str) -> tuple[str, bool] | None:
    """The axis and pole of a word, None for most words."""
    whole, starts = _lexicon()
    folded = folded.replace("up-reg", "upreg").replace("down-reg", "downreg")
    if folded in whole:
        return whole[folded]
    for start, axis, positive in starts:
        if folded.startswith(start):
            return axis, positive
    return None


def is_negator(folded: str) -> bool:
    """Whether a word denies."""
    return folded in _NOT or folded.endswith("n't")


def denied_at(all_words: tuple[Word, ...], at: int) -> bool:
    """Whether a "not" in the same clause reaches this word."""
    for i in range(max(0, at - _REACH), at):
        word = all_words[i]
        if word.clause == all_words[at].clause and (
            word.folded in _NOT or word.folded.endswith("n't")
        ):
            # "not only" denies nothing.
            return not (i + 1 < len(all_words) and all_words[i + 1].folded == "only")
    return False


def poles(text: str) -> Iterator[Pole]:
    """The words of a text that have an opposite."""
    all_words = words(text)
    for i, word in enumerate(all_words):
        if found := pole_of(word.folded):
            axis, positive = found
            yield Pole(word, axis, positive, denied_at(all_words, i))
