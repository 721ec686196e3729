"""What a claim and its evidence have in common and where they differ, in numbers.

The decision trees of `classifier` read these and the network's outputs. No feature is a verdict: a
word without a counterpart is a paraphrase as often as an error, and only all of them together tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from agent.language.alignment import Reading, Relation
from agent.language.polarity import Pole, poles
from agent.language.quantities import Quantity, quantities
from agent.language.rarity import rarity
from agent.language.tokens import TokenVectors
from agent.language.words import Word, words
from agent.verification.checks import CHECKS

Vector = npt.NDArray[np.float64]

_NOT = re.compile(r"\b(?:not|no|nor|neither|never|cannot|none|without|non|fail(?:s|ed)?)\b", re.I)
_HEDGE = re.compile(
    r"\b(?:may|might|could|possibl[ey]|potential(?:ly)?|likely|suggest\w*|appear\w*|seem\w*|trend)\b",
    re.I,
)
_SIGNIFICANT = re.compile(r"\bsignifican", re.I)
_LINK = re.compile(r"\b(?:associat|correlat|link|relat|predict)", re.I)
_COMPARE = re.compile(r"\b(?:than|versus|vs|compared|relative to|whereas|while)\b", re.I)
_SIGNS = {
    "not": _NOT,
    "hedge": _HEDGE,
    "significant": _SIGNIFICANT,
    "link": _LINK,
    "comparison": _COMPARE,
}


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, the sentences chosen for it in reading order, and the network's reading of both.

    `tokens` are those of the claim and of the sentences joined by a space.
    """

    claim: str
    sentences: tuple[str, ...]
    tokens: tuple[TokenVectors, TokenVectors]
    reading: Reading

    @property
    def evidence(self) -> str:
        return " ".join(self.sentences)


def features(case: Case) -> dict[str, float]:
    """All features of a case by name; NaN where there is nothing to measure."""
    return {name: value for group in GROUPS.values() for name, value in group(case).items()}


def _of_network(case: Case) -> dict[str, float]:
    logits = case.reading.relation
    shifted = np.exp(logits - logits.max())
    shares = shifted / shifted.sum()
    found = {f"p {each.name}": float(shares[each]) for each in Relation}
    found["carried"] = float(logits[0] - np.logaddexp.reduce(logits[1:]))
    found["refuted"] = float(logits[1] - np.logaddexp.reduce(logits[[0, 2, 3]]))
    held = words(case.claim)
    vocabulary = {w.stem for w in words(case.evidence)}
    doubts = word_logits(case.tokens[0], case.reading.claim, held)
    strange = np.array([w.stem not in vocabulary for w in held], dtype=bool)
    carries = np.array([w.carries for w in held], dtype=bool)
    number = np.array([w.folded[0].isdigit() for w in held], dtype=bool)
    found |= _highest("doubt", doubts)
    found |= _highest("doubt of strange", doubts[strange & carries])
    found |= _highest("doubt of shared", doubts[~strange & carries])
    found |= _highest("doubt of numbers", doubts[number])
    found["doubt mean"] = float(doubts.mean()) if len(doubts) else np.nan
    found["doubted"] = float(_sigmoid(doubts).sum()) if len(doubts) else 0.0
    deciding = word_logits(case.tokens[1], case.reading.evidence, words(case.evidence))
    found |= _highest("deciding", deciding)
    return found


def word_logits(text: TokenVectors, logits: Vector, held: Sequence[Word]) -> Vector:
    """The highest logit of each word's tokens; low where the network did not read that far."""
    found = np.full(len(held), -10.0)
    at = 0
    for (start, end), logit in zip(text.spans, logits, strict=True):
        while at < len(held) and held[at].end <= start:
            at += 1
        if at < len(held) and held[at].start < end:
            found[at] = max(found[at], logit)
    return found


def _highest(name: str, values: Vector) -> dict[str, float]:
    ordered = np.sort(values)[::-1]
    first = float(ordered[0]) if len(ordered) else np.nan
    second = float(ordered[1]) if len(ordered) > 1 else np.nan
    return {f"{name} 1": first, f"{name} 2": second}


