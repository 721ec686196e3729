"""Whether a word is general English or common in the biomedical literature."""

from __future__ import annotations

import re

from agent.language.rarity import is_common
from agent.language.stems import stem
from agent.language.tokens import vocabulary


def is_general(word: str) -> bool:
    """Whether a lower-case word, or one that it is an inflected form of, is listed as such."""
    root = stem(word)
    forms = {word, root, f"{root}e", re.sub("i$", "y", root)}
    if word.endswith(("er", "en")):
        forms |= {word[:-1], word[:-2], re.sub(r"(.)\1$", r"\1", word[:-2])}
    return not forms.isdisjoint(vocabulary()) or is_common(root)
