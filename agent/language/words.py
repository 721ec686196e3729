"""Split text into words in order, for the hard checks to compare."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from agent.language.stems import STOP_WORDS, stem

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,·]\d+)*%?|[<>=≤≥±]")
# The end of the scope of a "not" or a "may".
_BREAK = re.compile(
    r"[,;:()\[\]—]|\.(?=\s|$)|\b(?:but|whereas|while|although|though|however|yet|except)\b", re.I
)


class Word(NamedTuple):
    """One word: `folded` for comparing, its `stem`, its offsets, and the number of its clause."""

    folded: str
    stem: str
    start: int
    end: int
    clause: int

    @property
    def carries(self) -> bool:
        """Whether it carries meaning by itself."""
        return self.folded not in STOP_WORDS and (len(self.folded) > 1 or self.folded.isdigit())


@lru_cache(maxsize=512)
def words(text: str) -> tuple[Word, ...]:
    """The words of a text, in order; numbers and comparison signs count as words."""
    breaks = [match.start() for match in _BREAK.finditer(text)]
    results, clause = [], 0
    for match in _WORD.finditer(text):
        while clause < len(breaks) and breaks[clause] <= match.start():
            clause += 1
        folded = fold(match[0])
        results.append(Word(folded, stem(folded), match.start(), match.end(), clause))
    return tuple(results)


def fold(word: str) -> str:
    """A word in the form used for comparing."""
    return word.casefold().replace("’", "'")


@lru_cache(maxsize=1024)
def vocabulary(text: str) -> frozenset[str]:
    """The distinct words of a text, folded."""
    return frozenset(map(fold, set(_WORD.findall(text))))
