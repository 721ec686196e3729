"""A planner that needs no language model: rules about how clinical questions are put."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from agent.language.age_and_sex import read_vignette
from agent.language.concepts import shipped_concepts
from agent.language.question_words import key_words
from agent.language.spelling import respelt, without_slips
from agent.language.synonyms import clinical_terms, names_in_full
from agent.plan import Pico, Plan
from agent.planning.conditions import read_conditions
from agent.planning.pico import read_pico
from retrieval.filters import Filters
from retrieval.passage import Retriever, SearchQuery

MOST_QUERIES = 5
# A round of other words keeps this many of the question's rarest terms.
_RAREST = 3
# Shares in the fusion: the question as it was put leads. On 1,497 judged questions key words change
# nothing, and the intervention alone, which 333 of them have, brings nDCG@10 of all from 0.884 to
# 0.892: it finds the drug of which little was written among the many papers on the disease.
_KEY_WORDS_WEIGHT = 0.3
_CLINICAL_WEIGHT = 0.3
_INTERVENTION_WEIGHT = 0.5
_RAREST_WEIGHT = 0.1
# MeSH's names for what the question names otherwise. On 400 questions in other words than their
# article this brings its mean reciprocal rank from 0.794 to 0.804.
_HEADINGS_WEIGHT = 0.6


class LocalPlanner:
    """Reads conditions as filters and asks for the rest in up to five ways.

    First the question as it was put; then its key words; then, where they say something else, the
    literature's words for lay ones, MeSH's names, and what is compared without the rest.
    """

    def draft(self, question: str, filters: Filters, retriever: Retriever) -> Plan:
        read = read_conditions(question, filters, retriever)
        asked, person = read_vignette(read.text)
        pico = read_pico(asked)
        texts, notes = _texts(asked, pico, retriever)
        if person:
            pico = replace(pico, population=", ".join(filter(None, (person, pico.population))))
            notes.append(f"age and sex were read as the population: {person}")
        queries = tuple(SearchQuery(text, read.filters, weight) for text, weight in texts)
        notes = [*read.notes, *notes]
        return Plan((queries,), read.filters, tuple(notes), pico, subject=asked)

    def plan(self, question: str, draft: Plan, retriever: Retriever) -> Plan:
        return draft

    def widen(self, question: str, plan: Plan, retriever: Retriever) -> Plan | None:
        return None  # it has said all it can say in the first round


def _texts(
    question: str, pico: Pico, retriever: Retriever
) -> tuple[list[tuple[str, float]], list[str]]:
    """(queries with their weights, the question first; notes on words that were changed)."""
    texts = [(question, 1.0)]
    keywords = " ".join(key_words(question))
    if keywords and keywords.casefold() != question.casefold():
        texts.append((keywords, _KEY_WORDS_WEIGHT))
    full, changed = names_in_full(question)
    clinical, lay = clinical_terms(full)
    clinical, slips = without_slips(clinical, retriever)
    changed |= lay | slips
    clinical = respelt(clinical, retriever)
    if clinical != question:
        texts.append((clinical, _CLINICAL_WEIGHT))
    headings = shipped_concepts().in_headings(question, partial(_has_all, retriever)).text
    if headings != question:
        texts.append((headings, _HEADINGS_WEIGHT))
    asked = set(retriever.terms(keywords))
    compared = " ".join(key_words(f"{pico.intervention} {pico.comparison}"))
    if pico.intervention and set(retriever.terms(compared)) < asked:
        texts.append((compared, _INTERVENTION_WEIGHT))
    if len(texts) == 1 and (rarest := _rarest(question, retriever)):
        texts.append((rarest, _RAREST_WEIGHT))
    notes = [f"“{lay}” was searched as “{term}” too" for lay, term in changed.items()]
    return texts[:MOST_QUERIES], notes


def _has_all(retriever: Retriever, words: str) -> bool:
    return all(map(retriever.frequency, retriever.terms(words)))


def _rarest(question: str, retriever: Retriever) -> str:
    """The question's rarest words, the rarest first; "" where none is indexed."""
    known = []
    for word in key_words(question):
        counts = [n for term in retriever.terms(word) if (n := retriever.frequency(term))]
        if counts:
            known.append((min(counts), word))
    return " ".join(word for _, word in sorted(known)[:_RAREST])