def _of_words(case: Case) -> dict[str, float]:
    mine, theirs = words(case.claim), words(case.evidence)
    held = [w for w in mine if w.carries]
    there = {w.stem for w in theirs if w.carries}
    weights = np.array([rarity(w.stem) for w in held])
    missing = np.array([w.stem not in there for w in held], dtype=bool)
    total = float(weights.sum()) or 1.0
    found = {
        "words": float(len(held)),
        "missing": float(missing.sum()),
        "missing share": float(missing.mean()) if held else 1.0,
        "missing rarity": float(weights[missing].sum() / total),
        "missing rarest": float(weights[missing].max(initial=0.0)),
    }
    nearest = _nearest(case.sentences, {w.stem for w in held})
    its = [w for w in words(nearest) if w.carries]
    said = {w.stem for w in mine}
    left = [rarity(w.stem) for w in its if w.stem not in said]
    found["left out"] = float(len(left))
    found["left out share"] = len(left) / len(its) if its else 1.0
    found["held by nearest"] = len({w.stem for w in held} & {w.stem for w in its}) / (
        len(held) or 1
    )
    matcher = SequenceMatcher(
        None, [w.folded for w in words(nearest)], [w.folded for w in mine], autojunk=False
    )
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    replaced = [c for c in codes if c[0] == "replace"]
    same = sum(block.size for block in matcher.get_matching_blocks())
    found["in order"] = same / (len(mine) or 1)
    found["replaced"] = float(len(replaced))
    found["inserted"] = float(sum(c[0] == "insert" for c in codes))
    found["deleted"] = float(sum(c[0] == "delete" for c in codes))
    found["one for one"] = float(sum(c[2] - c[1] == c[4] - c[3] == 1 for c in replaced))
    found["pairs kept"] = _bigrams_kept(held, theirs)
    found["sentences"] = float(len(case.sentences))
    return found


def _nearest(sentences: Sequence[str], held: set[str]) -> str:
    return max(sentences, key=lambda s: len(held & {w.stem for w in words(s)}), default="")


def _bigrams_kept(held: Sequence[Word], theirs: Sequence[Word]) -> float:
    """Of neighbours in the claim that the evidence has, the share that are neighbours there."""
    places: dict[str, list[int]] = {}
    for i, word in enumerate(w for w in theirs if w.carries):
        places.setdefault(word.stem, []).append(i)
    pairs = [(a, b) for a, b in pairwise(held) if a.stem in places and b.stem in places]
    if not pairs:
        return np.nan
    near = [any(abs(i - j) <= 2 for i in places[a.stem] for j in places[b.stem]) for a, b in pairs]
    return float(np.mean(near))


def _of_numbers(case: Case) -> dict[str, float]:
    claimed, there = quantities(case.claim), quantities(case.evidence)
    digits = [q for q in claimed if not q.text.isalpha()]
    alien = [q for q in digits if not any(q.same_as(o) or q.value == o.value for o in there)]
    derived = [q for q in alien if _derived(q, there)]
    units = [q for q in digits if q.unit and _other_unit(q, there)]
    spelled = [q for q in claimed if q.text.isalpha() and q.value != 2]
    places = [next((o.start for o in there if o.value == q.value), -1) for q in digits]
    known = [p for p in places if p >= 0]
    return {
        "numbers": float(len(digits)),
        "numbers of evidence": float(len(there)),
        "strange numbers": float(len(alien)),
        "derived numbers": float(len(derived)),
        "other units": float(len(units)),
        "spelled": float(len(spelled)),
        "strange spelled": float(
            sum(
                not any(q.value == o.value for o in there) and not _derived(q, there)
                for q in spelled
            )
        ),
        "crossed numbers": float(sum(b < a for a, b in pairwise(known))),
    }


