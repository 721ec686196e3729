"""How rare a word is in the biomedical literature."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from agent.language.lexicon import read_pairs

_FILE = "rarity.txt"
_UNLISTED = 1.0


def rarity(stem: str) -> float:
    """From 0 for a word in every abstract to 1 for a word in hardly any."""
    return _table().get(stem, _UNLISTED)


def is_common(stem: str) -> bool:
    """Whether a stem is among the 6,000 most common ones of the biomedical literature."""
    return stem in _table()


@lru_cache(maxsize=1)
def _table() -> dict[str, float]:
    highest = float(np.log(20_000))
    return {
        stem: min(1.0, -float(np.log(int(share) / 1_000_000)) / highest)
        for stem, share in read_pairs(_FILE, ":")
    }
