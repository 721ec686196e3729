"""Rules of the perturbation suite: falsify a sentence in one way, or reword it so it stays true.

They edit word sequences with their own word lists (see `perturbations.py`). Each returns None if it
does not apply.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

_FEWEST = 7

Tokens = list[str]
_TOKEN = re.compile(r"\w+(?:[-'’]\w+)*|\d+(?:[.,·]\d+)+|\s+|.")


def _pieces(sentence: str) -> Tokens:
    return _TOKEN.findall(sentence)


def _like(new: str, old: str) -> str:
    return new.capitalize() if old[:1].isupper() and old[1:].islower() else new


def _replace_one(sentence: str, table: dict[str, str], rng: Random) -> str | None:
    """Replace one word of the sentence that is in the table."""
    pieces = _pieces(sentence)
    spots = [i for i, piece in enumerate(pieces) if piece.lower() in table]
    if not spots:
        return None
    at = rng.choice(spots)
    pieces[at] = _like(table[pieces[at].lower()], pieces[at])
    return "".join(pieces)


# Numbers

_DECIMAL = re.compile(r"\d+[.·]\d+$")
_UNITS = {"mg": "g", "g": "mg", "days": "weeks", "weeks": "months", "months": "years", "years": "months",
          "hours": "days", "minutes": "hours", "kg": "g", "ml": "l", "cm": "mm", "mm": "cm", "μg": "mg", "µg": "mg",
          "h": "days", "min": "h"}  # fmt: skip


def _number(sentence: str, rng: Random) -> str | None:
    pieces = _pieces(sentence)
    spots = [
        i
        for i, piece in enumerate(pieces)
        if re.fullmatch(r"\d+(?:[.,·]\d+)?", piece)
        and (i == 0 or not re.match(r"[\w-]", pieces[i - 1]))
        and (
            i + 1 == len(pieces)
            or not re.match(r"[-–\w]", pieces[i + 1])
            or pieces[i + 1].startswith(("-", "–"))
        )
    ]
    if not spots:
        return None
    at = rng.choice(spots)
    unit_at = at + 2 if at + 2 < len(pieces) and pieces[at + 1] == " " else -1
    if unit_at > 0 and pieces[unit_at] in _UNITS and rng.random() < 0.25:
        pieces[unit_at] = _UNITS[pieces[unit_at]]
        return "".join(pieces)
    if len(spots) > 1 and rng.random() < 0.12:
        other = rng.choice([i for i in spots if i != at])
        if pieces[other] != pieces[at]:
            pieces[at], pieces[other] = pieces[other], pieces[at]
            return "".join(pieces)
    new = _other_number(pieces[at], rng)
    if new == pieces[at] or new in pieces:
        return None
    pieces[at] = new
    return "".join(pieces)


def _other_number(old: str, rng: Random) -> str:
    if _DECIMAL.match(old):
        whole, mark, part = re.split(r"([.·])", old)
        way = rng.randrange(3)
        if way == 0:
            return f"{int(whole) + rng.choice((1, 2))}{mark}{part}"
        digits = (
            f"{(int(part) + rng.randint(1, 10 ** len(part) - 1)) % 10 ** len(part):0{len(part)}d}"
        )
        return f"{whole}{mark}{digits}"
    value = int(old.replace(",", ""))
    if (
        len(old) >= 2
        and old[0] != old[-1]
        and "," not in old
        and rng.random() < 0.3
        and old[-1] != "0"
    ):
        return old[-1] + old[1:-1] + old[0]
    step = max(1, int(value * rng.choice((0.1, 0.25, 0.5))))
    new = value + rng.choice((step, -step)) if value > step else value + step
    return f"{new:,}" if "," in old else str(new)


# Direction

_TURNED = {
    "increased": "decreased", "increase": "decrease", "increases": "decreases", "increasing": "decreasing",
    "decreased": "increased", "decrease": "increase", "decreases": "increases", "decreasing": "increasing",
    "higher": "lower", "lower": "higher", "reduced": "increased", "reduction": "increase", "reduces": "raises",
    "reduce": "raise", "reducing": "raising", "improved": "worsened", "improves": "worsens", "improve": "worsen",
    "improvement": "worsening", "greater": "smaller", "longer": "shorter", "shorter": "longer",
    "better": "worse", "worse": "better", "superior": "inferior", "inferior": "superior", "elevated": "lowered",
    "declined": "increased", "rose": "fell", "fell": "rose", "enhanced": "diminished", "enhances": "diminishes",
    "positive": "negative", "positively": "negatively", "negatively": "positively", "stimulated": "inhibited",
    "inhibited": "stimulated", "inhibits": "activates", "inhibition": "stimulation", "suppressed": "promoted",
    "promoted": "suppressed", "promotes": "suppresses", "activated": "inactivated", "upregulated": "downregulated",
    "downregulated": "upregulated", "larger": "smaller", "faster": "slower", "stronger": "weaker",
    "attenuated": "aggravated", "effective": "ineffective", "resistant": "sensitive", "sensitive": "resistant",
    "beneficial": "harmful", "common": "rare", "safe": "unsafe", "fewer": "more", "significant": "nonsignificant",
    "protective": "harmful", "prolonged": "shortened", "favorable": "unfavorable", "majority": "minority",
}  # fmt: skip


def _direction(sentence: str, rng: Random) -> str | None:
    return _replace_one(sentence, _TURNED, rng)


# Negation

_FINITE = {
    "is",
    "are",
    "was",
    "were",
    "has",
    "have",
    "had",
    "can",
    "should",
    "will",
    "does",
    "do",
    "did",
}
_PAST = {
    "reduced": "reduce", "increased": "increase", "improved": "improve", "showed": "show", "revealed": "reveal",
    "caused": "cause", "resulted": "result", "produced": "produce", "demonstrated": "demonstrate", "induced": "induce",
    "decreased": "decrease", "led": "lead", "suggest": "suggest", "indicate": "indicate", "provided": "provide",
    "occurred": "occur", "inhibited": "inhibit", "affected": "affect", "appeared": "appear", "remained": "remain",
    "received": "receive", "reported": "report", "observed": "observe", "found": "find", "required": "require",
}  # fmt: skip
_SUBJECT_BEFORE = {
    "a",
    "an",
    "the",
    "of",
    "and",
    "or",
    "with",
    "by",
    "in",
    "to",
    "was",
    "were",
    "been",
    "be",
    "is",
    "are",
    "that",
}


def _negation(sentence: str, rng: Random) -> str | None:
    pieces = _pieces(sentence)
    lowered = [piece.lower() for piece in pieces]
    for i, word in enumerate(lowered):
        if word == "not" and i >= 2 and lowered[i - 2] in _FINITE - {"does", "do", "did"}:
            return "".join([*pieces[: i - 1], *pieces[i + 1 :]])
        if word == "no" and i + 2 < len(pieces) and lowered[i - 2 if i else 0] in _FINITE:
            pieces[i] = "a"
            return "".join(pieces)
        if word == "without":
            pieces[i] = _like("with", pieces[i])
            return "".join(pieces)
    spots = [i for i, word in enumerate(lowered) if word in _FINITE and i > 1]
    if spots:
        at = spots[0] if rng.random() < 0.7 else rng.choice(spots)
        return "".join([*pieces[: at + 1], " not", *pieces[at + 1 :]])
    for i, word in enumerate(lowered):
        if word in _PAST and i >= 2 and lowered[i - 2] not in _SUBJECT_BEFORE:
            return "".join([*pieces[:i], "did not ", _PAST[word], *pieces[i + 1 :]])
    return None


# Entities and populations

_KINDS_OF_THING = [
    "aspirin warfarin heparin ibuprofen morphine metformin insulin prednisone dexamethasone tocilizumab remdesivir ketamine propofol"
    " atorvastatin propranolol digoxin lidocaine gentamicin ampicillin penicillin tetracycline cisplatin methotrexate tamoxifen"
    " nivolumab rituximab lithium diazepam haloperidol levodopa cortisol testosterone estradiol progesterone melatonin caffeine"
    " nicotine ethanol histamine dopamine serotonin acetylcholine epinephrine norepinephrine atropine chloroquine",
    "hypertension diabetes asthma stroke epilepsy schizophrenia depression obesity pneumonia sepsis tuberculosis malaria"
    " hepatitis cirrhosis leukemia lymphoma melanoma osteoporosis arthritis psoriasis glaucoma dementia anemia migraine"
    " endometriosis preeclampsia appendicitis pancreatitis sarcoidosis cholera influenza measles",
    "liver kidney heart lung brain pancreas spleen stomach skin bone muscle retina thyroid prostate bladder colon ovary uterus",
    "mortality survival pain nausea fatigue bleeding infection fever cough anxiety weight cholesterol",
    "glucose sodium potassium calcium magnesium iron zinc copper albumin creatinine bilirubin hemoglobin ferritin urea",
    "surgery chemotherapy radiotherapy immunotherapy psychotherapy physiotherapy acupuncture vaccination dialysis transplantation",
    "mri ct ultrasound radiography endoscopy biopsy electrocardiography echocardiography",
    "neutrophils lymphocytes monocytes eosinophils platelets erythrocytes macrophages hepatocytes neurons fibroblasts",
    "bacteria viruses fungi parasites", "escherichia staphylococcus streptococcus pseudomonas klebsiella salmonella",
]  # fmt: skip
_THING = {word: group.split() for group in _KINDS_OF_THING for word in group.split()}

_PEOPLE = [
    "children adults infants adolescents", "women men", "patients volunteers", "mice humans", "rats humans", "rabbits patients",
    "dogs patients", "boys girls", "males females", "male female", "mothers fathers", "adult pediatric", "elderly young", "neonates adults",
    "inpatients outpatients", "pregnant postmenopausal", "nurses physicians", "pigs humans", "monkeys humans", "students teachers",
]  # fmt: skip
_PERSON: dict[str, list[str]] = {}
for _group in _PEOPLE:
    for _word in _group.split():
        _PERSON.setdefault(_word, []).extend(other for other in _group.split() if other != _word)


def _swap(sentence: str, table: dict[str, list[str]], rng: Random) -> str | None:
    pieces = _pieces(sentence)
    lowered = [piece.lower() for piece in pieces]
    spots = [i for i, word in enumerate(lowered) if word in table]
    if not spots:
        return None
    at = rng.choice(spots)
    others = [word for word in table[lowered[at]] if word != lowered[at] and word not in lowered]
    if not others:
        return None
    new = rng.choice(others)
    return "".join(_like(new, p) if p.lower() == lowered[at] else p for p in pieces)


def _entity(sentence: str, rng: Random) -> str | None:
    return _swap(sentence, _THING, rng)


def _population(sentence: str, rng: Random) -> str | None:
    return _swap(sentence, _PERSON, rng)


# Certainty

_SURER = [
    ("may be", "is"), ("might be", "is"), ("could be", "is"), ("can be", "is always"), ("may have", "has"), ("may not", "does not"),
    ("may", "does"), ("might", "does"), ("could", "will"), ("suggest that", "prove that"), ("suggests that", "proves that"),
    ("suggesting that", "proving that"), ("suggested that", "proved that"), ("indicate that", "prove that"), ("appears to be", "is"),
    ("appear to be", "are"), ("appeared to be", "was"), ("seems to be", "is"), ("appears to", "is certain to"), ("seem to", "clearly"),
    ("was associated with", "caused"), ("were associated with", "caused"), ("is associated with", "causes"), ("are associated with", "cause"),
    ("correlated with", "determined"), ("is likely to", "will"), ("are likely to", "will"), ("possible", "certain"), ("possibly", "certainly"),
    ("probably", "definitely"), ("potential", "proven"), ("potentially", "always"), ("tended to", "invariably did"), ("promising", "established"),
    ("presumably", "undoubtedly"),
]  # fmt: skip


def _certainty(sentence: str, rng: Random) -> str | None:
    open_ = [(weak, sure) for weak, sure in _SURER if re.search(rf"\b{weak}\b", sentence)]
    if not open_:
        return None
    weak, sure = open_[0] if rng.random() < 0.6 else rng.choice(open_)
    return re.sub(rf"\b{weak}\b", sure, sentence, count=1)


# Light paraphrase: minor edits that keep the meaning

_REWORDED = {
    "showed": "displayed", "demonstrated": "documented", "significantly": "notably", "therefore": "thus", "moreover": "furthermore",
    "furthermore": "moreover", "additionally": "also", "although": "though", "whereas": "while", "among": "in", "versus": "compared with",
    "approximately": "about", "obtained": "acquired", "utilized": "used", "performed": "carried out", "investigated": "examined",
    "evaluated": "assessed", "assessed": "evaluated", "determined": "established", "observed": "noted", "revealed": "disclosed",
    "enhance": "boost", "frequently": "often", "commonly": "often", "majority": "greater part", "numerous": "many",
    "subsequently": "later", "prior": "earlier", "beneficial": "helpful", "individuals": "persons", "methods": "techniques",
    "approach": "strategy", "crucial": "key", "essential": "vital", "important": "notable", "various": "several",
    "several": "some", "examine": "study", "identified": "detected", "detected": "identified", "attributed": "ascribed",
    "regarding": "about", "concerning": "about", "primarily": "mainly", "mainly": "chiefly", "entire": "whole", "following": "after",
    "conducted": "carried out", "studied": "examined", "discovered": "found", "achieved": "reached", "employed": "used",
    "described": "reported", "presented": "reported", "noted": "observed", "found": "observed", "developed": "created",
    "consists": "is made up", "rapid": "quick", "large": "big", "initial": "first", "sufficient": "enough", "novel": "new",
}  # fmt: skip
_OPENERS = re.compile(
    r"^(?:In conclusion|In summary|Overall|However|Moreover|Furthermore|In addition|Additionally|Thus|Therefore|Interestingly|Notably|Importantly|In this study), ?"
)
_ASIDE = re.compile(r" \([^()]{2,60}\)")
_FRONT = re.compile(
    r"^((?:In|Among|After|During|At|Within|Under) [a-z][^,()]{5,45}), ([^,]{20,}[^.])\.$"
)


def _paraphrase(sentence: str, rng: Random) -> str | None:
    """Apply one to three edits: drop an opener or aside, move a fronted phrase, replace words."""
    edited = sentence
    ways: list[Callable[[str], str]] = [
        lambda s: _ASIDE.sub("", s, count=1),
        lambda s: _FRONT.sub(
            lambda m: f"{m[2][:1].upper()}{m[2][1:]} {m[1][:1].lower()}{m[1][1:]}.", s
        ),
        lambda s: _replace_one(s, _REWORDED, rng) or s,
        lambda s: _replace_one(s, _REWORDED, rng) or s,
        lambda s: s.replace(" did not ", " didn't ", 1) if rng.random() < 0.5 else s,
        lambda s: s.replace(" compared with ", " relative to ", 1).replace(
            " compared to ", " relative to ", 1
        ),
        lambda s: s.replace("patients with", "those with", 1) if rng.random() < 0.4 else s,
    ]
    wanted, changed = rng.randint(1, 3), 0
    bare = _OPENERS.sub("", edited)
    if bare != edited:
        edited, changed = bare[:1].upper() + bare[1:], 1
    for way in rng.sample(ways, len(ways)):
        if changed >= wanted:
            break
        result = way(edited)
        if result != edited:
            edited, changed = result, changed + 1
    return edited if changed and len(edited.split()) >= _FEWEST else None


EDITS: dict[str, Callable[[str, Random], str | None]] = {
    "paraphrase": _paraphrase, "number": _number, "direction": _direction, "negation": _negation,
    "entity": _entity, "population": _population, "certainty": _certainty,
}  # fmt: skip
