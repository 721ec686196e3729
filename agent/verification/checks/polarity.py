"""Words with an opposite: what rises, is better, comes before, helps; and where a "not" stands.

A word of the claim is compared with the word of the source that stands among the same things, so
that a long sentence that says both that one thing rose and that another fell does not confuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.answer import Check
from agent.verification.words import Word, around, vocabulary, words

# axis: (one pole, the other). A "*" ends a stem.
_AXES: dict[str, tuple[str, str]] = {
    "amount": (
        "increas* higher greater more elevat* rais* rise rises rising rose risen grew grow* longer larger"
        " enhanc* upregulat* augment* gain* exceed* heighten* prolong* accelerat* expand*"
        " stronger heavier above faster deeper thicker",
        "decreas* lower lowers lowered lowering less fewer reduc* declin* shorter smaller diminish* downregulat* attenuating attenuation"
        " drop* fall falls fell fallen falling loss shrink* decelerat* weaker"
        " lighter below slower minimi* shorten* blunt* curtail* thinner",
    ),
    "extreme": ("highest most greatest longest largest maximum maximal", "lowest least smallest shortest minimum minimal"),
    "count": ("many numerous", "few"),
    "age": ("older", "younger"),
    "worth": (
        "superior* better improv* best beneficial benefit* favourabl* favorabl* efficacious effective"
        " successful* success useful adequate ameliorat* alleviat* advantage*",
        "inferior* worse worsen* worst harmful harm unfavourabl* unfavorabl* inefficacious ineffective"
        " unsuccessful* failure useless inadequate deteriorat* aggravat* exacerbat* disadvantage*"
        " detrimental poorer futile",
    ),
    "sign": ("positive positively", "negative negatively inverse inversely"),
    "effect": (
        "promot* stimulat* activat* induc* upregulat* facilitat* agonist* potentiat*",
        "inhibit* suppress* inactivat* prevent* block* downregulat* imped* antagonist* hinder*",
    ),
    "role": ("protective protects protected protect", "deleterious hazardous"),
    "frequency": ("common frequent frequently commonly often usually prevalent", "rare rarely uncommon infrequent infrequently seldom scarce"),
    "order": ("before prior preceding preoperative* pretreatment earlier", "after following posterior postoperative* posttreatment later subsequent"),
    "safety": ("safe safely harmless", "unsafe dangerous toxic"),
    "response": ("sensitive sensitivity susceptible", "resistant resistance refractory"),
    "tolerance": ("well", "poorly badly"),
    "likeness": ("similar similarly comparable alike identical same equal equivalent", "different differed differ differs dissimilar unequal unlike"),
    "presence": ("present presence detected detectable with", "absent absence undetected undetectable without"),
    "degree": ("severe serious", "mild slight"),
    "side": ("left", "right"),
    "course": ("acute", "chronic"),
    "kind": ("benign", "malignant"),
    "size": ("high", "low"),
    "need": ("necessary required recommended", "unnecessary contraindicated discouraged"),
    "ability": ("possible feasible able", "impossible infeasible unable"),
    "normality": ("normal", "abnormal"),
    "adequacy": ("sufficient", "insufficient"),
    "strength": ("strong strongly", "weak weakly"),
    "dependence": ("dependent depends depend depended", "independent independently"),
    "time": ("early", "late"),
    "term": ("short", "long"),
    "significance": ("significant significantly", "nonsignificant nonsignificantly insignificant insignificantly"),
    "share": ("majority", "minority"),
    "correctness": ("correct accurate", "incorrect inaccurate wrong"),
    "completeness": ("complete completely", "incomplete incompletely partial partially"),
    "severity": ("aggravated aggravates", "attenuated attenuates"),
}  # fmt: skip

_NOT = frozenset(
    ["not", "no", "nor", "neither", "never", "cannot", "none", "nothing", "without", "hardly", "non",
     "unlikely", "unable", "absence", "lack", "lacks", "lacked", "lacking", "fail", "fails", "failed",
     "failing"]
)  # fmt: skip
# What can stand between a "not" and what it denies.
_REACH = 7
_NEAR = 6
# Of the axes, those that say something by themselves; a word of another ("left", "before", "most") is
# only held against the word in its very place (`edited.py`).
_FINDINGS = frozenset(["amount", "worth", "sign", "effect", "safety"])
# "Inhibitor" and "resistance" name things; they are no findings.
_NAMING_END = ("or", "ors", "ion", "ions", "ance", "ing")


@dataclass(frozen=True, slots=True)
class Pole:
    """A word with an opposite: its axis, which pole, whether denied, and the stems around it."""

    word: Word
    axis: str
    positive: bool
    denied: bool
    near: frozenset[str]


@lru_cache(maxsize=1)
def _lexicon() -> tuple[dict[str, tuple[str, bool]], list[tuple[str, str, bool]]]:
    whole: dict[str, tuple[str, bool]] = {}
    starts: list[tuple[str, str, bool]] = []
    for axis, poles in _AXES.items():
        for positive, listed in zip((True, False), poles, strict=True):
            for each in listed.split():
                if each.endswith("*"):
                    starts.append((each[:-1], axis, positive))
                else:
                    whole[each] = (axis, positive)
    return whole, starts


@lru_cache(maxsize=16384)
def pole_of(folded: str) -> tuple[str, bool] | None:
    """The axis and pole of a word, None for most words."""
    whole, starts = _lexicon()
    folded = folded.replace("up-reg", "upreg").replace("down-reg", "downreg")
    if folded in whole:
        return whole[folded]
    for start, axis, positive in starts:
        if folded.startswith(start):
            return axis, positive
    return None


def is_negator(folded: str) -> bool:
    """Whether a word denies."""
    return folded in _NOT or folded.endswith("n't")


def negators(all_words: tuple[Word, ...]) -> list[int]:
    """Places of the words that deny."""
    return [i for i, w in enumerate(all_words) if is_negator(w.folded)]


def denied_at(all_words: tuple[Word, ...], at: int) -> bool:
    """Whether a "not" in the same clause reaches this word."""
    for i in range(max(0, at - _REACH), at):
        word = all_words[i]
        if word.clause == all_words[at].clause and (
            word.folded in _NOT or word.folded.endswith("n't")
        ):
            # "not only" denies nothing.
            return not (i + 1 < len(all_words) and all_words[i + 1].folded == "only")
    return False


def poles(text: str) -> Iterator[Pole]:
    """The words of a text that have an opposite."""
    all_words = words(text)
    for i, word in enumerate(all_words):
        if found := pole_of(word.folded):
            axis, positive = found
            yield Pole(
                word, axis, positive, denied_at(all_words, i), around(all_words, i, _NEAR, _NEAR)
            )


def check_direction(claim: str, source: str) -> Check | None:
    """A word of the claim whose opposite stands in its place in the source."""
    theirs = list(poles(source))
    turned = sides_exchanged(claim, source)
    for mine in poles(claim):
        if mine.axis not in _FINDINGS or mine.word.folded.endswith(_NAMING_END):
            continue
        rivals = [
            each
            for each in theirs
            if each.axis == mine.axis and not each.word.folded.endswith(_NAMING_END)
        ]
        if not rivals:
            continue
        agreeing = max((_shared(mine, r) for r in rivals if _says(mine) == _says(r)), default=-1)
        against = max(
            (r for r in rivals if _says(mine) != _says(r) and not _told_too(r, mine, claim)),
            key=lambda r: _shared(mine, r),
            default=None,
        )
        if against is None or against.positive == mine.positive:
            continue
        least = 1 if len(mine.near) <= 3 else 2
        if _shared(mine, against) >= max(least, agreeing + 1) and not turned:
            return Check(
                "direction",
                f"the claim says “{mine.word.folded}”, the source “{against.word.folded}”",
            )
    return None


def _told_too(rival: Pole, mine: Pole, claim: str) -> bool:
    """Whether the claim says the same with another of its words, nearer to what is spoken of."""
    return any(
        other.axis == rival.axis
        and _says(other) == _says(rival)
        and _shared(other, rival) >= _shared(mine, rival)
        for other in poles(claim)
    )


def _says(pole: Pole) -> bool:
    return pole.positive != pole.denied


def _shared(one: Pole, other: Pole) -> int:
    return len(one.near & other.near)


_THAN = re.compile(
    r"\b(?P<word>higher|lower|greater|smaller|better|worse|superior|inferior|longer|shorter|more|less|fewer|larger|stronger|weaker|faster|slower"
    r"|increased|decreased|reduced|improved|older|younger|earlier|later)\b[^.;]{0,60}?\b(?P<than>than|compared (?:with|to)|versus|vs\.?|relative to|to)\b",
    re.IGNORECASE,
)


def sides_exchanged(claim: str, source: str) -> bool:
    """Whether what stands before "than" in one stands after it in the other."""
    mine, its = _sides(claim), _sides(source)
    if mine is None or its is None:
        return False
    # What both have before "than" may be the outcome; what both have after it is the same side.
    crossed = mine[0] & its[1], mine[1] & its[0]
    return all(crossed) and len(crossed[0]) + len(crossed[1]) > len(mine[1] & its[1])


def check_sides(claim: str, source: str) -> Check | None:
    """“A was better than B" of a source in which B was better than A."""
    if not sides_exchanged(claim, source):
        return None
    mine, its = _THAN.search(claim), _THAN.search(source)
    if mine is None or its is None:
        return None
    one, other = pole_of(mine["word"].lower()), pole_of(its["word"].lower())
    same = one is not None and other is not None and one[1] == other[1]
    return Check("comparator", "the two sides of the comparison are exchanged") if same else None


