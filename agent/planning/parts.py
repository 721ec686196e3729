"""The parts of a question with their own words: what is done or had, against what, to whom, for what.

`read_pico` knows the shapes of whole questions; here terse ones are read too ("nusinersen for SMA
type 1 - survival benefit?"), and every phrase gets a kind, so that one part can be exchanged for
another of its kind. All parts stand in the question word for word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from agent.language.lexicon import read_words
from agent.language.synonyms import drug_names
from agent.planning.pico import read_pico


class Kind(Enum):
    """What a phrase names."""

    GROUP = auto()
    DISEASE = auto()
    TREATMENT = auto()
    OUTCOME = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase behind its preposition."""

    preposition: str
    text: str
    kind: Kind

    def __str__(self) -> str:
        return f"{self.preposition} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Parts:
    """`context` are the phrases that say in whom, for what and when."""

    intervention: str = ""
    comparison: str = ""
    outcome: str = ""
    context: tuple[Phrase, ...] = ()

    @property
    def subject(self) -> str:
        """What the question is about: the intervention with its comparison, or the first phrase."""
        if self.intervention and self.comparison:
            return f"{self.intervention} vs {self.comparison}"
        return self.intervention or (self.context[0].text if self.context else self.outcome)

    def around(self, *, outcome: bool = True) -> str:
        """The context, with the outcome where it is a disease or, if wanted, anything but a measure."""
        said = [str(each) for each in self.context if each.text not in self.subject]
        kind = kind_of(self.outcome)
        keeps = kind is Kind.DISEASE or (outcome and kind is not Kind.OUTCOME)
        if self.outcome and self.outcome not in self.subject and keeps:
            said.insert(0, f"for {self.outcome}")
        return " ".join(said)


