"""A claim that repeats a sentence with one word replaced by neither a form nor a synonym of it."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Check
from agent.language.polarity import is_negator, pole_of
from agent.language.word_forms import missing
from agent.verification.changes import changes


def check(claim: str, sentences: Sequence[str]) -> Check | None:
    """Find a replaced word; numbers with units, and negations, are left to `exchanged`.

    Words on the same side of an opposition count as synonyms: "lower" and "reduced".
    """
    for old, new in changes(claim, sentences):
        if not old or any(word.folded[0].isdigit() for word in (*old, *new)):
            continue
        before = " ".join(word.folded for word in old)
        sides = {pole_of(word.folded) for word in old} - {None}
        inserted = [
            word.folded
            for word in new
            if not is_negator(word.folded) and pole_of(word.folded) not in sides
        ]
        if unmatched := missing(" ".join(inserted), before):
            return Check("substituted", f"the claim says “{unmatched[0]}”, the source “{before}”")
    return None
