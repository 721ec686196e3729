"""The other spelling of a word, British or American, and what may have been meant by a slip.

What may have been meant by a word that no article holds: one that articles hold, a slip away. It is
searched and read in the word's place, and a note says so: in a small library "asporin", a protein,
is not known and a slip away from a drug.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrieval.passage import Retriever

_SHORTEST = 6
# Of a shorter stem the other spelling is another word: "being" is no "baeing", whose stem is BAE.
_SHORTEST_STEM = 4
# The other spelling is worth a search where it is at least a tenth as common as the word's own.
_AS_COMMON = 0.1
# How the two spellings differ, wherever it may stand in a word; what the index does not hold is none.
_DIFFER = (
    (r"ae", "e"), (r"oe", "e"), (r"(?<=[a-z])e", "ae"), (r"e", "oe"), (r"our(?=s?$|al|ed|ing|less|ful|ite|able)", "or"),
    (r"or(?=s?$|al|ed|ing|less|ful|ite|able)", "our"), (r"is(?=e[sdr]?$|ing$|ation)", "iz"), (r"iz(?=e[sdr]?$|ing$|ation)", "is"),
    (r"ys(?=e[sdr]?$|ing$)", "yz"), (r"yz(?=e[sdr]?$|ing$)", "ys"), (r"tre(?=s?$)", "ter"), (r"bre(?=s?$)", "ber"),
    (r"ter(?=s?$)", "tre"), (r"ber(?=s?$)", "bre"), (r"sulph", "sulf"), (r"sulf", "sulph"), (r"ll(?=ed$|ing$|er$)", "l"), (r"l(?=ed$|ing$|er$)", "ll"),
)  # fmt: skip


def respelt(text: str, retriever: Retriever) -> str:
    """A text with each word in its other spelling where the index holds it; else the same text."""
    return re.sub(r"[^\W\d_]{5,}", lambda word: _other(word[0], retriever), text)


def _other(word: str, retriever: Retriever) -> str:
    own = set(retriever.terms(word))
    least = _AS_COMMON * max(map(retriever.frequency, own), default=0)
    known = [
        (retriever.frequency(terms[0]), spelt)
        for spelt in _spellings(word)
        if len(terms := retriever.terms(spelt)) == 1
        and terms[0] not in own
        and len(terms[0]) >= _SHORTEST_STEM
    ]
    count, best = max(known, default=(0, word))
    return best if count and count >= least else word


def _spellings(word: str) -> Iterator[str]:
    for differ, other in _DIFFER:
        for found in re.finditer(differ, word, re.IGNORECASE):
            yield word[: found.start()] + other + word[found.end() :]


def without_slips(text: str, retriever: Retriever) -> tuple[str, dict[str, str]]:
    """The text with what may have been meant by words that no article holds, and what was put."""
    put: dict[str, str] = {}

    def mended(found: re.Match[str]) -> str:
        word = found[0]
        if other := meant(word, retriever):
            put[word] = other
        return other or word

    return re.sub(r"(?<![\w-])[^\W\d_]+(?![\w-])", mended, text), put


def meant(word: str, retriever: Retriever) -> str:
    """The word that may have been meant; "" where there is nothing to mend, or nothing near."""
    if len(word) < _SHORTEST or not word.isalpha() or not word[1:].islower():
        return ""
    terms = retriever.terms(word)
    if len(terms) != 1 or retriever.frequency(terms[0]):
        return ""
    near = retriever.near(terms[0])
    return _ended_like(word, terms[0], near) if near else ""


def _ended_like(word: str, term: str, near: str) -> str:
    """An index term with the ending that stemming took off the word."""
    folded = word.casefold()
    shared = len(term) if folded.startswith(term) else len(term) - 1
    ended = near[: len(near) - (len(term) - shared)] + folded[shared:]
    return ended.capitalize() if word[0].isupper() else ended
