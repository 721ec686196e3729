"""Outcome: what was measured, the primary one first."""

from __future__ import annotations

import re

from agent.table.abstract import Abstract, TextSpan
from agent.table.columns.compared import comparison
from agent.table.phrases import trimmed

_PRIMARY = re.compile(
    r"\b(?:primary|main|co-primary|principal) (?:[\w-]+ )?(?:outcomes?|end ?-?points?)(?: (?:measures?|variables?|parameters?))?(?: \([^)]*\))? (?:was|were|is|are|included|includes|:) (?:the |an? )?(?P<c>[^.;:]{3,200})",
    re.I,
)
_CUT = re.compile(
    r",|\((?![^()]*\) \w)| (?:including|as|measured|assessed|defined|evaluated|determined|from|during|within|after|between|using|which|that|comparing|in the|in patients)\b"
)


_VERB = re.compile(r"(?:not|significantly|similar|\w+ed|found|met|\d+)\b", re.I)


def find(abstract: Abstract) -> list[TextSpan]:
    """The stated primary outcome, otherwise what the title names an effect on."""
    for piece in abstract.sentences:
        if match := _PRIMARY.search(piece.text):
            start = match.start("c")
            if re.match(r"(?:\w+ ){0,2}(?:analysis|comparison) of", match["c"]):
                continue
            cut = _CUT.search(piece.text, start, match.end("c"))
            end = trimmed(piece.text, start, cut.start() if cut else match.end("c"))
            words = piece.text[start:end]
            # The remainder of "time from … to …" says too little.
            if words and not _VERB.match(words) and not (cut and " " not in words):
                return [piece.span(start, end)]
    outcome = comparison(abstract).outcome
    return [outcome] if outcome else []
