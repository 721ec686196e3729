"""A planner that needs no language model: rules about how clinical questions are put."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

from agent.planning.plan import Plan
from corpora.evidence_level import EvidenceLevel
from retrieval.passage import Filters, Retriever, SearchQuery

# Words that shape a question and say nothing about its subject.
_QUESTION_WORDS = frozenset(
    """
    what which who whom whose when where why how is are was were be been being do does did
    done can could should would will may might must shall has have had there any some many
    much often effective effectively effectiveness effect effects affect affects role use used
    using useful best better work works help helps between among versus vs compared compare
    comparison than recommended recommendation evidence known currently list name describe
    explain tell me about please patients patient people adults persons individuals common
    commonly main cause causes caused the a an of in on for to with and or by from at as it
    its this that these those into not no during after before
    """.split()
)

_DESIGN_PHRASES = (
    (
        r"\b(?:in |from |only )?randomi[sz]ed (?:controlled |clinical )?trials?(?: only)?\b:?|\b(?:in |from |only )?rcts?(?: only)?\b:?",
        (EvidenceLevel.RANDOMISED_TRIAL,),
        "randomised trials",
    ),
    (
        r"\b(?:in |from |only )?(?:systematic reviews?(?: (?:and|or) meta-?analys[ei]s)?|meta-?analys[ei]s)(?: only)?\b:?",
        (EvidenceLevel.SYSTEMATIC_REVIEW,),
        "systematic reviews and meta-analyses",
    ),
    (r"\b(?:in |from |according to )?(?:practice )?guidelines?(?: only)?\b", (EvidenceLevel.GUIDELINE,), "guidelines"),
)  # fmt: skip
# A design is a filter only where the question asks for it, not where it asks about it.
_ASKS_FOR = re.compile(r"\b(?:only|in|from|according to)\b", re.IGNORECASE)

_YEAR = r"((?:19|20)\d\d)"
_SINCE = re.compile(rf",?\s*\b(?:since|from) {_YEAR}(?: (?:on|onwards?))?\b", re.IGNORECASE)
_AFTER = re.compile(rf",?\s*\b(?:after|later than) {_YEAR}\b", re.IGNORECASE)
_BEFORE = re.compile(rf",?\s*\b(?:before|prior to) {_YEAR}\b", re.IGNORECASE)
_BETWEEN = re.compile(
    rf",?\s*\b(?:between|from) {_YEAR} (?:and|to|until) {_YEAR}\b|,?\s*\b{_YEAR}\s?[-–]\s?{_YEAR}\b",
    re.IGNORECASE,
)
_LAST_YEARS = re.compile(
    r",?\s*\b(?:in|over|within) the (?:last|past) (\d{1,2}) years\b", re.IGNORECASE
)

# A round of other words keeps this many of the question's rarest terms.
_RAREST = 3


class LocalPlanner:
    """Reads dates and study designs as filters, asks the question as it is and by its key words."""

    def plan(self, question: str, filters: Filters, retriever: Retriever) -> Plan:
        text, read, notes = read_filters(question, filters)
        queries = [text]
        keywords = " ".join(key_words(text))
        if keywords and keywords.casefold() != text.casefold():
            queries.append(keywords)
        return Plan((tuple(SearchQuery(q, read) for q in queries),), read, tuple(notes))

    def widen(self, question: str, plan: Plan, retriever: Retriever) -> Plan | None:
        asked = {query.text.casefold() for query in plan.queries}
        terms = retriever.terms(" ".join(key_words(question)))
        known = sorted((n, term) for term in terms if (n := retriever.frequency(term)))
        rarest = " ".join(term for _, term in known[:_RAREST])
        if not rarest or rarest.casefold() in asked:
            return None
        note = f"nothing clear was found, so the rarest terms were searched alone: {rarest}"
        queries = (SearchQuery(rarest, plan.filters),)
        return replace(plan, rounds=(*plan.rounds, queries), notes=(*plan.notes, note))


def key_words(text: str) -> list[str]:
    """The words that name the subject, in order, each once."""
    words = re.findall(r"[\w][\w'’/.+-]*[\w+]|\w", text)
    return list(dict.fromkeys(w for w in words if w.casefold() not in _QUESTION_WORDS))


def read_filters(question: str, filters: Filters) -> tuple[str, Filters, list[str]]:
    """(question without its conditions, filters, notes). What the user set by hand is not touched."""
    text = question.strip()
    notes: list[str] = []
    if filters.first_year is None and filters.last_year is None:
        text, filters = _read_years(text, filters, notes)
    if not filters.designs:
        text, filters = _read_design(text, filters, notes)
    return re.sub(r"\s+([?.!,])", r"\1", " ".join(text.split())), filters, notes


def _read_years(text: str, filters: Filters, notes: list[str]) -> tuple[str, Filters]:
    first = last = None
    if found := _BETWEEN.search(text):
        years = sorted(int(year) for year in found.groups() if year)
        first, last = years[0], years[-1]
    elif found := _SINCE.search(text):
        first = int(found[1])
    elif found := _AFTER.search(text):
        first = int(found[1]) + 1
    elif found := _BEFORE.search(text):
        last = int(found[1]) - 1
    elif found := _LAST_YEARS.search(text):
        first = datetime.now(UTC).year - int(found[1])
    if not found:
        return text, filters
    notes.append(f"“{found.group().strip(' ,')}” became a filter on the publication year")
    return text.replace(found.group(), ""), replace(filters, first_year=first, last_year=last)


def _read_design(text: str, filters: Filters, notes: list[str]) -> tuple[str, Filters]:
    for pattern, levels, name in _DESIGN_PHRASES:
        found = re.search(pattern, text, re.IGNORECASE)
        if found and _ASKS_FOR.search(found.group()):
            notes.append(f"“{found.group().strip()}” became a filter: {name} only")
            rest = text.replace(found.group(), "").strip(" ,;:")
            return rest, replace(filters, designs=levels)
    return text, filters