_GROUP_NOUN = (
    r"(?:wom[ae]n|m[ae]n|child(?:ren)?|adults?|infants?|newborns?|neonates?|bab(?:y|ies)|toddlers?|adolescents?|teen(?:s|agers?)?|girls?|boys?|males?|females?|elderly|seniors?|octogenarians?|nonagenarians?|people|patients?|pts?|persons?|individuals?"
    r"|smokers?|athletes?|runners?|pregnanc(?:y|ies)|kids?|mice|rats|animals?|dogs?|cats?|humans?|nurses|doctors|workers|students|veterans|survivors?|residents?|recipients?|carriers?|mothers?|mums?|users|drinkers|vegans?|vegetarians?|youth"
    r"|diabetics|non-?diabetics|asthmatics|inpatients|outpatients|volunteers|drivers|refugees|prisoners|primiparas|nulliparous|multiparous|breast-?feeding|lactation|lactating|preemies|over-?\d0s?|under-?\d+s?|\d0s|the old|the young|preschoolers|schoolchildren|centenarians"
    r"|pregnant(?: ones?| ppl)?|ppl|blacks|asians|caucasians|hispanics|ones|those)"
)
_GROUP = re.compile(
    rf"^(?:the )?(?:[\w/'’-]+ ){{0,4}}?{_GROUP_NOUN}$|^(?:over|under|above|below|older than|younger than|aged?|age) ?(?:the age of )?[<>]?\d+.*$|^(?:>|<|≥|≤) ?\d\d\b.*$|^\d+(?:-| )?(?:year|yr|month|yo|y/o).*$|^\d\d ?[MF]\b.*$|^(?:non-?)?pregnant$|^(?:postpartum|post-?partum|post-?menopausal|peri-?menopausal|perinatal|antenatal|obese|frail|paediatrics?|pediatrics?|neonatal|immunocompromised|immunosuppressed|non-?smokers?|mouse|rodents?|in vitro)$",
    re.IGNORECASE,
)
_MEASURE = (
    r"mortality|survival|deaths?|dying|die|surviv\w+|quality of life|qol|side[- ]effects?|adverse (?:events?|effects?|reactions?)|safety|safe|harms?|toxicity|tolerab\w+|bleed(?:ing|s)?|h[ae]+morrhage|pain|costs?|cost-effective\w*|hospitali[sz]ations?|admissions?|readmissions?"
    r"|relapses?|recurrence|remission|symptoms?|prognosis|outcomes?|complications?|falls?|cognition|cognitive \w+|memory|blood pressure|bp|weight(?: loss| gain)?|bmi|length of stay|los|icu stay|hospital stay|function(?:al \w+)?|disability|efficacy|effectiveness|survival benefit"
    r"|hba1c|a1c|ldl|cholesterol|glucose|lipids|egfr|creatinine|proteinuria|lvef|ejection fraction|healing|infection rates?|rates?|incidence|fatigue|sleep|mood|anxiety|nausea|vomiting|itch(?:ing)?|fertility|pregnancy rates?|live births?|birth ?weight|growth|height|hearing|vision|visual acuity|exacerbations?|attacks?"
    r"|fractures?|bone density|bmd|strength|mobility|satisfaction|adherence|return to (?:work|sport|play)|sexual function|libido|withdrawal|dependence|resistance|reinfection|seizure freedom|seizures|progression|pfs|os|response rates?|cure rates?|success rates?|thrombosis|clots?|strokes?|mi|heart attacks?|arrhythmias?|liver damage|hepatotoxicity|nephrotoxicity|kidney function|renal function"
    r"|dementia|cancer risk|delirium|hypoglyc\w+|hypotension|qt prolongation|dvt|vte|scarring|scars|blood loss|hb|conversion|reintervention|revision rates?|accuracy|sensitivity|specificity"
)
_OUTCOME = re.compile(rf"\b(?:{_MEASURE})\b", re.IGNORECASE)
_DISEASE_END = re.compile(
    r"(?:itis|osis|oses|oma|omas|emia|aemia|pathy|pathies|algia|plegia|paresis|phrenia|trophy|sclerosis|uria|rrhoea|rrhea|ectasis|penia|phobia|lepsy|megaly|cele|stenosis|dystonia|plasia|itides|iasis|cytosis)$",
    re.IGNORECASE,
)
_TREATMENT_END = re.compile(
    r"(?:mab|nib|nibs|statin|statins|pril|prils|sartan|sartans|olol|gliptin|gliptins|gliflozin|gliflozins|glutide|tide|parin|xaban|xabans|gatran|grel|azole|azoles|cillin|cycline|mycin|floxacin|vir|prazole|setron|triptan|triptans|zepam|azepine|barbital|caine|ectomy|otomy|ostomy|plasty|scopy|therapy|therapies|pexy|desis|graft|inhibitors?|agonists?|antagonists?|blockers?|vaccines?|vitamin|acid|oxetine|pramine|idone|tadine|profen|coxib|sone|solone|asone|onide|terol|tropium|kinra|cept|limus|platin|taxel|rubicin|parib|ciclib|lukast|dronate|fibrate|thiazide|semide|lactone|toin|gabalin|gabapentin|razepam|triptyline)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=2)
def _words(name: str) -> frozenset[str]:
    return read_words(f"{name}.txt")


@lru_cache(maxsize=1)
def _generics() -> frozenset[str]:
    return frozenset(word for name in drug_names().values() for word in name.split() if word[3:])


def kind_of(phrase: str) -> Kind:
    """What a phrase names, by its last telling word."""
    text = re.sub(r"^(?:the|a|an|any|some) |’", "", phrase.strip(" ?.,")).casefold()
    if not text:
        return Kind.UNKNOWN
    if _GROUP.match(text):
        return Kind.GROUP
    words = re.findall(r"[\w’'+/-]+", text)
    if re.search(rf"(?:^|\b)(?:{_MEASURE})$|^(?:{_MEASURE})\b", text) and not (
        words[-1] in _words("diseases") and len(words) == 1 and words[-1] != "delirium"
    ):
        return Kind.OUTCOME
    for word in reversed(words):
        if word in _words("diseases") or _DISEASE_END.search(word):
            return Kind.DISEASE
        if (
            word in _words("treatments")
            or word in drug_names()
            or word in _generics()
            or _TREATMENT_END.search(word)
        ):
            return Kind.TREATMENT
    return Kind.OUTCOME if _OUTCOME.search(text) else Kind.UNKNOWN


def span_of(kind: Kind, text: str) -> str:
    """The first words of a text that name something of a kind, "" where none do."""
    words = [word.strip("?,.;:") for word in text.split()]
    for start, word in enumerate(words):
        if kind_of(word) is kind:
            end = start + 1
            while end < len(words) and kind_of(words[end]) is kind:
                end += 1
            return " ".join(words[start:end])
    return ""


_PREPOSITION = r"(?:in|for|among|with|without|during|after|before|following|against|on|at|under|from|as|when|who|within|while)"
_WORDS = r"(?:what|which|how|why|when|where|who|is|are|was|were|do|does|did|can|could|should|would|will|may|might|has|have|any|list|tell)\b"
_TAIL = re.compile(r"\s+[-–—]+\s+|:\s+|;\s+|,\s+(?=(?:does|do|is|are|did|can|will|any|what|how|which)\b)|\?\s+", re.IGNORECASE)  # fmt: skip
_MEASURED = re.compile(r"(?<=\w) ((?:incidence|prevalence|mortality|dos(?:e|age|ing)|rates?|success rates?|risks?|survival|prognosis|side effects|mechanism|cost|guidelines?|duration)(?: rates?)?)$", re.IGNORECASE)  # fmt: skip
_VERSUS = re.compile(r"\s+(?:vs\.?|versus|v\.?|compared (?:with|to)|or)\s+", re.IGNORECASE)
# Shapes that `read_pico` leaves open.
_OPEN = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        r"^(?:what|which)(?: is| are|'s| was| were) (?:the )?(?P<o>[\w -]*?)(?: rates?| risks?)? (?:of|for|with|from|on|to|between) (?P<i>.+)$",
        r"^how (?:should|is|are|do|does|can|to|was|were) (?:we |i |you |one )?(?:treat |manage |diagnose |monitor |prevent |dose |give )?(?:the )?(?P<i>.+?)(?: (?:be )?(?:treated|managed|diagnosed|monitored|given|dosed|prevented|used|work|spread|transmitted|inherited|caused))?$",
        r"^which (?P<i>(?:[\w-]+ ){0,2}?[\w-]+) (?:is|are|was|were) (?:the )?(?:most |best |more |least )?(?:effective|tolerated|useful|best|safe|safest|recommended|indicated|preferred|first|approved|licen[sc]ed|available|used|good|better)\b",
        r"^(?:what|which)(?: [\w-]+)?? (?:causes?|predicts?|prevents?|triggers?|treats?|helps?|is|are|increases?|reduces?|affects?|influences?) (?:the )?(?P<i>.+)$",
        r"^(?:how (?:long|often|much|many|soon|common|accurate|sensitive|effective|safe|good|well|likely|fast|reliable|prevalent)|when|which [\w-]+|what [\w-]+)(?: [\w-]+)? (?:should|is|are|do|does|can|did|has|have|must|to)(?: a| the| we| i)? (?P<i>.+?)(?: (?:be|continue|last|take|work|given|used|start|stop|recommended|needed|required)\b.*)?$",
        r"^(?:is|are|was|were|do|does|did|can|should|will|has|have|could|would) (?:there (?:an? |any )?[\w -]+? (?:for|of|that|between) )?(?:the )?(?P<i>[\w/'’+-]+(?: [\w/'’+-]+){0,3}?) (?:a|an|the|be|been|cause|raise|cut|lead|help|work|have|get|make|beat|still|really|more|as|contraindicated|associated|useful|sensitive|good|needed|necessary|needing|stop|cure|safe|effective|reduce|improve|increase|shorten|lower|prevent|ever)\b(?P<o>.*)$",
        r"^(?:is|are|do|does|can|should|we|i|you)(?: we| i| you| one)? (?:use|give|start|stop|screen|treat|prescribe|offer|add) (?P<i>.+)$",
    )
)
_ASKED = re.compile(
    r"^(?:the )?(?:risk factors?|causes?|predictors?|symptoms?|signs|complications?|side effects?|prevalence|incidence|prognosis|diagnosis|treatments?|drugs?|medications?|options|guidelines?)$",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"^(?:the )?(?:role|use|effects?|efficacy|outcomes?|dos(?:e|age|ing)|safety|impact|benefits?|risks?|side effects|prognosis|diagnosis|treatment|management|prevalence|accuracy|value|incidence|causes?|symptoms?|best treatment|first line(?: treatment)?) (?:of|for|with) ",
    re.IGNORECASE,
)


