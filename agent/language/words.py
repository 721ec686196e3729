"""Text as words in order: what the hard checks compare."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from agent.language.stems import STOP_WORDS, stem

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,·]\d+)*%?|[<>=≤≥±]")
# The end of what a "not" or a "may" governs.
_BREAK = re.compile(
    r"[,;:()\[\]—]|\.(?=\s|$)|\b(?:but|whereas|while|although|though|however|yet|except)\b", re.I
)


class Word(NamedTuple):
    """One word: as `folded` for comparing, its `stem`, where it stands, and the clause it is in."""

    folded: str
    stem: str
    start: int
    end: int
    clause: int

    @property
    def carries(self) -> bool:
        """Whether it means something by itself."""
        return self.folded not in STOP_WORDS and (len(self.folded) > 1 or self.folded.isdigit())


@lru_cache(maxsize=512)
def words(text: str) -> tuple[Word, ...]:
    """The words of a text, in order; numbers count as words, signs of order too."""
    breaks = [match.start() for match in _BREAK.finditer(text)]
    found, clause = [], 0
    for match in _WORD.finditer(text):
        while clause < len(breaks) and breaks[clause] <= match.start():
            clause += 1
        folded = fold(match[0])
        found.append(Word(folded, stem(folded), match.start(), match.end(), clause))
    return tuple(found)


def fold(word: str) -> str:
    """A word as it is compared."""
    return word.casefold().replace("’", "'")


@lru_cache(maxsize=1024)
def vocabulary(text: str) -> frozenset[str]:
    """The different words of a text, folded."""
    return frozenset(map(fold, set(_WORD.findall(text))))
