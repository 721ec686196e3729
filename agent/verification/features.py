"""Numeric features of what a claim and its evidence share and where they differ.

The decision trees of `classifier` read these together with the network's outputs. No feature is a
verdict: a word without a counterpart is a paraphrase as often as an error.
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
    """A claim, the sentences chosen for it in reading order, and the network's outputs for both.

    `tokens` are the vectors of the claim and of the sentences joined by a space.
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
    values = {f"p {relation.name}": float(shares[relation]) for relation in Relation}
    values["carried"] = float(logits[0] - np.logaddexp.reduce(logits[1:]))
    values["refuted"] = float(logits[1] - np.logaddexp.reduce(logits[[0, 2, 3]]))
    claim_words = words(case.claim)
    vocabulary = {w.stem for w in words(case.evidence)}
    doubts = word_logits(case.tokens[0], case.reading.claim, claim_words)
    unseen = np.array([w.stem not in vocabulary for w in claim_words], dtype=bool)
    carries = np.array([w.carries for w in claim_words], dtype=bool)
    number = np.array([w.folded[0].isdigit() for w in claim_words], dtype=bool)
    values |= _highest("doubt", doubts)
    values |= _highest("doubt of strange", doubts[unseen & carries])
    values |= _highest("doubt of shared", doubts[~unseen & carries])
    values |= _highest("doubt of numbers", doubts[number])
    values["doubt mean"] = float(doubts.mean()) if len(doubts) else np.nan
    values["doubted"] = float(_sigmoid(doubts).sum()) if len(doubts) else 0.0
    deciding = word_logits(case.tokens[1], case.reading.evidence, words(case.evidence))
    values |= _highest("deciding", deciding)
    return values


def word_logits(text: TokenVectors, logits: Vector, text_words: Sequence[Word]) -> Vector:
    """The highest logit of each word's tokens; -10 for words beyond what the network read."""
    highest = np.full(len(text_words), -10.0)
    at = 0
    for (start, end), logit in zip(text.spans, logits, strict=True):
        while at < len(text_words) and text_words[at].end <= start:
            at += 1
        if at < len(text_words) and text_words[at].start < end:
            highest[at] = max(highest[at], logit)
    return highest


def _highest(name: str, values: Vector) -> dict[str, float]:
    ordered = np.sort(values)[::-1]
    first = float(ordered[0]) if len(ordered) else np.nan
    second = float(ordered[1]) if len(ordered) > 1 else np.nan
    return {f"{name} 1": first, f"{name} 2": second}


def _of_words(case: Case) -> dict[str, float]:
    claim_words, evidence_words = words(case.claim), words(case.evidence)
    content = [w for w in claim_words if w.carries]
    in_evidence = {w.stem for w in evidence_words if w.carries}
    weights = np.array([rarity(w.stem) for w in content])
    missing = np.array([w.stem not in in_evidence for w in content], dtype=bool)
    total = float(weights.sum()) or 1.0
    values = {
        "words": float(len(content)),
        "missing": float(missing.sum()),
        "missing share": float(missing.mean()) if content else 1.0,
        "missing rarity": float(weights[missing].sum() / total),
        "missing rarest": float(weights[missing].max(initial=0.0)),
    }
    nearest = _nearest(case.sentences, {w.stem for w in content})
    nearest_words = [w for w in words(nearest) if w.carries]
    in_claim = {w.stem for w in claim_words}
    omitted = [rarity(w.stem) for w in nearest_words if w.stem not in in_claim]
    values["left out"] = float(len(omitted))
    values["left out share"] = len(omitted) / len(nearest_words) if nearest_words else 1.0
    values["held by nearest"] = len({w.stem for w in content} & {w.stem for w in nearest_words}) / (
        len(content) or 1
    )
    matcher = SequenceMatcher(
        None, [w.folded for w in words(nearest)], [w.folded for w in claim_words], autojunk=False
    )
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    replaced = [c for c in codes if c[0] == "replace"]
    same = sum(block.size for block in matcher.get_matching_blocks())
    values["in order"] = same / (len(claim_words) or 1)
    values["replaced"] = float(len(replaced))
    values["inserted"] = float(sum(c[0] == "insert" for c in codes))
    values["deleted"] = float(sum(c[0] == "delete" for c in codes))
    values["one for one"] = float(sum(c[2] - c[1] == c[4] - c[3] == 1 for c in replaced))
    values["pairs kept"] = _bigrams_kept(content, evidence_words)
    values["sentences"] = float(len(case.sentences))
    return values


def _nearest(sentences: Sequence[str], stems: set[str]) -> str:
    return max(sentences, key=lambda s: len(stems & {w.stem for w in words(s)}), default="")


def _bigrams_kept(content: Sequence[Word], evidence_words: Sequence[Word]) -> float:
    """The share of the claim's adjacent word pairs that are adjacent in the evidence too."""
    places: dict[str, list[int]] = {}
    for i, word in enumerate(w for w in evidence_words if w.carries):
        places.setdefault(word.stem, []).append(i)
    pairs = [(a, b) for a, b in pairwise(content) if a.stem in places and b.stem in places]
    if not pairs:
        return np.nan
    near = [any(abs(i - j) <= 2 for i in places[a.stem] for j in places[b.stem]) for a, b in pairs]
    return float(np.mean(near))