def read_parts(question: str) -> Parts:
    """The parts of a question, as far as they show."""
    text = " ".join(question.split()).strip("?.! ")
    if re.match(_WORDS, text, re.IGNORECASE):
        return _of_sentence(text)
    head, *tails = _TAIL.split(text, maxsplit=1)
    tail = tails[0] if tails else ""
    tail = re.sub(
        r"^(?:does|do|is|are|did|can|will|any) (?:it|they|this)?\b ?(?:improve|reduce|increase|help|lower|affect|cause|prevent|work|effective|safe)?\b ?(?:for |in )?",
        "",
        tail,
        flags=re.IGNORECASE,
    )
    named, context = _split(_LEADING.sub("", head))
    if measured := _MEASURED.search(named):
        named, tail = named[: measured.start()], tail or measured[1]
    first, *second = _VERSUS.split(named, maxsplit=1)
    linked = first.split(" and ", 1)
    if (
        not second
        and len(linked) > 1
        and kind_of(linked[0]) is Kind.TREATMENT is not kind_of(linked[1])
    ):
        first, tail = linked[0], linked[1]
    return Parts(first, second[0] if second else "", tail, context)


def _of_sentence(text: str) -> Parts:
    pico = read_pico(text)
    intervention, comparison, outcome, population = (
        each if each in text else ""
        for each in (pico.intervention, pico.comparison, pico.outcome, pico.population)
    )
    if not intervention:
        rest = text
        if population:
            at = text.rfind(population)
            rest = re.sub(
                rf" {_PREPOSITION}(?: the| an?)?$", "", text[:at].rstrip(), flags=re.IGNORECASE
            )
        for shape in _OPEN:
            if found := shape.match(rest):
                intervention = found["i"]
                if _ASKED.match(intervention):
                    intervention, outcome = "", intervention
                outcome = outcome or (found.groupdict().get("o") or "").strip()
                break
    if not intervention:
        intervention, said = _first_named(text, population)
        outcome = outcome or said
    people: tuple[Phrase, ...] = ()
    if kind_of(intervention) is Kind.GROUP and outcome:
        people = (Phrase("in", intervention, Kind.GROUP),)
        intervention, outcome = outcome, ""
    intervention, before = _split(intervention)
    outcome, behind = _split(outcome)
    inner = _context(population, _before(text, population)) if population else ()
    return Parts(intervention, comparison, outcome, (*people, *before, *behind, *inner))


