"""Translate lay words, brand names and abbreviations into the literature's terms.

Brands come from `lexicons/drug_names.tsv`, most abbreviations from `abbreviations.tsv`
(`evaluation.training.drug_names`, `evaluation.training.abbreviations`). Lay words are listed only
if the translation holds in nearly every sentence: the literature itself says "stroke" and "cancer",
and "cold" and "fit" are too ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from agent.language.lexicon import read_pairs


def _longest_first(name: str) -> list[tuple[str, str]]:
    return sorted(read_pairs(name, "="), key=lambda pair: -len(pair[0]))


_TERMS = {
    lay: (re.compile(rf"(?<![\w-]){re.escape(lay)}(s|es)?(?![\w-])", re.IGNORECASE), clinical)
    for lay, clinical in _longest_first("lay_terms.txt")
}
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


def clinical_terms(text: str) -> tuple[str, dict[str, str]]:
    """The text in the literature's words, and a map from replaced words to their replacements."""
    replaced: dict[str, str] = {}
    folded = text.casefold()
    for lay, (pattern, clinical) in _TERMS.items():
        if lay not in folded:
            continue
        # Longest first, so that no entry changes what a longer one has inserted.
        covered = clinical in text.casefold() or any(lay in term for term in replaced.values())
        if not covered and pattern.search(text):
            text = pattern.sub(clinical, text)
            replaced[lay] = clinical
    return text, replaced


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