@lru_cache(maxsize=1024)
def _sides(text: str) -> tuple[frozenset[str], frozenset[str]] | None:
    match = _THAN.search(text)
    if not match:
        return None
    compared = match.start("word"), match.end("word")
    before = {
        w.stem
        for w in words(text[: match.start("than")])
        if w.carries and not compared[0] <= w.start < compared[1]
    }
    after_text = re.split(r"[;:(]|\.\s|, (?:and|but|which|while)", text[match.end() :], maxsplit=1)[
        0
    ]
    after = [w.stem for w in words(after_text) if w.carries][:8]
    # What is named on both sides (the outcome) tells neither apart.
    both = before & set(after)
    return frozenset(before - both), frozenset(set(after) - both)


def check_negation(claim: str, source: str) -> Check | None:
    """A "not" that only one of them has, over the same things."""
    if deny_the_same(claim, source):
        return None
    mine, its = words(claim), words(source)
    claimed = {w.stem for w in mine if w.carries}
    there = {w.stem for w in its if w.carries}
    for at in negators(mine):
        scope = _scope(mine, at)
        if _denied_in(its, scope) or not scope:
            continue
        if len(scope & there) >= max(1, len(scope) * 0.6) and not _opposed(claim, source, scope):
            return Check("negation", f"only the claim denies: “{_shown(claim, mine, at)}”")
    for at in negators(its):
        scope = _scope(its, at)
        if not scope or _denied_in(mine, scope):
            continue
        if not _head(its, at) & claimed:
            continue
        if len(scope & claimed) >= max(2, len(scope) * 0.7) and not _opposed(source, claim, scope):
            return Check("negation", f"only the source denies: “{_shown(source, its, at)}”")
    return None


