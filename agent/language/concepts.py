"""Medical concepts and their names; rewording a text in the words of another.

A concept is a MeSH heading with its entry terms and the names that Mondo and the Disease Ontology
give to it (`corpora.mesh`), the names of drugs and the abbreviations of `agent.language.synonyms`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from agent.language.synonyms import abbreviations, drug_names, lay_terms
from corpora.mesh import in_natural_order, keys_of, name_key, shipped_headings

_WORD = re.compile(r"[^\W_]+")
# The longest names in words; longer ones are hardly ever typed.
_MOST_WORDS = 7
_SHORTEST = 3
_SEARCHED = ("C", "D", "E")  # MeSH's trees of diseases, substances, and procedures
# Diseases and drugs below the top of the tree: a question about one of these is answered by an
# article on a narrower one (lorazepam is a benzodiazepine).
_SPECIFIC = re.compile(r"[CD]\d+\.\d+")


class Mention(NamedTuple):
    """A concept, by its number, with the offsets of its name, or of a lay word, in a text."""

    concept: int
    start: int
    end: int
    informal: bool = False


class Replaced(NamedTuple):
    """Offsets in the text as it was, and the words that now stand there."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Reworded:
    """A text after some names were replaced; `replaced` in their order."""

    text: str
    replaced: tuple[Replaced, ...]

    def moved(self, start: int, end: int) -> tuple[int, int]:
        """Where a span of the original text is now, grown to take in replaced words."""
        before = after = 0
        for each in self.replaced:
            change = len(each.words) - (each.end - each.start)
            if each.end <= start:
                before += change
            if each.start < end and start < each.end:
                start, end = min(start, each.start), max(end, each.end)
            if each.start < end:
                after += change
        return start + before, end + after


@dataclass(frozen=True, slots=True)
class Concepts:
    """Concepts by the keys of their names, with their MeSH headings and places in MeSH's tree.

    `informal` are lay words, which questions use and articles don't, in the same form as `keys`.
    """

    keys: dict[str, int]
    headings: tuple[str, ...]
    numbers: tuple[tuple[str, ...], ...]
    informal: dict[str, int]

    def mentions(self, text: str, *, informal: bool = False) -> Iterator[Mention]:
        """The concepts that a text names, in order, the longest name at each place."""
        found = [(name_key(match[0]), *match.span()) for match in _WORD.finditer(text)]
        place = 0
        while place < len(found):
            for count in range(min(_MOST_WORDS, len(found) - place), 0, -1):
                key = "".join(word for word, _, _ in found[place : place + count])
                concept = self.keys.get(key) if len(key) >= _SHORTEST else None
                written = text[slice(*found[place][1:])]
                if concept is not None and count == 1 and (full := abbreviations().get(written)):
                    # Keys have neither plural nor case: "CRPS" has that of "CRP", "PCa" of "PCA".
                    concept = self.keys.get(name_key(full))
                lay = self.informal.get(key) if concept is None and informal else None
                named = lay if concept is None else concept
                if named is not None:
                    start, end = found[place][1], found[place + count - 1][2]
                    yield Mention(named, start, end, lay is not None)
                    break
            else:
                count = 1
            place += count

    def is_narrower(self, concept: int, other: int) -> bool:
        """Whether a concept is below a (specific) disease or drug in the tree."""
        return any(
            number.startswith(f"{above}.")
            for above in self.numbers[other]
            if _SPECIFIC.match(above)
            for number in self.numbers[concept]
        )

    def in_words_of(self, text: str, other: str) -> Reworded:
        """A text in which names that another lacks are replaced by those that it uses.

        A name is replaced by another of the same concept or, if there is none, of a narrower one; a
        lay word only by one of the same concept.
        """
        folded = other.casefold()
        theirs = list(self.mentions(other))
        replaced = []
        for concept, start, end, lay in self.mentions(text, informal=True):
            if text[start:end].casefold() in folded:
                continue
            same = next((each for each in theirs if each.concept == concept), None)
            if not same and not lay:
                same = next((e for e in theirs if self.is_narrower(e.concept, concept)), None)
            if same:
                replaced.append(Replaced(start, end, other[same.start : same.end]))
        return _reworded(text, replaced)

    def in_headings(self, text: str, is_indexed: Callable[[str], bool]) -> Reworded:
        """A text with the names of diseases, substances and procedures replaced by headings.

        Args:
            is_indexed: tells whether the literature has the words of a heading.
        """
        replaced = []
        for concept, start, end, _ in self.mentions(text):
            heading = self.headings[concept]
            if name_key(text[start:end]) != name_key(heading) and any(
                number.startswith(_SEARCHED) for number in self.numbers[concept]
            ):
                words = in_natural_order(heading).casefold()
                if is_indexed(words):
                    replaced.append(Replaced(start, end, words))
        return _reworded(text, replaced)


def _reworded(text: str, replaced: Sequence[Replaced]) -> Reworded:
    for start, end, words in reversed(replaced):
        text = text[:start] + words + text[end:]
    return Reworded(text, tuple(replaced))


@lru_cache(maxsize=1)
def shipped_concepts() -> Concepts:
    """The concepts that ship with Medcite; reading them takes about half a second, once."""
    headings = shipped_headings()
    keys = keys_of(heading.keys for heading in headings)
    for number, heading in enumerate(headings):
        for key in heading.diseases:
            keys.setdefault(key, number)
    for names in (drug_names(), abbreviations()):
        for name, full in names.items():
            concept = keys.get(name_key(full))
            # A drug's name with a capital is also a word.
            if concept is not None and not (names is drug_names() and name[0].isupper()):
                keys.setdefault(name_key(name), concept)
    known = [heading.name for heading in headings]
    informal = {}
    for lay, (term, _) in lay_terms().items():
        key = name_key(term)
        if key not in keys:
            keys[key] = len(known)
            known.append(term)
        informal[name_key(lay)] = keys[key]
    places = [heading.numbers for heading in headings]
    places += [()] * (len(known) - len(places))
    return Concepts(keys, tuple(known), tuple(places), informal)
