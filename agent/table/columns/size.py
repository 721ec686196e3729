"""n: the number of people studied, and of studies in a review."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, TextSpan
from agent.table.phrases import until_clause
from corpora.counts import counts_in
from corpora.sample_size import stated_size

_LEAD = re.compile(
    r"(?:(?:a|in|total|of|series|cohort|sample|overall|altogether|data|from|on|the|all|included|enrolled|recruited|evaluated|assessed|studied|analy[sz]ed|reviewed|identified|randomi[sz]ed|followed|surveyed|interviewed|involving|comprising),? )*",
    re.I,
)


def find(abstract: Abstract) -> list[TextSpan]:
    """The size read by `corpora.sample_size.stated_size`, from its first number to the phrase's end."""
    size = stated_size(abstract.article)
    if size is None:
        return []
    for piece in abstract.sentences:
        if piece.start <= size.start < piece.end:
            words = size.words
            start = _LEAD.match(words).end()  # type: ignore[union-attr]
            end = len(words) if size.studies else until_clause(words, start)
            if not counts_in(words[start:end]) or not re.search("[A-Za-z]", words[start:end]):
                end = len(words)
            if re.search(r"\b(?:patient|participant)$", words[start:end]):
                return []
            at = size.start - piece.start
            return [piece.span(at + start, at + end)]
    return []