def _scope(all_words: tuple[Word, ...], at: int) -> frozenset[str]:
    """Stems of what a "not" governs: what follows in its clause, as far as it reaches."""
    following = [
        w
        for w in all_words[at + 1 : at + 2 + _REACH]
        if w.clause == all_words[at].clause and w.carries and not w.folded[0].isdigit()
    ]
    return frozenset(w.stem for w in following[:4])


# Not what is denied, but how: "no significant difference" denies a difference.
_QUALIFIES = frozenset(
    ["signific", "statist", "clear", "evid", "appar", "clinic", "further", "major", "relev"]
)


def _head(all_words: tuple[Word, ...], at: int) -> frozenset[str]:
    """The stem of what a "not" denies: the first meaningful word after it."""
    for word in all_words[at + 1 : at + 2 + _REACH]:
        if word.carries and word.stem not in _QUALIFIES:
            return frozenset([word.stem])
    return frozenset()


def deny_the_same(claim: str, source: str) -> bool:
    """Whether each "not" of the one has its own in the other, over the same things."""
    mine, its = words(claim), words(source)
    ours, theirs = negators(mine), negators(its)
    # A "non-" is part of a name, and names may have changed places.
    if len(ours) != len(theirs) or any(its[at].folded == "non" for at in theirs):
        return False
    denied = [_scope(its, at) for at in theirs]
    for at in ours:
        scope = _scope(mine, at)
        same = [s for s in denied if 2 * len(s & scope) >= max(len(s), len(scope)) > 0]
        if not same:
            return False
        denied.remove(same[0])
    return bool(ours)


def _denied_in(all_words: tuple[Word, ...], scope: frozenset[str]) -> bool:
    return any(
        len(_scope(all_words, at) & scope) >= max(1, len(scope) * 0.4) for at in negators(all_words)
    )


def _opposed(denying: str, plain: str, scope: frozenset[str]) -> bool:
    """“Not effective" of what the other calls ineffective: denied by a word instead of a "not"."""
    ours = {(p.axis, p.positive) for p in poles(denying) if p.denied or p.word.stem in scope}
    return any((p.axis, not p.positive) in ours for p in poles(plain))


def _shown(text: str, all_words: tuple[Word, ...], at: int) -> str:
    last = min(len(all_words) - 1, at + 4)
    return text[all_words[at].start : all_words[last].end]


_ALIKE = re.compile(
    r"\b(?:no (?:\w+ ){0,2}differences?|not (?:\w+ ){0,2}differ\w*|similar\w*|comparabl[ey]|equivalent)\b",
    re.IGNORECASE,
)
_COMPARING = frozenset(["amount", "worth"])


def check_likeness(claim: str, source: str) -> Check | None:
    """A difference that the source found not to be: “lowered X” of “no difference in X”."""
    match = _ALIKE.search(source)
    if not match or _ALIKE.search(claim):
        return None
    around_it = {w.stem for w in words(source[max(0, match.start() - 120) : match.end() + 400])}
    said = {(pole.axis, pole.positive) for pole in poles(source)}
    for pole in poles(claim):
        if pole.axis not in _COMPARING or pole.denied or (pole.axis, pole.positive) in said:
            continue
        if len(pole.near & around_it) >= max(2, 0.6 * len(pole.near)):
            told = f"the claim says “{pole.word.folded}”, the source “{match[0]}”"
            return Check("direction", told)
    return None


def check_opposite_only(claim: str, source: str, article: str) -> Check | None:
    """A word that is nowhere in the article, where the source has its opposite: right for left."""
    if sides_exchanged(claim, source):
        return None
    theirs, everywhere = list(poles(source)), vocabulary(article)
    for mine in poles(claim):
        if mine.word.folded in everywhere or mine.denied:
            continue
        for its in theirs:
            if its.axis == mine.axis and its.positive != mine.positive and mine.near & its.near:
                said = f"the claim says “{mine.word.folded}”, the source “{its.word.folded}”"
                return Check("direction", said)
    return None
