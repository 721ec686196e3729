"""Names that a claim has and its source has not, or has in another place: drugs, diseases, outcomes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files

from agent.answer import Check
from agent.verification.words import Word, words

# The endings that name drugs, chemicals, diseases and operations, whether the list has them or not.
_NAMING = re.compile(
    r"(?:mab|nib|statin|pril|sartan|olol|cillin|mycin|azole|oxacin|prazole|triptan|gliptin|gliflozin|glutide|parin|xaban|vir|vudine|dipine"
    r"|setron|caine|barbital|azepam|azolam|idone|apine|etine|oxetine|pram|sone|solone|onide|terol|tropium|phylline|platin|rubicin|taxel|trexate"
    r"|itis|oma|omas|osis|emia|aemia|pathy|ectomy|plasty|scopy|otomy|ostomy|algia|plegia|trophy|penia|cytosis|uria|rrhea|rrhoea|virus|coccus|bacter)$"
)
# A claim that repeats this share of a sentence's words in their order is that sentence, edited.
_EDITED = 0.62
_MOST_EXCHANGED = 5


@lru_cache(maxsize=1)
def _terms() -> frozenset[str]:
    text = files("agent.verification.checks").joinpath("terms.txt").read_text("utf-8")
    return frozenset(text.split())


@lru_cache(maxsize=1)
def _synonyms() -> dict[str, tuple[tuple[tuple[str, ...], ...], ...]]:
    """Stem → the phrases (as stems) of each meaning in which it occurs."""
    text = files("agent.verification.checks").joinpath("synonyms.txt").read_text("utf-8")
    found: dict[str, list[tuple[tuple[str, ...], ...]]] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        meaning = tuple(tuple(w.stem for w in words(phrase)) for phrase in line.split("="))
        for stem in {stem for phrase in meaning for stem in phrase}:
            found.setdefault(stem, []).append(meaning)
    return {stem: tuple(meanings) for stem, meanings in found.items()}


@dataclass(frozen=True, slots=True)
class _Held:
    """What a text holds, for asking whether a word is in it under some form."""

    stems: frozenset[str]
    folded: frozenset[str]
    text: str


@lru_cache(maxsize=512)
def _held(text: str) -> _Held:
    found = words(text)
    return _Held(frozenset(w.stem for w in found), frozenset(w.folded for w in found), text)


def is_name(word: Word, text: str) -> bool:
    """Whether a word names something, rather than saying something of it."""
    if not word.carries or word.folded[0].isdigit() or len(word.folded) < 3:
        return False
    written = text[word.start : word.end]
    if written.isupper() and len(written) >= 3:
        return True
    return word.stem in _terms() or bool(_NAMING.search(word.folded))


def present(word: Word, claim: tuple[Word, ...], held: _Held) -> bool:
    """Whether a word of the claim is in a text: itself, inflected, as a synonym, or abbreviated."""
    if word.stem in held.stems or word.folded in held.folded:
        return True
    if any(_kin(word.stem, other) for other in held.stems):
        return True
    mine = {w.stem for w in claim}
    for meaning in _synonyms().get(word.stem, ()):
        used = any(word.stem in phrase and mine.issuperset(phrase) for phrase in meaning)
        if used and any(held.stems.issuperset(phrase) for phrase in meaning):
            return True
    return _abbreviated(word, claim, held)


def _kin(one: str, other: str) -> bool:
    """Forms of one word that stemming keeps apart: "hypertens", "hypertensi"; "random", "randomis"."""
    if one[:4] != other[:4]:
        return one.replace("ae", "e").replace("oe", "e") == other.replace("ae", "e").replace(
            "oe", "e"
        )
    shared = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    return shared >= 5 and shared >= 0.75 * max(len(one), len(other))


def _abbreviated(word: Word, claim: tuple[Word, ...], held: _Held) -> bool:
    """AF of atrial fibrillation, and atrial fibrillation of AF."""
    at = next((i for i, w in enumerate(claim) if w is word), None)
    if at is None:
        return False
    for size in range(2, 6):
        for start in range(max(0, at - size + 1), at + 1):
            run = claim[start : start + size]
            if len(run) == size and "".join(w.folded[0] for w in run) in held.folded:
                return True
    if 2 <= len(word.folded) <= 5:
        initials = r"[\s-]+".join(rf"{re.escape(c)}[\w-]*" for c in word.folded)
        return re.search(rf"\b{initials}\b", held.text, re.IGNORECASE) is not None
    return False


def check_unknown(claim: str, article: str) -> Check | None:
    """Names that the article never uses."""
    mine, held = words(claim), _held(article)
    strange = [w for w in mine if is_name(w, claim) and not present(w, mine, held)]
    if not strange:
        return None
    said = ", ".join(dict.fromkeys(claim[w.start : w.end] for w in strange))
    return Check("names", f"not in the source: {said}")


def check_exchanged(claim: str, sentence: str) -> Check | None:
    """A sentence repeated with one name in another's place, even where the article uses both."""
    mine = [w for w in words(claim) if w.carries]
    its = [w for w in words(sentence) if w.carries]
    matcher = SequenceMatcher(None, [w.stem for w in its], [w.stem for w in mine], autojunk=False)
    blocks = matcher.get_matching_blocks()
    if not mine or sum(block.size for block in blocks) < _EDITED * len(mine):
        return None
    held, claimed = _held(sentence), _held(claim)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what != "replace" or i2 - i1 > _MOST_EXCHANGED or j2 - j1 > _MOST_EXCHANGED:
            continue
        new = [w for w in mine[j1:j2] if is_name(w, claim) and not present(w, tuple(mine), held)]
        old = [
            w for w in its[i1:i2] if is_name(w, sentence) and not present(w, tuple(its), claimed)
        ]
        if new and old:
            said = sentence[its[i1].start : its[i2 - 1].end]
            told = claim[mine[j1].start : mine[j2 - 1].end]
            return Check("names", f"the source says “{said}” where the claim says “{told}”")
    return _crossed(claim, sentence, matcher)


def _crossed(claim: str, sentence: str, matcher: SequenceMatcher[str]) -> Check | None:
    """Two names of the sentence that have changed places, all else being as it was."""
    mine = [w for w in words(claim) if w.carries]
    its = [w for w in words(sentence) if w.carries]
    replaced = [
        (what, its[i1:i2], mine[j1:j2])
        for what, i1, i2, j1, j2 in matcher.get_opcodes()
        if what == "replace"
    ]
    if len(replaced) >= 2:
        (_, old1, new1), (_, old2, new2) = replaced[0], replaced[-1]
        if _stems(old1) & _stems(new2) and _stems(old2) & _stems(new1):
            told = claim[new1[0].start : new1[-1].end], claim[new2[0].start : new2[-1].end]
            return Check("names", f"“{told[0]}” and “{told[1]}” have changed places")
    return None


def _stems(some: list[Word]) -> set[str]:
    return {w.stem for w in some if w.carries}
