"""British and American spelling variants, and corrections of misspelt words.

A word that no article contains is replaced by one that articles do contain and that is one typing
error away. The correction is used for searching and reading, and a note reports it: in a small
library "asporin", a protein, is unknown and one error away from a drug.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.passage import Retriever

_SHORTEST = 6
# The variant of a shorter stem is another word: "being" must not become "baeing", with stem BAE.
_SHORTEST_STEM = 4
# A variant is searched if it is at least a tenth as common as the word's own spelling.
_AS_COMMON = 0.1
# Differences between the spellings, anywhere in a word; variants not in the index are ignored.
_DIFFER = (
    (r"ae", "e"), (r"oe", "e"), (r"(?<=[a-z])e", "ae"), (r"e", "oe"), (r"our(?=s?$|al|ed|ing|less|ful|ite|able)", "or"),
    (r"or(?=s?$|al|ed|ing|less|ful|ite|able)", "our"), (r"is(?=e[sdr]?$|ing$|ation)", "iz"), (r"iz(?=e[sdr]?$|ing$|ation)", "is"),
    (r"ys(?=e[sdr]?$|ing$)", "yz"), (r"yz(?=e[sdr]?$|ing$)", "ys"), (r"tre(?=s?$)", "ter"), (r"bre(?=s?$)", "ber"),
    (r"ter(?=s?$)", "tre"), (r"ber(?=s?$)", "bre"), (r"sulph", "sulf"), (r"sulf", "sulph"), (r"ll(?=ed$|ing$|er$)", "l"), (r"l(?=ed$|ing$|er$)", "ll"),
)  # fmt: skip


def respelt(text: str, retriever: Retriever) -> str:
    """The text with each word in its other spelling, where the index contains that spelling."""
    return re.sub(r"[^\W\d_]{5,}", lambda word: _other(word[0], retriever), text)


def _other(word: str, retriever: Retriever) -> str:
    own_terms = set(retriever.terms(word))
    minimum = _AS_COMMON * max(map(retriever.frequency, own_terms), default=0)
    indexed = [
        (retriever.frequency(terms[0]), spelt)
        for spelt in _spellings(word)
        if len(terms := retriever.terms(spelt)) == 1
        and terms[0] not in own_terms
        and len(terms[0]) >= _SHORTEST_STEM
    ]
    count, best = max(indexed, default=(0, word))
    return best if count and count >= minimum else word


def _spellings(word: str) -> Iterator[str]:
    for pattern, other in _DIFFER:
        for match in re.finditer(pattern, word, re.IGNORECASE):
            yield word[: match.start()] + other + word[match.end() :]


def without_slips(text: str, retriever: Retriever) -> tuple[str, dict[str, str]]:
    """The text with words that no article contains corrected, and a map of the corrections."""
    replaced: dict[str, str] = {}

    def corrected(match: re.Match[str]) -> str:
        word = match[0]
        if other := meant(word, retriever):
            replaced[word] = other
        return other or word

    return re.sub(r"(?<![\w-])[^\W\d_]+(?![\w-])", corrected, text), replaced


def meant(word: str, retriever: Retriever) -> str:
    """The likely intended word; "" where the word needs no correction or none is near."""
    if len(word) < _SHORTEST or not word.isalpha() or not word[1:].islower():
        return ""
    terms = retriever.terms(word)
    if len(terms) != 1 or retriever.frequency(terms[0]):
        return ""
    near = retriever.near(terms[0])
    return _ended_like(word, terms[0], near) if near else ""


def _ended_like(word: str, term: str, near: str) -> str:
    """An index term with the ending that stemming removed from the word."""
    folded = word.casefold()
    shared = len(term) if folded.startswith(term) else len(term) - 1
    ended = near[: len(near) - (len(term) - shared)] + folded[shared:]
    return ended.capitalize() if word[0].isupper() else ended
