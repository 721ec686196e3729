"""Rules that turn a sentence into one that says the same, the contrary, or something else.

Each takes a sentence and a random generator and gives the edited sentence, or None where the rule
does not apply. The perturbation suite in `evaluation/verification/perturbations` has rules and word
lists of its own, so that the verifier is not measured on what it was trained on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

Edit = Callable[[str, Random], str | None]

_OPPOSITES = [
    ("increased", "decreased"), ("increase", "decrease"), ("increases", "decreases"),
    ("increasing", "decreasing"), ("higher", "lower"), ("greater", "smaller"), ("more", "less"),
    ("improved", "worsened"), ("improve", "worsen"), ("improves", "worsens"),
    ("improvement", "deterioration"), ("reduced", "increased"), ("reduces", "increases"),
    ("reduce", "increase"), ("reduction", "increase"), ("longer", "shorter"), ("better", "worse"),
    ("superior", "inferior"), ("elevated", "lowered"), ("rise", "fall"), ("rose", "fell"),
    ("positively", "negatively"), ("positive", "negative"), ("beneficial", "harmful"),
    ("effective", "ineffective"), ("enhanced", "impaired"), ("enhances", "impairs"),
    ("upregulated", "downregulated"), ("high", "low"), ("most", "least"), ("protective", "harmful"),
    ("promotes", "inhibits"), ("promoted", "inhibited"), ("stimulated", "suppressed"),
    ("stimulates", "suppresses"), ("safe", "unsafe"), ("common", "rare"), ("early", "late"),
    ("before", "after"), ("prevents", "causes"), ("gain", "loss"), ("stronger", "weaker"),
    ("faster", "slower"), ("above", "below"), ("accelerated", "delayed"), ("fewer", "more"),
    ("favourable", "unfavourable"), ("favorable", "unfavorable"), ("benefit", "harm"),
    ("resistant", "sensitive"), ("similar", "different"), ("declined", "rose"),
    ("decline", "increase"), ("necessary", "unnecessary"), ("useful", "useless"),
    ("strong", "weak"), ("success", "failure"), ("present", "absent"), ("possible", "impossible"),
]  # fmt: skip
_OPPOSITE: dict[str, str] = {}
for _one, _other in _OPPOSITES:
    _OPPOSITE.setdefault(_one, _other)
    _OPPOSITE.setdefault(_other, _one)
_TURNS = re.compile(r"\b(" + "|".join(sorted(_OPPOSITE, key=len, reverse=True)) + r")\b", re.I)

_SYNONYMS = {
    "showed": ["demonstrated", "revealed", "found"], "demonstrated": ["showed", "proved"],
    "increased": ["rose", "went up"], "decreased": ["fell", "declined", "was reduced"],
    "higher": ["greater", "more elevated"], "lower": ["smaller", "reduced"],
    "significantly": ["markedly", "considerably", "substantially"], "patients": ["people", "subjects"],
    "patients with": ["people with", "those with", "individuals with"],
    "compared with": ["versus", "relative to", "in comparison with"],
    "compared to": ["versus", "relative to", "in comparison with"],
    "associated with": ["linked to", "related to", "correlated with"],
    "however": ["but", "nevertheless"], "effective": ["efficacious", "useful"],
    "treatment": ["therapy", "management"], "therapy": ["treatment"], "mortality": ["death", "deaths"],
    "risk": ["likelihood", "probability"], "observed": ["seen", "noted", "found"],
    "a higher": ["an increased", "a greater"], "a lower": ["a reduced", "a decreased"],
    "improved": ["got better", "was better"], "reduced": ["lowered", "diminished", "cut"],
    "important": ["major", "key"], "may": ["might", "could"], "children": ["paediatric patients"],
    "adults": ["adult patients"], "use of": ["using", "administration of"], "did not": ["failed to"],
    "no significant difference": ["no difference", "no statistically significant difference"],
    "common": ["frequent"], "rare": ["uncommon"], "during": ["over", "throughout"],
    "well tolerated": ["tolerated well"], "similar": ["comparable"], "women": ["female patients"],
    "men": ["male patients"], "cancer": ["malignancy"], "myocardial infarction": ["heart attack"],
    "hypertension": ["high blood pressure"], "adverse events": ["side effects", "harms"],
    "prevalence": ["frequency"], "outcome": ["result"], "outcomes": ["results"], "major": ["main"],
    "suggest": ["indicate", "imply"], "evidence": ["data"], "obtained": ["gained"], "caused": ["led to"],
    "prevent": ["avert", "avoid"], "indicate": ["suggest", "show"], "investigated": ["studied"],
}  # fmt: skip
_SAME = re.compile(r"\b(" + "|".join(sorted(_SYNONYMS, key=len, reverse=True)) + r")\b")

_AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|does|do|did|can|should|will|would)\b(?! not\b)"
)
_NEGATED = re.compile(
    r"\b(is|are|was|were|has|have|had|can|could|may|might|should|will|would) not\b"
)
_BASE = {"increased": "increase", "decreased": "decrease", "improved": "improve", "reduced": "reduce",
         "showed": "show", "affected": "affect", "caused": "cause", "prevented": "prevent",
         "led": "lead", "differed": "differ", "produced": "produce", "induced": "induce",
         "inhibited": "inhibit", "correlated": "correlate", "changed": "change", "had": "have",
         "increases": "increase", "improves": "improve", "reduces": "reduce", "affects": "affect",
         "causes": "cause", "prevents": "prevent", "leads": "lead", "plays": "play"}  # fmt: skip
_PLAIN_VERB = re.compile(r"(?<!was )(?<!were )(?<!been )(?<!be )(?<!is )(?<!are )(?<!an )(?<!a )(?<!the )\b("
                         + "|".join(_BASE) + r")\b")  # fmt: skip
_NO_SOMETHING = re.compile(r"\b[Nn]o (significant |evidence |clear |statistically significant )?")
_WITHOUT = re.compile(r"\bwithout\b")
_DID_NOT = re.compile(r"\b(?:did|does|do) not (\w+)")

_NUMBER = re.compile(r"(?<![\w.,-])\d+(?:[.,]\d+)?(?![\w,]|\.\d)")

_HEDGES = [
    (re.compile(r"\bmay be\b"), "is"), (re.compile(r"\bmight be\b"), "is"),
    (re.compile(r"\bcould be\b"), "is"), (re.compile(r"\bmay have\b"), "has"),
    (re.compile(r"\b(?:may|might|could|can) (?=[a-z]+\b)"), "will "),
    (re.compile(r"\b(?:is|was) associated with\b"), "causes"),
    (re.compile(r"\b(?:are|were) associated with\b"), "cause"),
    (re.compile(r"\bsuggest(?:s|ed)?\b"), "prove"), (re.compile(r"\bindicate[sd]?\b"), "prove"),
    (re.compile(r"\bappears? to be\b"), "is"), (re.compile(r"\bseems? to be\b"), "is"),
    (re.compile(r"\bpossibl[ey]\b"), "certainly"), (re.compile(r"\bprobably\b"), "definitely"),
    (re.compile(r"\blikely\b"), "certain"), (re.compile(r"\bpotential(?:ly)?\b"), "proven"),
    (re.compile(r"\btended to\b"), "did"), (re.compile(r"\bsome\b"), "all"),
    (re.compile(r"\bcorrelated with\b"), "caused by"), (re.compile(r"\bpromising\b"), "proven"),
]  # fmt: skip
_LOWERED = [
    (re.compile(r"\b(?:is|are) (?=\w+ed\b|effective|safe|useful|associated)"), "may be "),
    (re.compile(r"\b(improves|reduces|increases|prevents|causes|affects|leads)\b"), None),
    (re.compile(r"\bsignificantly "), ""), (re.compile(r"\bcauses\b"), "is associated with"),
    (re.compile(r"\bdemonstrate[sd]?\b"), "suggest"),
]  # fmt: skip

_POPULATIONS = [
    ["patients", "healthy volunteers"], ["children", "adults", "elderly patients", "infants"],
    ["women", "men"], ["mice", "humans"], ["rats", "patients"], ["male", "female"], ["boys", "girls"],
    ["adolescents", "older adults"], ["adult", "paediatric"], ["dogs", "people"],
    ["pregnant women", "postmenopausal women"], ["outpatients", "inpatients"], ["in vitro", "in patients"],
]  # fmt: skip
_COMPARES = re.compile(
    r"^(?P<a>.{4,60}?) (?P<v>(?:is|was|were|are|had|has|showed)\b[^.;]{0,60}?\b(?:higher|lower|greater|better|worse|superior"
    r"|inferior|longer|shorter|more \w+|less \w+)[^.;]{0,30}?) (?P<t>than|to|compared (?:with|to)|versus) (?P<b>(?:in |with |the |those |that )*[^,.;()]{3,50})"
)
_LEAD = re.compile(
    r"^(?:in conclusion|conclusions?|we (?:found|conclude|observed|showed?|demonstrated?)(?: here)? that|(?:our|these|the|the present) (?:results|findings|data|study)"
    r" (?:suggest|show|showed|indicate|demonstrate|demonstrated|suggested|indicated|confirm|reveal|revealed)(?: that)?|however|moreover|furthermore|in addition|overall"
    r"|therefore|thus|in summary|additionally|it is concluded that|it was found that)\b,? *",
    re.I,
)
_BRACKETS = re.compile(r" *[(\[][^()\[\]]{1,120}[)\]]")
_FRONTED = re.compile(
    r"^((?:In|Among|For|After|During|At|With|By|Within|Following) [^,]{4,60}), ([a-zA-Z].{20,})\.$"
)
_TAIL = re.compile(
    r",? (?:which|while|whereas|although|but|suggesting|indicating|and) [^.;]{12,}\.$"
)


def _cased(new: str, old: str) -> str:
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def flip_direction(sentence: str, rng: Random) -> str | None:
    """One word turned into its opposite."""
    found = list(_TURNS.finditer(sentence))
    if not found:
        return None
    match = rng.choice(found)
    new = _cased(_OPPOSITE[match[1].lower()], match[1])
    return sentence[: match.start()] + new + sentence[match.end() :]


def negate(sentence: str, rng: Random) -> str | None:
    """A "not" more or less."""
    for pattern, new in ((_NEGATED, r"\1"), (_DID_NOT, r"\1"), (_WITHOUT, "with")):
        if pattern.search(sentence):
            return pattern.sub(new, sentence, count=1)
    if match := _NO_SOMETHING.search(sentence):
        new = "A " + (match[1] or "") if match.start() == 0 else "a " + (match[1] or "")
        return sentence[: match.start()] + new + sentence[match.end() :]
    auxiliaries = list(_AUXILIARY.finditer(sentence))
    verbs = list(_PLAIN_VERB.finditer(sentence))
    if auxiliaries and (not verbs or rng.random() < 0.6):
        at = rng.choice(auxiliaries[:2]).end()
        return sentence[:at] + " not" + sentence[at:]
    if verbs:
        match = verbs[0]
        return sentence[: match.start()] + "did not " + _BASE[match[1]] + sentence[match.end() :]
    return None


def change_number(sentence: str, rng: Random) -> str | None:
    """One number made another of the same shape."""
    found = list(_NUMBER.finditer(sentence))
    if not found:
        return None
    match = rng.choice(found)
    old = match[0]
    value = float(old.replace(",", "."))
    places = len(re.split(r"[.,]", old)[1]) if re.search(r"[.,]", old) else 0
    for _ in range(8):
        new = f"{value * rng.choice([0.3, 0.5, 0.8, 1.2, 1.5, 2.0, 3.0]) + rng.choice([0, 1]):.{places}f}"
        if new != old and float(new) != value:
            return sentence[: match.start()] + new + sentence[match.end() :]
    return None


def raise_certainty(sentence: str, rng: Random) -> str | None:
    """A hedge made a fact, an association a cause."""
    open_ = [(p, new) for p, new in _HEDGES if p.search(sentence)]
    if not open_:
        return None
    pattern, new = rng.choice(open_)
    return pattern.sub(new, sentence, count=1)


def lower_certainty(sentence: str, rng: Random) -> str | None:
    """A fact made a possibility: what is so may be so."""
    open_ = [(p, new) for p, new in _LOWERED if p.search(sentence)]
    if not open_:
        return None
    pattern, new = rng.choice(open_)
    if new is None:
        return pattern.sub(lambda m: "may " + m[1].rstrip("s"), sentence, count=1)
    return pattern.sub(new, sentence, count=1)


def swap_population(sentence: str, rng: Random) -> str | None:
    """Children made adults, mice made people."""
    open_ = []
    for group in _POPULATIONS:
        for one in group:
            if match := re.search(rf"\b{one}\b", sentence, re.I):
                open_.append((match, [o for o in group if o != one]))
    if not open_:
        return None
    match, others = rng.choice(open_)
    new = _cased(rng.choice(others), match[0])
    return sentence[: match.start()] + new + sentence[match.end() :]


def swap_sides(sentence: str, _rng: Random) -> str | None:
    """From (A was better than B) to (B was better than A)."""
    match = _COMPARES.search(sentence)
    if not match:
        return None
    one, other = match["a"], match["b"].strip()
    rest = sentence[match.end() :]
    return f"{upper_first(other)} {match['v']} {match['t']} {one[:1].lower() + one[1:]}{rest}"


def turn_comparison(sentence: str, rng: Random) -> str | None:
    """From (A was higher than B) to (B was lower than A): the same thing."""
    swapped = swap_sides(sentence, rng)
    return flip_first_comparative(swapped) if swapped else None


def flip_first_comparative(sentence: str) -> str | None:
    pattern = r"\b(higher|lower|greater|better|worse|superior|inferior|longer|shorter|more|less)\b"
    match = re.search(pattern, sentence)
    if not match:
        return None
    new = {"greater": "smaller"}.get(match[1], _OPPOSITE[match[1]])
    return sentence[: match.start()] + new + sentence[match.end() :]


def paraphrase(sentence: str, rng: Random) -> str | None:
    """Up to three words replaced by others that mean the same."""
    wanted = rng.randint(1, 3)
    spots = list(_SAME.finditer(sentence))
    rng.shuffle(spots)
    if not spots:
        return None
    for match in sorted(spots[:wanted], key=lambda m: -m.start()):
        new = _cased(rng.choice(_SYNONYMS[match[1]]), match[1])
        sentence = sentence[: match.start()] + new + sentence[match.end() :]
    return sentence


def compress(sentence: str, rng: Random) -> str | None:
    """Without brackets, lead-in, and at times the last clause."""
    short = _BRACKETS.sub("", sentence)
    short = upper_first(_LEAD.sub("", short))
    if rng.random() < 0.4:
        cut = _TAIL.sub(".", short)
        short = cut if len(cut.split()) >= 7 else short
    return short if short != sentence and len(short.split()) >= 5 else None


def reorder(sentence: str, _rng: Random) -> str | None:
    """From (In adults, X did Y.) to (X did Y in adults.)."""
    match = _FRONTED.match(sentence)
    if not match:
        return None
    return f"{upper_first(match[2])} {match[1][:1].lower() + match[1][1:]}."