def _of_numbers(case: Case) -> dict[str, float]:
    claimed, sourced = quantities(case.claim), quantities(case.evidence)
    digits = [q for q in claimed if not q.text.isalpha()]
    unmatched = [q for q in digits if not any(q.same_as(o) or q.value == o.value for o in sourced)]
    derived = [q for q in unmatched if _derived(q, sourced)]
    units = [q for q in digits if q.unit and _other_unit(q, sourced)]
    spelled = [q for q in claimed if q.text.isalpha() and q.value != 2]
    places = [next((o.start for o in sourced if o.value == q.value), -1) for q in digits]
    matched_places = [p for p in places if p >= 0]
    return {
        "numbers": float(len(digits)),
        "numbers of evidence": float(len(sourced)),
        "strange numbers": float(len(unmatched)),
        "derived numbers": float(len(derived)),
        "other units": float(len(units)),
        "spelled": float(len(spelled)),
        "strange spelled": float(
            sum(
                not any(q.value == o.value for o in sourced) and not _derived(q, sourced)
                for q in spelled
            )
        ),
        "crossed numbers": float(sum(b < a for a, b in pairwise(matched_places))),
    }


def _derived(number: Quantity, sourced: Sequence[Quantity]) -> bool:
    """Whether a number follows from the source's: by rounding, as the complement of a percentage,
    as a ratio, sum or difference of two counts, or as one minus a ratio.
    """
    step = 0.5 * 10**-number.places
    for other in sourced:
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
    counts = [o.value for o in sourced if not o.percent and not o.places and o.value > 1][:12]
    if number.percent:
        return any(abs(100 * a / b - number.value) <= 0.6 for a in counts for b in counts if a < b)
    return any(abs(b - a) == number.value or a + b == number.value for a, b in pairwise(counts))


def _other_unit(number: Quantity, sourced: Sequence[Quantity]) -> bool:
    same = [o for o in sourced if o.value == number.value and o.unit]
    return bool(same) and not any(number.same_as(o) for o in same)


def _of_signs(case: Case) -> dict[str, float]:
    nearest = _nearest(case.sentences, {w.stem for w in words(case.claim) if w.carries})
    values = {}
    for name, sign in _SIGNS.items():
        count = len(sign.findall(case.claim))
        values[f"{name} of claim"] = float(count)
        values[f"{name} of nearest"] = float(len(sign.findall(nearest)))
        values[f"{name} of evidence"] = float(len(sign.findall(case.evidence)))
    return values


def _of_directions(case: Case) -> dict[str, float]:
    """Compare the claim's words that have an opposite with those of the source."""
    claim_words = words(case.claim)
    nearest = _nearest(case.sentences, {w.stem for w in claim_words if w.carries})
    claim_poles = list(poles(case.claim))
    near_sides = _sides([nearest])
    relations = [_against(pole, near_sides) for pole in claim_poles]
    anywhere = [_against(pole, _sides(case.sentences)) for pole in claim_poles]
    doubts = word_logits(case.tokens[0], case.reading.claim, claim_words)
    by_start = {word.start: doubt for word, doubt in zip(claim_words, doubts, strict=True)}
    values = {
        "poles": float(len(claim_poles)),
        "poles agree": float(relations.count(1)),
        "poles opposed": float(relations.count(-1)),
        "poles alone": float(relations.count(0)),
        "poles agree in evidence": float(anywhere.count(1)),
        "poles opposed in evidence": float(anywhere.count(-1)),
        "poles left out": float(len(near_sides.keys() - {pole.axis for pole in claim_poles})),
        "most doubted pole": 0.0,
    }
    for name, side in (("doubt of opposed", -1), ("doubt of agreeing", 1)):
        side_doubts = [
            by_start[p.word.start] for p, s in zip(claim_poles, anywhere, strict=True) if s == side
        ]
        values[name] = max(side_doubts, default=np.nan)
    if len(doubts):
        most = claim_words[int(doubts.argmax())].start
        values["most doubted pole"] = float(
            next((s for p, s in zip(claim_poles, anywhere, strict=True) if p.word.start == most), 0)
        )
    return values


def _sides(texts: Sequence[str]) -> dict[str, set[bool]]:
    """Axis → the sides of it that occur in the texts."""
    sides: dict[str, set[bool]] = {}
    for text in texts:
        for pole in poles(text):
            sides.setdefault(pole.axis, set()).add(pole.side)
    return sides


def _against(pole: Pole, sides: dict[str, set[bool]]) -> int:
    """1 if the pole's side occurs, -1 if only the opposite side does, 0 if neither does."""
    named = sides.get(pole.axis, set())
    return 1 if pole.side in named else -1 if named else 0


def _of_checks(case: Case) -> dict[str, float]:
    return {
        check.__module__.rpartition(".")[2]: float(check(case.claim, case.sentences) is not None)
        for check in CHECKS
    }


def _sigmoid(values: Vector) -> Vector:
    return np.asarray(1 / (1 + np.exp(-values)))


# Feature groups, by the name under which the ablations leave them out.
GROUPS: dict[str, Callable[[Case], dict[str, float]]] = {
    "network": _of_network,
    "words": _of_words,
    "numbers": _of_numbers,
    "signs": _of_signs,
    "directions": _of_directions,
    "checks": _of_checks,
}
