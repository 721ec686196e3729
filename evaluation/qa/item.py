"""A multiple-choice question of any set."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Args:
        id: unique within its suite.
        options: texts by letter, in display order.
        answer: the letter of the right option; "" if the set's key matches no option, so that no
            reply can be judged.
        group: the part of the suite it belongs to, such as a subject; "" if there is none.
        context: the text that the set itself provides to answer from.
    """

    id: str
    question: str
    options: Mapping[str, str]
    answer: str
    group: str = ""
    context: str = ""

    @property
    def fingerprint(self) -> str:
        """A hash of the question, options, context and key, equal in runs with the same item."""
        parts = (self.question, dict(self.options), self.answer, self.context)
        return hashlib.blake2b(orjson.dumps(parts), digest_size=8).hexdigest()
