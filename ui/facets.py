"""A search result by design, year, journal and MeSH heading: how many of each, what is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from corpora.article import Article
from retrieval.passage import Evidence

# A list of all journals of a result helps nobody.
_MOST_VALUES = 25

Chosen = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Facet:
    """A side of an article to choose by; an article may have several values."""

    name: str
    label: str
    values: Callable[[Article], tuple[str, ...]]


FACETS = (
    Facet("design", "Design", lambda a: (a.evidence_level.label,)),
    Facet("year", "Year", lambda a: (str(a.year),) if a.year else ()),
    Facet("journal", "Journal", lambda a: (a.journal,) if a.journal else ()),
    Facet("mesh", "MeSH heading", lambda a: tuple(dict.fromkeys(a.mesh))),
)


def narrowed(
    found: Sequence[Evidence], chosen: Chosen, without: Facet | None = None
) -> list[Evidence]:
    """What has, on each side where something is chosen, one of the values chosen.

    Args:
        without: a facet to leave out of account.
    """
    asked = [(f, set(chosen.get(f.name, ()))) for f in FACETS if f is not without]
    return [
        each
        for each in found
        if all(wanted.intersection(f.values(each.article)) for f, wanted in asked if wanted)
    ]


def counted_values(found: Sequence[Evidence], facet: Facet, chosen: Chosen) -> dict[str, int]:
    """The commonest values of a facet with how many articles each would show.

    What is chosen on the other sides counts, what is chosen on this one does not; a value that is
    chosen is always there, with 0 where nothing has it any more. Years come newest first.
    """
    rest = narrowed(found, chosen, without=facet)
    counts = Counter(value for each in rest for value in facet.values(each.article))
    common = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_VALUES]
    values = dict(common) | {value: counts[value] for value in chosen.get(facet.name, ())}
    return dict(sorted(values.items(), reverse=True)) if facet.name == "year" else values


def _date(each: Evidence) -> str:
    return each.article.published or str(each.article.year)


SORTS: dict[str, Callable[[Sequence[Evidence]], list[Evidence]]] = {
    "Relevance": list,
    "Newest first": lambda found: sorted(found, key=_date, reverse=True),
    "Strongest design first": lambda found: sorted(found, key=lambda e: e.article.evidence_level),
}
