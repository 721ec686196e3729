"""Words compared as stems, the same way by the writer and the verifier."""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W_]+")
STOP_WORDS = frozenset(
    """
    a about after all also an and any are as at be been before being between both but by can
    could did do does during each for from had has have how if in into is it its may might
    more most of on or other our over should so some such than that the their them then there
    these they this those through to under up was we were what when where which while who whom
    whose why will with would you your
    """.split()
)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A lower-case word's stem."""
    return str(_STEMMER.stemWord(word))


@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    """The stems of a text's words, without those that carry no meaning by themselves."""
    words = _WORD.findall(text.casefold())
    return frozenset(stem(word) for word in words if word not in STOP_WORDS)
