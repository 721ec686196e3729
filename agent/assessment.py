"""Whether the evidence can answer the question at all, and which parts of it nothing speaks of."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from agent.planning.plan import Pico
from agent.planning.question_words import ASKS_WHETHER, key_words
from retrieval.passage import Evidence, Retriever

# All thresholds were chosen on questions that the literature at hand can answer and on questions
# about things that do not exist (docs/answers.md). Shares weigh rare words more.

# An article counts when it holds this share of what the question names, and this share of what the
# best article holds. It is the whole article that counts: a finding on the drug alone, or on the
# disease alone, from papers that never speak of both is how a wrong answer comes about.
LEAST_COVERAGE = 0.35
LEAST_OF_BEST = 0.65
# Nearness in meaning makes up for words: the best article's share and half of the mean cosine of
# the three nearest passages must come to this together.
LEAST_FIT = 0.66
_COSINE_WEIGHT = 0.5
# Nor is it answered when all these articles together leave out more than this share of it.
MOST_MISSING = 0.55
# A question is not answered when this share of it is in words that no article of the index holds.
MOST_UNKNOWN = 0.2
# Where the question is whether something is so, an article must hold this share of the
# intervention, and the articles together of the outcome: a paper on exercise does not answer a
# question about ketamine, nor does one on ketamine for pain answer one about depression.
LEAST_OF_A_PART = 0.3
# Articles that hold this share of the population are used alone where there are any.
OF_THE_POPULATION = 0.6
# What a question wants to know of its subject. A paper that answers need not use these words.
_ASKED_OF = frozenset(
    """
    mechanism mechanisms action actions mode modes function functions purpose administration stand
    stands abbreviation briefly two three four five several more most almost yes part parts found
    involved included contained present associated connected related company companies produce
    produces produced developed tested approved indicated delivered medication medications drug
    drugs agent agents disease diseases treatment treatments treat therapy therapies option options
    type types kind kinds example examples definition meaning reported shown it's
    """.split()
)
_ASKED_FOR = re.compile(r"(?:which|what|list|mention|describe|as of)\b|.*\bcan be\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the question (population, …) and the share of it that the articles hold."""

    name: str
    text: str
    coverage: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the evidence is good for.

    `relevant` are the PMIDs of articles that cover enough of the question, best first; `coverage`
    is the best article's share of the whole question; `parts` are the question's; `missing` are
    words of the question that none of the relevant articles holds, or none at all where none is.
    """

    relevant: tuple[str, ...]
    reason: str
    coverage: float
    missing: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def enough(self) -> bool:
        return bool(self.relevant)


def assess(
    question: str, evidence: Sequence[Evidence], retriever: Retriever, pico: Pico | None = None
) -> Assessment:
    """Which of the articles found can answer the question."""
    if not evidence:
        return Assessment((), "no article was found", 0.0)
    words = _subject(question)
    asked = _weights(" ".join(words), retriever)
    total = sum(asked.values())
    if not total:
        return Assessment((), "the question names nothing that can be searched for", 0.0)
    held = _held(evidence, retriever)
    coverage = {pmid: _share(asked, terms) for pmid, terms in held.items()}
    best = max(coverage.values())
    least = max(LEAST_COVERAGE, LEAST_OF_BEST * best)
    whether = bool(ASKS_WHETHER.match(question))
    given = _part(pico, "intervention", retriever) if whether else {}
    relevant = tuple(
        pmid
        for pmid, share in coverage.items()
        if share >= least and _share(given, held[pmid]) >= LEAST_OF_A_PART
    )
    population = _part(pico, "population", retriever)
    among = tuple(p for p in relevant if _share(population, held[p]) >= OF_THE_POPULATION)
    relevant = among or relevant
    everything = frozenset().union(*(held[pmid] for pmid in relevant or held))
    missing = _words_of(words, {t for t in asked if t not in everything}, retriever)
    unknown = {term for term in asked if not retriever.frequency(term)}
    if sum(asked[term] for term in unknown) >= MOST_UNKNOWN * total:
        said = _quoted(_words_of(words, unknown, retriever))
        return Assessment((), f"no article of the index speaks of {said}", best, missing)
    absent = sum(weight for term, weight in asked.items() if term not in everything)
    parts = _parts(pico, everything, retriever)
    outcome = _part(pico, "outcome", retriever) if whether else {}
    untouched = _share(outcome, everything) < LEAST_OF_A_PART
    far = best + _COSINE_WEIGHT * _nearness(evidence) < LEAST_FIT
    if not relevant or far or untouched or absent > MOST_MISSING * total:
        said = f"; nothing was found on {_quoted(missing)}" if missing else ""
        return Assessment((), f"no article speaks of all that is asked{said}", best, missing)
    return Assessment(relevant, "", best, missing, parts)


def _nearness(evidence: Sequence[Evidence]) -> float:
    """The mean cosine of the three passages nearest to the question."""
    cosines = sorted((each.dense_score or 0.0 for each in evidence), reverse=True)[:3]
    return sum(cosines) / len(cosines)


def _subject(text: str) -> list[str]:
    """The words that name what is asked about; all key words where no other is left."""
    words = key_words(text)
    return [word for word in words if word.casefold() not in _ASKED_OF] or words


def _part(pico: Pico | None, name: str, retriever: Retriever) -> dict[str, float]:
    """The terms of a part with their rarity; none where the question asks for that very part."""
    text = getattr(pico, name) if pico else ""
    if _ASKED_FOR.match(text):
        return {}
    words = (word for word in key_words(text) if word.casefold() not in _ASKED_OF)
    return _weights(" ".join(words), retriever)


def _weights(text: str, retriever: Retriever) -> dict[str, float]:
    """The index terms of a text with their rarity."""
    total = len(retriever)
    return {
        term: math.log(1 + total / (1 + retriever.frequency(term)))
        for term in retriever.terms(text)
    }


def _share(asked: Mapping[str, float], held: frozenset[str]) -> float:
    """The share of weighted terms that is held; 1 where nothing is asked."""
    total = sum(asked.values())
    return sum(w for term, w in asked.items() if term in held) / total if total else 1.0


def _held(evidence: Sequence[Evidence], retriever: Retriever) -> dict[str, frozenset[str]]:
    """PMID → index terms of the whole article."""
    held: dict[str, frozenset[str]] = {}
    for each in evidence:
        article = each.article
        if article.pmid not in held:
            whole = " ".join((article.text, *article.keywords, *article.mesh))
            held[article.pmid] = frozenset(retriever.terms(whole))
    return held


def _parts(pico: Pico | None, held: frozenset[str], retriever: Retriever) -> tuple[Part, ...]:
    parts = []
    for field in fields(pico) if pico else ():
        asked = _part(pico, field.name, retriever)
        if asked:
            parts.append(Part(field.name, getattr(pico, field.name), _share(asked, held)))
    return tuple(parts)


def _words_of(words: Sequence[str], terms: set[str], retriever: Retriever) -> tuple[str, ...]:
    """The question's own words for index terms."""
    return tuple(word for word in words if terms.intersection(retriever.terms(word)))


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
