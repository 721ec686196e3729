"""Whether a question looks as if it named a patient, so that its author can be warned.

Only forms are recognised: a title with a name, a full date, an e-mail address, a long number. A name
alone is not, since most capitalised words of a clinical question are drugs, trials and eponyms.
"""

from __future__ import annotations

import re

_FORMS = (
    r"\b(?:Mr|Mrs|Ms|Miss|Mx|Herr|Frau|Monsieur|Madame|Signora?|Señora?)\.? [A-ZÀ-Þ][a-zà-ÿ]{2,}",
    r"\b(?:0?[1-9]|[12]\d|3[01])(?P<mark>[./-])(?:0?[1-9]|1[0-2])(?P=mark)(?:19|20)\d\d\b",
    r"\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b",
    r"\b[\w.+-]+@[\w-]+\.[\w.-]*\w",
    # Record, insurance and telephone numbers; PMIDs have eight digits at most.
    r"(?<![\w./-])\+?\d(?:[ -]?\d){8,}(?![\w./-])",
)
_IDENTIFYING = re.compile("|".join(_FORMS))
NOTE = (
    "the question looks as if it identified a person: leave out names, dates of birth and numbers,"
    " which the search does not need"
)


def identifying(question: str) -> bool:
    """Whether a question contains what may identify a person."""
    return bool(_IDENTIFYING.search(question))
