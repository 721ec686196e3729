"""Whether the index knows what a question is about at all."""

from __future__ import annotations

from agent.planning.question_words import key_words
from agent.planning.spelling import meant
from agent.planning.synonyms import clinical_terms
from agent.reading.features import rarity
from retrieval.passage import Retriever

# A question is about something that the index does not hold when this share of it, rare words
# weighing more, is in words that no article has.
_MOST_UNKNOWN = 0.3
_FEWEST_LETTERS = 5


def unknown_words(question: str, retriever: Retriever) -> tuple[str, ...]:
    """The words for a question's subject that no article of the index holds, if they weigh much.

    A word one slip away from a known one counts as known, since it is likely that one; so does a
    brand or lay word, which is searched for by the literature's name.
    """
    words = {word: retriever.terms(word) for word in key_words(question)}
    _, renamed = clinical_terms(question)
    named = {word.casefold() for lay in renamed for word in lay.split()}
    asked = rarity(
        [t for terms in words.values() for t in terms], retriever.frequency, len(retriever)
    )
    unknown = [
        word
        for word, terms in words.items()
        if terms
        and word.casefold() not in named
        and len(word) >= _FEWEST_LETTERS
        and word.isalpha()
        and not any(map(retriever.frequency, terms))
        and not meant(word, retriever)
    ]
    weight = sum(asked[term] for word in unknown for term in words[word])
    return tuple(unknown) if weight >= _MOST_UNKNOWN * sum(asked.values()) > 0 else ()