def _first_named(text: str, population: str) -> tuple[str, str]:
    """(intervention, outcome) of "does secukinumab clear psoriasis", by the first word with a kind."""
    found = re.match(
        r"(?:is|are|was|were|do|does|did|can|could|should|would|will|may|might|has|have) (.+)$",
        text,
        re.IGNORECASE,
    )
    if not found:
        return "", ""
    rest = found[1]
    if population and population in rest:
        rest = re.sub(rf" {_PREPOSITION}(?: the| an?)?$", "", rest[: rest.rfind(population)].rstrip())  # fmt: skip
    words = rest.split()
    for size in range(1, min(5, len(words)) + 1):
        if kind_of(words[size - 1]) is Kind.GROUP and size + 1 < len(words):
            verb = next((at for at in range(size, len(words)) if words[at] in _NEEDS), 0)
            return (" ".join(words[:verb]), " ".join(words[verb + 1 :])) if verb else ("", "")
        if kind_of(words[size - 1]) in {Kind.TREATMENT, Kind.DISEASE}:
            end = size
            while end < len(words) and kind_of(words[end]) in {Kind.TREATMENT, Kind.DISEASE}:
                end += 1
            return " ".join(words[:end]), " ".join(words[end + 1 :])
    return "", ""


_NEEDS = frozenset(
    "need get have take receive require benefit use develop tolerate respond".split()
)


def _before(text: str, phrase: str) -> str:
    found = re.search(rf"\b({_PREPOSITION}) (?:the |a )?{re.escape(phrase)}", text, re.IGNORECASE)
    return found[1] if found else "in"


def _split(text: str) -> tuple[str, tuple[Phrase, ...]]:
    """(the words before the first preposition, the phrases behind)."""
    found = re.search(rf"(?<=\w) (?={_PREPOSITION} \w)", text, re.IGNORECASE)
    if not found:
        return text.strip(" ,"), ()
    return text[: found.start()].strip(" ,"), _context(text[found.end() :], "")


def _context(text: str, preposition: str) -> tuple[Phrase, ...]:
    pieces = re.split(rf"(?:^|,? )(?=(?:{_PREPOSITION}) )", f"{preposition} {text}".strip(), flags=re.IGNORECASE)  # fmt: skip
    phrases = []
    for piece in filter(None, pieces):
        word, _, rest = piece.partition(" ")
        phrases.append(Phrase(word, rest.strip(" ,"), kind_of(rest)))
    return tuple(each for each in phrases if each.text)
