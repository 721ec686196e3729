"""Find where a noun phrase ends, without a parser, by punctuation and function words."""

from __future__ import annotations

import re

# A verb or a clause boundary that ends the preceding noun phrase.
_CLAUSE = re.compile(
    r"[.;:?!](?=\s|$)|,|\s[–—-]+\s|[–—-](?:An?|The|Results)\b|[–—-]\s|\(|\)|\[|\]|"
    r"\b(?:is|are|was|were|be|been|being|has|have|had|will|would|can|could|may"
    r"|might|should|did|does|do"
    r"|who|which|that|whose|whether|when|where|while|whereas|although|because|since|until|if|but"
    r"|than|(?<!affected )by|via|through|according"
    r"|we|they|it|this|these|those|our|their|its|to|from|between|during|within"
    r"|either|and (?=the\b|its\b|their\b)|with (?=an? (?:mean|median)\b)"
    r"|in (?=an? [^.;]*\b(?:trial|study)\b)"
    r"|based|compared|versus|vs)\b",
    re.I,
)


def until_clause(text: str, start: int) -> int:
    """The end of the phrase that begins at `start`: before the next clause."""
    match = _CLAUSE.search(text, start)
    end = match.start() if match else len(text)
    return trimmed(text, start, end)


def trimmed(text: str, start: int, end: int) -> int:
    """`end` moved before trailing white space, punctuation and words that need a complement."""
    while end > start:
        stripped = text[start:end].rstrip(" ,;:.–—-")
        dangling = re.search(
            r"(?:^|\s)(?:and|or|in|on|of|for|with|at|a|an|the|as|both|among|after|before|under|into|associated|combined|together|along|compared|performed|aged)$",
            stripped,
            re.I,
        )
        shorter = start + (dangling.start() if dangling else len(stripped))
        if stripped.count("(") > stripped.count(")"):
            shorter = min(shorter, start + stripped.rindex("("))
        if shorter == end:
            break
        end = shorter
    return end
