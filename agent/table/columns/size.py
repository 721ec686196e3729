"""n: how many people were studied, and how many studies of a review."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, Span
from corpora.sample_size import sample_size


def find(abstract: Abstract) -> list[Span]:
    """As `corpora.sample_size` reads it, from its first number on."""
    size = sample_size(abstract.article)
    if size is None:
        return []
    for piece in abstract.sentences:
        if piece.start <= size.start < piece.end:
            lead = re.match(
                r"(?:a total of|in total,?|overall,|altogether,?|total of|series of|evaluated|\w+ (?=\d)) *",
                size.words,
                re.I,
            )
            start = size.start + (lead.end() if lead else 0)
            return [piece.span(start - piece.start, size.end - piece.start)]
    return []
