"""What people call things, and what the literature calls them: lay words, brands, abbreviations.

Brands come from `lexicons/drug_names.tsv`, most abbreviations from `abbreviations.tsv`
(`evaluation.training.drug_names`, `evaluation.training.abbreviations`). Of the lay words only
entries that hold in nearly every sentence: "stroke" and "cancer" are the literature's words too,
"cold" and "fit" mean too many things.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from agent.language.lexicon import read_pairs


def _longest_first(name: str) -> list[tuple[str, str]]:
    return sorted(read_pairs(name, "="), key=lambda pair: -len(pair[0]))


# Ours first: they were chosen by hand where the mined ones lack or differ.
_ABBREVIATIONS = sorted(
    (
        dict(read_pairs("abbreviations.tsv", "\t")) | dict(read_pairs("abbreviations.txt", "="))
    ).items(),
    key=lambda pair: -len(pair[0]),
)
_TERMS = {
    lay: (re.compile(rf"(?<![\w-]){re.escape(lay)}(s|es)?(?![\w-])", re.IGNORECASE), clinical)
    for lay, clinical in _longest_first("lay_terms.txt")
}
_ABBREVIATED = {
    short: re.compile(rf"(?<![\w-]){re.escape(short)}(s)?(?![\w-])") for short, _ in _ABBREVIATIONS
}
_IN_FULL = dict(_ABBREVIATIONS)


@lru_cache(maxsize=1)
def drug_names() -> dict[str, str]:
    """Brand and other names of drugs, in lower case, with the generic name."""
    return dict(read_pairs("drug_names.tsv", "\t"))


def clinical_terms(text: str) -> tuple[str, dict[str, str]]:
    """The text in the literature's words, and which words were put for which."""
    found: dict[str, str] = {}
    folded = text.casefold()
    for lay, (pattern, clinical) in _TERMS.items():
        if lay not in folded:
            continue
        # Longest first; what one entry has put in, no other changes again.
        said = clinical in text.casefold() or any(lay in put for put in found.values())
        if not said and pattern.search(text):
            text = pattern.sub(clinical, text)
            found[lay] = clinical
    return text, found


def names_in_full(
    text: str, known: Callable[[str], bool] = lambda _: False
) -> tuple[str, dict[str, str]]:
    """The text with drugs under their generic names and abbreviations in full, and what was put.

    Args:
        known: names that stay as they are.
    """
    put: dict[str, str] = {}

    def generic(found: re.Match[str]) -> str:
        name = drug_names().get(found[0].casefold(), "")
        if not name or name in text.casefold() or known(found[0]):
            return found[0]
        put[found[0]] = name
        return name

    full = re.sub(r"(?<![\w-])[A-Za-z][\w-]{3,}(?![\w-])", generic, text)
    for short, pattern in _ABBREVIATED.items():
        if short not in full or known(short):
            continue
        if _IN_FULL[short].casefold() not in text.casefold():
            full, times = pattern.subn(_IN_FULL[short], full)
            if times:
                put[short] = _IN_FULL[short]
    return full, put
