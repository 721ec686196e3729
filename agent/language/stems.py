"""Compare words as stems, in the same way for the writer and the verifier."""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer

from agent.language.lexicon import read_words

_STEMMER = snowballstemmer.stemmer("english")
_WORD = re.compile(r"[^\W_]+")
STOP_WORDS = read_words("stop_words.txt")


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A lower-case word's stem."""
    return str(_STEMMER.stemWord(word))


@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    """The stems of a text's words, without stop words."""
    words = _WORD.findall(text.casefold())
    return frozenset(stem(word) for word in words if word not in STOP_WORDS)