def _derived(number: Quantity, there: Sequence[Quantity]) -> bool:
    """Rounded, the complement of a percentage, a share of two counts, or one less a ratio."""
    step = 0.5 * 10**-number.places
    for other in there:
        if other.places > number.places and abs(other.value - number.value) <= step + 1e-9:
            return True
        if number.value >= 10 and abs(other.value - number.value) <= 0.02 * number.value:
            return True
        if number.percent and other.percent and abs(100 - other.value - number.value) <= 1:
            return True
        if number.percent and 0 < other.value < 2:
            if abs(abs(1 - other.value) * 100 - number.value) <= 1:
                return True
            if abs(other.value * 100 - number.value) <= 0.6:
                return True
    counts = [o.value for o in there if not o.percent and not o.places and o.value > 1][:12]
    if number.percent:
        return any(abs(100 * a / b - number.value) <= 0.6 for a in counts for b in counts if a < b)
    return any(abs(b - a) == number.value or a + b == number.value for a, b in pairwise(counts))


def _other_unit(number: Quantity, there: Sequence[Quantity]) -> bool:
    same = [o for o in there if o.value == number.value and o.unit]
    return bool(same) and not any(number.same_as(o) for o in same)


def _of_signs(case: Case) -> dict[str, float]:
    nearest = _nearest(case.sentences, {w.stem for w in words(case.claim) if w.carries})
    found = {}
    for name, sign in _SIGNS.items():
        mine = len(sign.findall(case.claim))
        found[f"{name} of claim"] = float(mine)
        found[f"{name} of nearest"] = float(len(sign.findall(nearest)))
        found[f"{name} of evidence"] = float(len(sign.findall(case.evidence)))
    return found


def _of_directions(case: Case) -> dict[str, float]:
    """How the claim's words that have an opposite stand to those of the source."""
    held = words(case.claim)
    nearest = _nearest(case.sentences, {w.stem for w in held if w.carries})
    mine = list(poles(case.claim))
    near = _sides([nearest])
    here = [_against(pole, near) for pole in mine]
    anywhere = [_against(pole, _sides(case.sentences)) for pole in mine]
    doubts = word_logits(case.tokens[0], case.reading.claim, held)
    by_start = {word.start: doubt for word, doubt in zip(held, doubts, strict=True)}
    found = {
        "poles": float(len(mine)),
        "poles agree": float(here.count(1)),
        "poles opposed": float(here.count(-1)),
        "poles alone": float(here.count(0)),
        "poles agree in evidence": float(anywhere.count(1)),
        "poles opposed in evidence": float(anywhere.count(-1)),
        "poles left out": float(len(near.keys() - {pole.axis for pole in mine})),
        "most doubted pole": 0.0,
    }
    for name, side in (("doubt of opposed", -1), ("doubt of agreeing", 1)):
        some = [by_start[p.word.start] for p, s in zip(mine, anywhere, strict=True) if s == side]
        found[name] = max(some, default=np.nan)
    if len(doubts):
        most = held[int(doubts.argmax())].start
        found["most doubted pole"] = float(
            next((s for p, s in zip(mine, anywhere, strict=True) if p.word.start == most), 0)
        )
    return found


def _sides(texts: Sequence[str]) -> dict[str, set[bool]]:
    """Axis → the sides of it that texts name."""
    found: dict[str, set[bool]] = {}
    for text in texts:
        for pole in poles(text):
            found.setdefault(pole.axis, set()).add(pole.side)
    return found


def _against(pole: Pole, sides: dict[str, set[bool]]) -> int:
    """1 where the pole's side is named, -1 where only the other is, 0 where neither is."""
    there = sides.get(pole.axis, set())
    return 1 if pole.side in there else -1 if there else 0


def _of_checks(case: Case) -> dict[str, float]:
    return {
        check.__module__.rpartition(".")[2]: float(check(case.claim, case.sentences) is not None)
        for check in CHECKS
    }


def _sigmoid(values: Vector) -> Vector:
    return np.asarray(1 / (1 + np.exp(-values)))


# What is measured, by the name under which evaluation leaves it out.
GROUPS: dict[str, Callable[[Case], dict[str, float]]] = {
    "network": _of_network,
    "words": _of_words,
    "numbers": _of_numbers,
    "signs": _of_signs,
    "directions": _of_directions,
    "checks": _of_checks,
}
