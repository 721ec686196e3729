"""Names that a claim has and its source has not, or has in another place: drugs, diseases, outcomes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from agent.answer import Check
from agent.verification.words import Word, vocabulary, words
from agent.wording import stem

# The endings that name drugs, chemicals, diseases and operations, whether the list has them or not.
_NAMING = re.compile(
    r"(?:mab|nib|statin|pril|sartan|olol|cillin|mycin|azole|oxacin|prazole|triptan|gliptin|gliflozin|glutide|parin|xaban|vir|vudine|dipine"
    r"|setron|caine|barbital|azepam|azolam|idone|apine|etine|oxetine|pram|sone|solone|onide|terol|tropium|phylline|platin|rubicin|taxel|trexate"
    r"|itis|oma|omas|osis|emia|aemia|pathy|ectomy|plasty|scopy|otomy|ostomy|algia|plegia|trophy|penia|cytosis|uria|rrhea|rrhoea|virus|coccus|bacter)$"
)
_MOST_EXCHANGED = 5
# Who is spoken of, where one stands in another's place.
_ROLES = frozenset(
    [
        "patient",
        "volunt",
        "nurs",
        "physician",
        "doctor",
        "surgeon",
        "student",
        "teacher",
        "caregiv",
        "parent",
        "mother",
        "father",
        "man",
        "men",
        "woman",
        "women",
        "boy",
        "girl",
        "child",
        "children",
        "adult",
        "infant",
        "neonat",
        "adolesc",
        "elder",
        "mice",
        "mous",
        "rat",
        "dog",
        "cat",
        "rabbit",
        "pig",
        "monkey",
        "human",
        "male",
        "femal",
        "control",
        "outpati",
        "inpati",
        "resid",
        "pharmacist",
        "pregnant",
        "postmenopaus",
        "healthi",
        "weight",
    ]
)


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
        for form in {form for phrase in meaning for form in phrase}:
            found.setdefault(form, []).append(meaning)
    return {form: tuple(meanings) for form, meanings in found.items()}


@dataclass(frozen=True, slots=True)
class _Held:
    """What a text holds, for asking whether a word is in it under some form."""

    stems: frozenset[str]
    folded: frozenset[str]
    text: str


@lru_cache(maxsize=512)
def _held(text: str) -> _Held:
    folded = vocabulary(text)
    return _Held(frozenset(map(stem, folded)), folded, text)


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


def any_missing(claim: str, text: str, some: Sequence[Word]) -> bool:
    """Whether any of these words of a claim is not in a text, under no form or synonym."""
    held = _held(text)
    return any(not present(word, words(claim), held) for word in some)


def check_unknown(claim: str, article: str) -> Check | None:
    """Names that the article never uses."""
    mine, held = words(claim), _held(article)
    strange = [w for w in mine if is_name(w, claim) and not present(w, mine, held)]
    if not strange:
        return None
    said = ", ".join(dict.fromkeys(claim[w.start : w.end] for w in strange))
    return Check("names", f"not in the source: {said}")


def exchanged_names(
    old: tuple[Word, ...], new: tuple[Word, ...], claim: str, sentence: str
) -> bool:
    """Whether one name stands where the sentence has another, even if the article uses both."""
    if not old or not new or max(len(old), len(new)) > _MOST_EXCHANGED:
        return False
    theirs, ours = _held(_between(sentence, old)), _held(_between(claim, new))
    come = [w for w in new if _tells_apart(w, claim) and not present(w, new, theirs)]
    gone = [w for w in old if _tells_apart(w, sentence) and not present(w, old, ours)]
    if not come or not gone:
        return False
    # The one may stand for the other anywhere in the two: "AF" where atrial fibrillation is defined.
    mine, its = words(claim), words(sentence)
    if len(old) == len(new) == 1:
        return not present(new[0], new, theirs)
    return not all(present(w, mine, _held(sentence)) for w in come) or not all(
        present(w, its, _held(claim)) for w in gone
    )


def _between(text: str, some: tuple[Word, ...]) -> str:
    return text[some[0].start : some[-1].end]


def _tells_apart(word: Word, text: str) -> bool:
    return is_name(word, text) or word.stem in _ROLES
