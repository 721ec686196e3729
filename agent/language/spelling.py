"""British and American spelling variants, and corrections of misspelt words.

A word that no article contains is replaced by one that articles do contain and that is one typing
error away, unless it is a real word: in a small library many are absent. The correction is used for
searching and reading, and a note reports it.
"""

from __future__ import annotations

import difflib
import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from agent.language.concepts import shipped_concepts
from agent.language.general_words import is_general
from agent.language.synonyms import drug_names
from agent.language.tokens import vocabulary
from corpora.mesh import name_key
from retrieval.passage import Retriever

_SHORTEST = 6
# A word with fewer letters missing at its end may be a typing error.
_CUT = 3
# A misspelling begins like the word, and is so much like it (`difflib`'s ratio).
_SAME_START, _ALIKE = 3, 0.9
# The variant of a shorter stem is another word: "being" must not become "baeing", with stem BAE.
_SHORTEST_STEM = 4
# A variant is searched if it is at least a tenth as common as the word's own spelling.
_AS_COMMON = 0.1
# Differences between the spellings, anywhere in a word; variants not in the index are ignored.
_DIFFER = (
    (r"ae(?=[a-z])", "e"), (r"oe", "e"), (r"(?<=[a-z])e(?!$|[sd]$)", "ae"), (r"(?<![a-z]{2})e|e(?=dema)|(?<=[hn])e(?=a)", "oe"),
    (r"(?<=[a-z]{2})our(?=s?$|al|ed|ing|less|ful|ite|able|hood)", "or"), (r"(?<=[a-z]{2})or(?=s?$|al|ed|ing|less|ful|ite|able|hood)", "our"),
    (r"is(?=e[sdr]?$|ing$|ation)", "iz"), (r"iz(?=e[sdr]?$|ing$|ation)", "is"), (r"ys(?=e[sdr]?$|ing$)", "yz"), (r"yz(?=e[sdr]?$|ing$)", "ys"),
    (r"tre(?=s?$)", "ter"), (r"bre(?=s?$)", "ber"), (r"ter(?=s?$)", "tre"), (r"ber(?=s?$)", "bre"), (r"sulph", "sulf"), (r"sulf", "sulph"),
    (r"(?<=[a-z]{4})ll(?=ed$|ing$|er$)", "l"), (r"(?<=[a-z]{4})l(?=ed$|ing$|er$)", "ll"),
    (r"(?<=def|off|lic)ence", "ense"), (r"(?<=def|off|lic)ense", "ence"),
)  # fmt: skip


def respelt(text: str, retriever: Retriever) -> str:
    """The text with each word in its other spelling, where the index contains that spelling."""
    return re.sub(r"[^\W\d_]{5,}", lambda word: _other(word[0], retriever), text)


def _other(word: str, retriever: Retriever) -> str:
    own_terms = set(retriever.terms(word))
    minimum = _AS_COMMON * max(map(retriever.frequency, own_terms), default=0)
    indexed = [
        (retriever.frequency(terms[0]), spelt)
        for spelt in _spellings(word)
        if len(terms := retriever.terms(spelt)) == 1
        and terms[0] not in own_terms
        and len(terms[0]) >= _SHORTEST_STEM
    ]
    count, best = max(indexed, default=(0, word))
    return best if count and count >= minimum else word


def _spellings(word: str) -> Iterator[str]:
    for pattern, other in _DIFFER:
        for match in re.finditer(pattern, word, re.IGNORECASE):
            yield word[: match.start()] + other + word[match.end() :]


def without_slips(text: str, retriever: Retriever) -> tuple[str, dict[str, str]]:
    """The text with words that no article contains corrected, and a map of the corrections."""
    replaced: dict[str, str] = {}

    def corrected(match: re.Match[str]) -> str:
        word = match[0]
        if other := meant(word, retriever):
            replaced[word] = other
        return other or word

    return re.sub(r"(?<![\w-])[^\W\d_]+(?![\w-])", corrected, text), replaced


def meant(word: str, retriever: Retriever) -> str:
    """The likely intended word; "" where the word needs no correction or none is near.

    A capitalised word, which may be a name, is corrected only into the name of a disease, drug or
    other thing that MeSH has.
    """
    if len(word) < _SHORTEST or not word.isalpha() or not word[1:].islower():
        return ""
    terms = retriever.terms(word)
    if len(terms) != 1 or retriever.frequency(terms[0]) or _is_word(word.casefold()):
        return ""
    near = retriever.near(terms[0])
    if not near:
        return ""
    ended = _ended_like(word, terms[0], near)
    # Terms are stems, and a stem with another word's ending may be no word: "another", "anothing".
    allowed = _is_name if word[0].isupper() else _is_written
    return ended if allowed(ended.casefold()) else ""


def is_variant(word: str) -> bool:
    """Whether a word that is no listed name is another form of a listed word, or nearly its
    spelling ("anorexics", "hydroquinnone").
    """
    word = word.casefold()
    if _is_name(word):
        return False
    words, stem = _sorted_words(), word[:-_CUT]
    if len(stem) < _SHORTEST:
        return False
    start = bisect_left(words, word[:_SAME_START])
    alike = list(itertools.takewhile(lambda w: w.startswith(word[:_SAME_START]), words[start:]))
    return any(each.startswith(stem) for each in alike) or bool(
        difflib.get_close_matches(word, alike, n=1, cutoff=_ALIKE)
    )


def _is_word(word: str) -> bool:
    """Whether a lower-case word is general English, common in the literature, a name, or the
    beginning of a word, as clinicians shorten it ("physio", "premed").
    """
    return is_general(word) or _is_name(word) or _begins_one(word.removesuffix("s"))


def _is_written(word: str) -> bool:
    """Whether a word is listed in this form; `_is_word` accepts any with a listed stem."""
    forms = (word, word.removesuffix("s"))
    listed = any(form in vocabulary() or form in _heading_words() for form in forms)
    return listed or _is_name(word)


def _is_name(word: str) -> bool:
    return name_key(word) in shipped_concepts().keys or word in drug_names() or word in _generics()


def _begins_one(word: str) -> bool:
    """Whether a name or a word that is longer by `_CUT` letters begins with these letters."""
    words = _sorted_words()
    places = range(bisect_left(words, word), len(words))
    following = itertools.takewhile(lambda w: w.startswith(word), (words[i] for i in places))
    return any(len(each) >= len(word) + _CUT for each in following)


@lru_cache(maxsize=1)
def _sorted_words() -> tuple[str, ...]:
    return tuple(sorted({*vocabulary(), *_heading_words(), *drug_names(), *_generics()}))


@lru_cache(maxsize=1)
def _generics() -> frozenset[str]:
    return frozenset(word for name in drug_names().values() for word in name.split())


@lru_cache(maxsize=1)
def _heading_words() -> frozenset[str]:
    names = " ".join(shipped_concepts().headings)
    return frozenset(re.findall(r"[^\W\d_]+", names.casefold()))


def _ended_like(word: str, term: str, near: str) -> str:
    """An index term with the ending that stemming removed from the word."""
    folded = word.casefold()
    shared = len(term) if folded.startswith(term) else len(term) - 1
    ended = near[: len(near) - (len(term) - shared)] + folded[shared:]
    return ended.capitalize() if word[0].isupper() else ended
