"""Groups of people for whom an answer about others is none: the pregnant, children, the old.

How a question names them, and how papers on them speak. A drug that is safe in adults tells nothing
of pregnancy; so where no paper speaks of the group asked about, there is no answer.
"""

from __future__ import annotations

import re

# (as asked, as spoken of)
_GROUPS = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(spoken, re.IGNORECASE))
    for asked, spoken in (
        (
            r"\b(?:in|during|while|for|among) (?:[\w-]+ ){0,2}?(?P<group>pregnan\w+)",
            r"\bpregnan|\bgestation|\bmaternal|\bgravid|\bobstetric|\b(?:ante|pre)natal|\bfet(?:us|al)",
        ),
        (
            r"\b(?P<group>breast-?feeding|lactation|lactating)\b",
            r"\bbreast-?fe+d|\blactat|\bhuman milk|\bbreast milk",
        ),
        (
            r"\b(?P<group>newborns?|neonates?|(?:preterm|premature) (?:infants|babies)|infants|babies)\b",
            r"\bnewborn|\bneonat|\binfan|\bbab(?:y|ies)\b|\bpreterm|\bprematur",
        ),
        (
            r"\bin (?:[\w-]+ ){0,2}?(?P<group>children|kids|pa?ediatric|childhood)\b",
            r"\bchild|\bpa?ediatric|\bkids?\b|\binfan|\badolescen|\byouth|\bschool|\bboys\b|\bgirls\b|\bjuvenile|\btoddler",
        ),
    )
)


def named(question: str) -> list[tuple[str, re.Pattern[str]]]:
    """(the question's own word for a group, how papers speak of it) of each group named."""
    found = ((asked.search(question), spoken) for asked, spoken in _GROUPS)
    return [(match["group"], spoken) for match, spoken in found if match]
