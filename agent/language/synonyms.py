"""Translate lay words, brand names and abbreviations into the literature's terms.

Brands come from `lexicons/drug_names.tsv`, most abbreviations from `abbreviations.tsv`
(`evaluation.training.drug_names`, `evaluation.training.abbreviations`). Lay words were written by a
language model. Ambiguous ones ("fit") are only read so beside a text that uses the term
(`agent.language.concepts`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from agent.language.lexicon import read_lines, read_pairs

_SHORT = 5
# Titles may have shorter words in lower case.
_LONG = 4
_NAME = re.compile(r"(?<![\w-])[^\W_][\w-]+(?![\w-])")


@lru_cache(maxsize=1)
def drug_names() -> dict[str, str]:
    """Brand and other names of drugs, in lower case → the generic name.

    Names that are also words ("Versed") have a capital.
    """
    return dict(read_pairs("drug_names.tsv", "\t"))


@lru_cache(maxsize=1)
def abbreviations() -> dict[str, str]:
    """Abbreviations as written → in full; hand-picked entries override collected ones."""
    collected = dict(read_pairs("abbreviations.tsv", "\t"))
    return collected | dict(read_pairs("abbreviations.txt", "="))


@lru_cache(maxsize=1)
def lay_terms() -> dict[str, tuple[str, bool]]:
    """Lay words and shorthand, in lower case → (the term of the literature, whether they mean that
    in nearly every question).
    """
    entries = (line.split("\t") for line in read_lines("lay_terms.tsv"))
    return {lay: (term, sense == "safe") for lay, term, sense in entries}


@lru_cache(maxsize=1)
def _unambiguous() -> re.Pattern[str]:
    """Lay words and their plurals, the longest first at each place."""
    listed = sorted((lay for lay, (_, safe) in lay_terms().items() if safe), key=len, reverse=True)
    words = "|".join(map(re.escape, listed))
    return re.compile(rf"(?<![\w-])({words})(?:s|es)?(?![\w-])", re.IGNORECASE)


def clinical_terms(
    text: str, is_known: Callable[[str], bool] = lambda _: False
) -> tuple[str, dict[str, str]]:
    """The text in the literature's words, and a map from replaced words to their replacements.

    Args:
        is_known: tells which short words, mostly abbreviations, to leave unchanged.
    """
    replaced: dict[str, str] = {}
    folded = text.casefold()

    def term(match: re.Match[str]) -> str:
        clinical = lay_terms()[match[1].casefold()][0]
        if clinical in folded or (len(match[1]) <= _SHORT and is_known(match[1])):
            return match[0]
        replaced[match[1]] = clinical
        return clinical

    return _unambiguous().sub(term, text), replaced


def names_in_full(
    text: str, is_known: Callable[[str], bool] = lambda _: False
) -> tuple[str, dict[str, str]]:
    """The text with generic drug names and expanded abbreviations, and a map of what was replaced.

    Args:
        is_known: tells which names to leave unchanged.
    """
    replaced: dict[str, str] = {}
    folded = text.casefold()
    capitals_tell = not _is_title(text)

    def full(match: re.Match[str]) -> str:
        written = match[0]
        for name in (written, written.removesuffix("s")):
            expansion = abbreviations().get(name) or drug_names().get(name.casefold(), "")
            if not expansion and capitals_tell and name == written.capitalize():
                expansion = drug_names().get(name, "")
            if expansion and expansion.casefold() not in folded and not is_known(written):
                replaced[written] = expansion
                return expansion
        return written

    return _NAME.sub(full, text), replaced


def _is_title(text: str) -> bool:
    """Whether most longer words have a capital, apart from those that are names of drugs only."""
    words: list[str] = [
        word
        for word in _NAME.findall(text)
        if len(word) >= _LONG and drug_names().keys().isdisjoint((word, word.casefold()))
    ]
    capitalised = sum(word[0].isupper() for word in words)
    return capitalised > len(words) / 2
