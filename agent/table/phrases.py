"""Where a phrase ends: noun phrases without a parser, by punctuation and function words."""

from __future__ import annotations

import re

# A verb or a clause that ends whatever noun phrase went before.
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
    found = _CLAUSE.search(text, start)
    end = found.start() if found else len(text)
    return trimmed(text, start, end)


def trimmed(text: str, start: int, end: int) -> int:
    """`end` without white space and marks, and without a word there that needs another."""
    while end > start:
        cut = text[start:end].rstrip(" ,;:.–—-")
        last = re.search(
            r"(?:^|\s)(?:and|or|in|on|of|for|with|at|a|an|the|as|both|among|after|before|under|into|associated|combined|together|along|compared|performed|aged)$",
            cut,
            re.I,
        )
        shorter = start + (last.start() if last else len(cut))
        if cut.count("(") > cut.count(")"):
            shorter = min(shorter, start + cut.rindex("("))
        if shorter == end:
            break
        end = shorter
    return end
