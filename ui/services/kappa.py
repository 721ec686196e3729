"""Agreement between two raters beyond chance."""

from __future__ import annotations

from collections.abc import Sequence


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa; None if undefined: no pairs, or chance agreement of 1."""
    if not pairs:
        return None
    size = len(pairs)
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    observed = sum(a == b for a, b in pairs) / size
    chance = sum(first.count(c) * second.count(c) for c in set(first) | set(second)) / size**2
    return None if chance == 1 else (observed - chance) / (1 - chance)
