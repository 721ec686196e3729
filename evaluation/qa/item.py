"""A multiple-choice question, whatever set it is from."""

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
        options: texts by letter, in the order in which they are shown.
        answer: the letter of the right option; "" where the set's key names none of the options,
            so that no reply can be judged.
        group: the part of the suite that it belongs to, such as a subject; "" where there is none.
        context: the text that the set itself gives to answer from.
    """

    id: str
    question: str
    options: Mapping[str, str]
    answer: str
    group: str = ""
    context: str = ""

    @property
    def fingerprint(self) -> str:
        """A hash of all that is asked and of the key: equal in runs that asked the same."""
        parts = (self.question, dict(self.options), self.answer, self.context)
        return hashlib.blake2b(orjson.dumps(parts), digest_size=8).hexdigest()
