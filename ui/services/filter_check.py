"""Whether filters name something that the corpus has, said before a search comes back empty."""

from __future__ import annotations

import difflib
import re

from corpora.errors import BadInput
from corpora.home import Home
from retrieval.passage import Filters

_MOST_NAMED = 8


def check_filters(home: Home, filters: Filters) -> None:
    """Look up each name in the index.

    Raises:
        BadInput: no article has it; names what there is instead.
        NoIndex, Damaged: there is no index to look in.
    """
    named = {
        "type": ("publication type", filters.publication_types),
        "language": ("language", filters.languages),
        "journal": ("journal", filters.journals),
        "mesh": ("MeSH heading", filters.mesh),
    }
    if not any(wanted for _, wanted in named.values()):
        return
    # Most questions are asked without names to look up, and these cost more than a server's help.
    from retrieval.engines.lexical import LexicalIndex
    from retrieval.version import LEXICAL, Versions, read_manifest

    folder = Versions(home.indexes).current()
    read_manifest(folder)
    index = LexicalIndex(folder / LEXICAL)
    for field, (what, wanted) in named.items():
        values: dict[str, int] = {}
        for name in wanted:
            if index.value_frequency(field, name):
                continue
            values = values or index.values(field)
            raise BadInput(
                f"No article here has the {what} “{name}”.", _advice(name.casefold(), values)
            )


def _advice(name: str, values: dict[str, int]) -> str:
    near = [value for value in values if _initials(value) == name][:1]
    near += difflib.get_close_matches(name, list(values), 3, 0.75)
    near += [value for value in values if name in value]
    if near:
        asked = " or ".join(f"“{value}”" for value in list(dict.fromkeys(near))[:3])
        return f"Did you mean {asked}?"
    commonest = sorted(values, key=lambda value: -values[value])
    shown = ", ".join(commonest[:_MOST_NAMED])
    rest = len(values) - _MOST_NAMED
    return f"There are: {shown}" + (f" and {rest:,} more." if rest > 0 else ".")


def _initials(value: str) -> str:
    return "".join(word[0] for word in re.findall(r"\w+", value))
