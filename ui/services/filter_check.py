"""Check that filters name values in the corpus, before a search returns nothing."""

from __future__ import annotations

import difflib
import re

from corpora.errors import BadInput
from corpora.home import Home
from retrieval.filters import FIELDS, Filters

_MOST_NAMED = 8


def check_filters(home: Home, filters: Filters) -> None:
    """Look up each filter value in the index.

    Raises:
        BadInput: no article has a value; suggests existing ones.
        NoIndex, Damaged: there is no readable index.
    """
    typed = [field for field in FIELDS if field.label and field.required(filters)]
    if not typed:
        return
    # Imported only when needed: most searches have no names to look up, and these imports are slow.
    from retrieval.engines.lexical import LexicalIndex
    from retrieval.version import LEXICAL, Versions, read_manifest

    folder = Versions(home.indexes).current()
    read_manifest(folder)
    index = LexicalIndex(folder / LEXICAL)
    for field in typed:
        for name in field.required(filters):
            if not index.value_frequency(field.name, name):
                raise BadInput(
                    f"No article in the index has the {field.label} “{name}”.",
                    _advice(name.casefold(), index.values(field.name)),
                )


def _advice(name: str, values: dict[str, int]) -> str:
    similar = [value for value in values if _initials(value) == name][:1]
    similar += difflib.get_close_matches(name, list(values), 3, 0.75)
    similar += [value for value in values if name in value]
    if similar:
        suggestions = " or ".join(f"“{value}”" for value in list(dict.fromkeys(similar))[:3])
        return f"Did you mean {suggestions}?"
    commonest = sorted(values, key=lambda value: -values[value])
    shown = ", ".join(commonest[:_MOST_NAMED])
    rest = len(values) - _MOST_NAMED
    return f"Available: {shown}" + (f" and {rest:,} more." if rest > 0 else ".")


def _initials(value: str) -> str:
    return "".join(word[0] for word in re.findall(r"\w+", value))
