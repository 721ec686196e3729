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


_TERMS = {
    lay: (re.compile(rf"(?<![\w-]){re.escape(lay)}(s|es)?(?![\w-])", re.IGNORECASE), clinical)
    for lay, clinical in _longest_first("lay_terms.txt")
}
_NAME = re.compile(r"(?<![\w-])[^\W_][\w-]+(?![\w-])")


@lru_cache(maxsize=1)
def drug_names() -> dict[str, str]:
    """Brand and other names of drugs, in lower case, with the generic name."""
    return dict(read_pairs("drug_names.tsv", "\t"))


@lru_cache(maxsize=1)
def abbreviations() -> dict[str, str]:
    """Abbreviations as they are written, in full; those chosen by hand before those collected."""
    collected = dict(read_pairs("abbreviations.tsv", "\t"))
    return collected | dict(read_pairs("abbreviations.txt", "="))


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
    folded = text.casefold()

    def full(found: re.Match[str]) -> str:
        written = found[0]
        for name in (written, written.removesuffix("s")):
            other = abbreviations().get(name) or drug_names().get(name.casefold(), "")
            if other and other.casefold() not in folded and not known(written):
                put[written] = other
                return other
        return written

    return _NAME.sub(full, text), put
