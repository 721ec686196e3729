"""Whether the evidence can answer the question at all, and which parts of it nothing speaks of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from agent.planning.local import key_words
from agent.planning.plan import Pico
from retrieval.passage import Evidence, Retriever

# All thresholds were chosen on questions that the literature at hand can answer and on questions
# about things that do not exist (docs/answers.md). Shares weigh rare words more.

# An article counts when it holds this share of what the question names, and this share of what the
# best article holds. It is the whole article that counts: a finding on the drug alone, or on the
# disease alone, from papers that never speak of both is how a wrong answer comes about.
LEAST_COVERAGE = 0.35
LEAST_OF_BEST = 0.65
# Nor is it answered when all these articles together leave out more than this share of it.
MOST_MISSING = 0.45
# A question is not answered when this share of it is in words that no article of the index holds.
MOST_UNKNOWN = 0.2
# Of the intervention and of the population it must hold this share each, whatever else it holds: a
# paper on exercise does not answer a question about ketamine, nor one on pain about depression.
LEAST_OF_A_PART = 0.3
_ARTICLES_READ = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the question (population, intervention, …) and the best article's share of it."""

    name: str
    text: str
    coverage: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the evidence is good for.

    `relevant` are the PMIDs of articles that cover enough of the question, best first; `coverage`
    is the best article's share of the whole question, `parts` that of each part; `missing` are
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
    words = key_words(question)
    asked = _weights(" ".join(words), retriever)
    total = sum(asked.values())
    if not total:
        return Assessment((), "the question names nothing that can be searched for", 0.0)
    held = _held(evidence, retriever)
    coverage = {pmid: _share(asked, terms) for pmid, terms in held.items()}
    best = max(coverage.values())
    least = max(LEAST_COVERAGE, LEAST_OF_BEST * best)
    named = [pico.intervention, pico.population] if pico else []
    needed = [_weights(" ".join(key_words(part)), retriever) for part in named]
    relevant = tuple(
        pmid
        for pmid, share in coverage.items()
        if share >= least and all(_share(part, held[pmid]) >= LEAST_OF_A_PART for part in needed)
    )
    everything = frozenset().union(*(held[pmid] for pmid in relevant or held))
    missing = _words_of(words, {t for t in asked if t not in everything}, retriever)
    unknown = {term for term in asked if not retriever.frequency(term)}
    if sum(asked[term] for term in unknown) >= MOST_UNKNOWN * total:
        said = _quoted(_words_of(words, unknown, retriever))
        return Assessment((), f"no article of the index speaks of {said}", best, missing)
    absent = sum(weight for term, weight in asked.items() if term not in everything)
    if not relevant or absent > MOST_MISSING * total:
        said = f"; nothing was found on {_quoted(missing)}" if missing else ""
        return Assessment((), f"no article speaks of all that is asked{said}", best, missing)
    parts = _parts(pico, [held[pmid] for pmid in relevant], retriever)
    return Assessment(relevant, "", best, missing, parts)


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
    """PMID → index terms of the whole article, the best articles only."""
    held: dict[str, frozenset[str]] = {}
    for each in evidence:
        article = each.article
        if article.pmid not in held and len(held) < _ARTICLES_READ:
            whole = " ".join((article.text, *article.keywords, *article.mesh))
            held[article.pmid] = frozenset(retriever.terms(whole))
    return held


def _parts(
    pico: Pico | None, relevant: Sequence[frozenset[str]], retriever: Retriever
) -> tuple[Part, ...]:
    parts = []
    for field in fields(pico) if pico else ():
        text = getattr(pico, field.name)
        asked = _weights(" ".join(key_words(text)), retriever)
        if asked:
            parts.append(Part(field.name, text, max(_share(asked, terms) for terms in relevant)))
    return tuple(parts)


def _words_of(words: Sequence[str], terms: set[str], retriever: Retriever) -> tuple[str, ...]:
    """The question's own words for index terms."""
    return tuple(word for word in words if terms.intersection(retriever.terms(word)))


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
