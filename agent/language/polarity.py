"""Words with an opposite: what rises, is better, comes before, helps; and where a "not" stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.language.words import Word, words

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


@dataclass(frozen=True, slots=True)
class Pole:
    """A word with an opposite: its axis, which pole, and whether denied."""

    word: Word
    axis: str
    positive: bool
    denied: bool

    @property
    def side(self) -> bool:
        """The pole that is meant: "not increased" stands with "decreased"."""
        return self.positive is not self.denied


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
            yield Pole(word, axis, positive, denied_at(all_words, i))
