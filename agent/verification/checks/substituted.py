"""A claim that repeats a sentence but for a word that is neither a form nor a synonym of the old one."""

from __future__ import annotations

from collections.abc import Sequence

from agent.answer import Check
from agent.language.polarity import is_negator, pole_of
from agent.language.word_forms import missing
from agent.verification.changes import changes


def check(claim: str, sentences: Sequence[str]) -> Check | None:
    """A word put for another; numbers with their units, and what denies, are left to `exchanged`.

    Of words with an opposite, those on the same side count as synonyms: "lower" and "reduced".
    """
    for old, new in changes(claim, sentences):
        if not old or any(word.folded[0].isdigit() for word in (*old, *new)):
            continue
        before = " ".join(word.folded for word in old)
        sides = {pole_of(word.folded) for word in old} - {None}
        own = [
            word.folded
            for word in new
            if not is_negator(word.folded) and pole_of(word.folded) not in sides
        ]
        if strange := missing(" ".join(own), before):
            return Check("substituted", f"the claim says “{strange[0]}”, the source “{before}”")
    return None
