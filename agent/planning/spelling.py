"""What may have been meant by a word that no article holds: one that articles hold, a slip away.

It is only offered, never put in its place: in a small library "asporin", a protein, is not known
and a slip away from a drug.
"""

from __future__ import annotations

from retrieval.passage import Retriever

_SHORTEST = 6


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
