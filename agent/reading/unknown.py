"""Names that a question depends on and the index lacks: something invented or absent."""

from __future__ import annotations

from functools import lru_cache

from tokenizers import Tokenizer

from agent.language.question_words import key_words
from agent.language.spelling import is_variant, meant, respelt, without_slips
from agent.language.synonyms import clinical_terms, names_in_full
from agent.language.tokens import weights_folder
from agent.reading.features import rarity
from retrieval.passage import Retriever

# No answer where unknown names weigh this share of what is asked for.
_MOST_UNKNOWN = 0.3
# The encoder's vocabulary, made from general English, cuts a plain word into few pieces and a name
# into many: “yesterday” 1, “shrinks” 2, “bivalirudin” 5.
_FEWEST_PIECES = 4


def unknown_names(question: str, retriever: Retriever) -> tuple[str, ...]:
    """The names in a question that no article of the index holds, if they weigh much.

    A word one typo away from a known one counts as known, as it likely is that one; so does
    another form of a known word, and a brand or lay word searched for by a name the index holds.
    """
    names, known = [], []
    for word in key_words(question):
        terms = retriever.terms(word)
        if any(map(retriever.frequency, terms)):
            known += terms
        elif word.isalpha() and _is_name(word) and not _known_otherwise(word, retriever):
            names.append(word)
    unknown = rarity(
        [t for word in names for t in retriever.terms(word)], retriever.frequency, len(retriever)
    )
    others = rarity(known, retriever.frequency, len(retriever))
    weight = sum(unknown.values())
    return tuple(names) if weight > _MOST_UNKNOWN * (weight + sum(others.values())) else ()


def in_known_names(question: str, retriever: Retriever) -> str:
    """The question without typos, in names that the literature uses.

    Brands and abbreviations that no article has get their other names, lay words those of the
    literature: a reader that goes by likeness does not know that "ROP" is retinopathy of
    prematurity.
    """

    def known(name: str) -> bool:
        return any(map(retriever.frequency, retriever.terms(name)))

    corrected = without_slips(names_in_full(question, known)[0], retriever)[0]
    return clinical_terms(corrected, known)[0]


def _is_name(word: str) -> bool:
    return len(_vocabulary().encode(word.casefold(), add_special_tokens=False)) >= _FEWEST_PIECES


def _known_otherwise(word: str, retriever: Retriever) -> bool:
    renamed = clinical_terms(names_in_full(word)[0])[0]
    terms = retriever.terms(respelt(renamed, retriever))
    return any(map(retriever.frequency, terms)) or bool(meant(word, retriever)) or is_variant(word)


@lru_cache(maxsize=1)
def _vocabulary() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    return tokenizer
