"""Words with an opposite (rise, better, before, help), and the negations that govern them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.language.lexicon import read_classes, read_words
from agent.language.words import Word, words

_NOT = read_words("negators.txt")
# The greatest distance, in words, of a negator from the word it negates.
_REACH = 7


@dataclass(frozen=True, slots=True)
class Pole:
    """A word with an opposite: its axis, which pole it is, and whether it is negated."""

    word: Word
    axis: str
    positive: bool
    denied: bool

    @property
    def side(self) -> bool:
        """The pole that is meant: "not increased" counts as "decreased"."""
        return self.positive is not self.denied


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, tuple[str, bool]], list[tuple[str, str, bool]]]:
    whole: dict[str, tuple[str, bool]] = {}
    starts: list[tuple[str, str, bool]] = []
    for axis, poles in read_classes("polarity.txt"):
        for positive, forms in zip((True, False), poles, strict=True):
            for form in forms:
                if form.endswith("*"):
                    starts.append((form[:-1], axis, positive))
                else:
                    whole[form] = (axis, positive)
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
    """Whether a word is a negation."""
    return folded in _NOT or folded.endswith("n't")


def denied_at(all_words: tuple[Word, ...], at: int) -> bool:
    """Whether a negator in the same clause governs the word at this place."""
    for i in range(max(0, at - _REACH), at):
        word = all_words[i]
        if word.clause == all_words[at].clause and (
            word.folded in _NOT or word.folded.endswith("n't")
        ):
            # "not only" negates nothing.
            return not (i + 1 < len(all_words) and all_words[i + 1].folded == "only")
    return False


def poles(text: str) -> Iterator[Pole]:
    """The words of a text that have an opposite."""
    all_words = words(text)
    for i, word in enumerate(all_words):
        if pole := pole_of(word.folded):
            axis, positive = pole
            yield Pole(word, axis, positive, denied_at(all_words, i))
