"""Follow-ups made to stand alone from the parts of the thread: "and in women?", "what dose?", "botox".

What a follow-up names takes the place of the part of its kind in the question before: the people, the
disease, the intervention, the comparison, the outcome; an aspect ("what dose?") is asked of the
intervention in the same people; years, designs and narrower people are added. Kinds come from words
(`agent.planning.parts`), not from meaning; that is why the plan always shows what a follow-up became,
and the page lets it be changed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from agent.language.age_and_sex import read_vignette
from agent.language.question_words import key_words
from agent.plan import Meanings
from agent.planning.parts import Kind, Parts, Phrase, kind_of, read_parts, span_of
from agent.planning.pico import CHANGE, read_pico
from agent.planning.replacement import Place, lost, nearest_of, one_of_them, place_of, with_its_noun

# "Does oxytocin prevent it": whatever else is named, this is not.
_OBJECT = r"^(?:is|are|do|does|did|can|could|should|will)\b(?: (?!that\b|which\b|who\b)[\w-]+){1,5} (?:it|them)$"
# "For the operation, how long …": of an earlier question.
_OF_THE = r"(?:as for|for|with|about|on|regarding|re) the (?P<noun>[\w-]+)[,:] (?=(?:who|what|why|when|where|which|how|is|are|do|does|did|can|could|should|any)\b)"
# What opens a follow-up and adds nothing.
_OPENS = r"^(?:(?:and|but|or|so|ok(?:ay)?|then|also|now|hmm+|right|thanks|great|plus|again|still|even|sure|yes)[,:]? )+"
_ABOUT = r"^(?:what|how|wot|whta)(?:'s| is)? ?(?:about|abt|bout|of)\b |^(?:what|how) (?=if\b)|^(?:the )?same(?: thing| question| q)?(?: (?:but|for|in|with|goes for|true for|again))+ |^how (?:would|does) (?:that|this|it) (?:change|differ|look) (?:if|in|for|with) |^(?:any )?(?:difference|data|evidence|studies|info|luck) (?=(?:in|for|with|on)\b)|^try "
_TRAILING = r"(?:,? (?:too|as well|also|instead|though|please|pls|then|alone|now|either|at all))+$"
_PREPOSITION = r"(?:in|for|among|with|without|during|after|before|on|at|under|by|from|via|using|within|following|plus|given|if|when|as|through|until|beyond|over|above|below)"
_ASKS = r"(?:who|what|why|when|where|which|how|is|are|do|does|did|can|could|should|was|were|will|would|may|has|have)\b"
_PRONOUN = (
    r"\b(?:it|they|them|its|their|theirs)\b(?! (?:possible|known|necessary|important|likely|clear|advisable|true that|worth)\b)"
    r"|(?:^|\b(?:is|are|was|does|do|did|can|will|should|would|of|for|with|on|about|to|from|how|why|in|by|has|have|stop|stopping|start|starting|after|before) )(?:this|these|those|that)\b(?! (?:show|suggest|because|with|who|on|without|aged|in|at|over|under|having|taking|not|already|receiving|of)\b)|(?-i:\b(?:he|she|him|her|his)\b)(?!-)"
)
_POINTS_TO = r"\b(?:it|they|them|theirs|(?:this|that|these|those|the) (?:drug|treatment|therapy|medication|medicine|intervention|vaccine|test|disease|condition|procedure|operation|approach|method|agent|drugs|treatments|agents|medicines|tests)|this|these|those|that)\b"
_POSSESSIVE = r"\b(?:its|their)\b"
_PERSON = r"\b(?:(?:these|those|such) (?:patients|people|women|men|children|pts)|(?-i:he|she|him|her))\b(?!-)"
# "Is it safe to take aspirin?" has its object; "is it safe to take in pregnancy?" has not.
_EXPLETIVE = rf"\bit \w+ to \w+ (?!{_PREPOSITION}\b|and\b|it\b|them\b|this\b|that\b)\w"
_HOLDS = r"^(?:is|are|does|do|would|will) (?:it|this|that|they|these|the same|those) (?:also |still |be |hold |really )*(?:true|apply|applies|hold|the same|so|valid|the case|different)?(?: also| true| up)? ?(?=(?:in|for|to|with)\b)"
_YEARS = r",? (?:only |published )?(?:since|after|before|until|from|up to) (?:19|20)\d\d"
_CONDITION = (
    r"(?:(?:only |just |any(?:thing)? |but |the |more |newer |latest |recent |is there (?:any |an? )?|are there (?:any )?|show (?:me )?|limit(?:ed)? to |restrict(?:ed)? to |stick to |from |in |based on )*"
    r"(?:(?:papers?|stud(?:y|ies)|stuff|trials?|evidence|data|research|literature|reviews?|ones?|work|publications?) )?"
    r"(?:(?:published |from |in )*(?:since|after|before|until|from|pre|post|prior to|up to|in|between) ?-?(?:19|20)\d\d|randomi[sz]ed|rcts?\b|meta-?anal\w+|systematic|cochrane|umbrella|network meta|(?:in|over|from|within) the (?:last|past)|last (?:\d+|five|ten|two|three) (?:years|yrs|y)\b|past (?:\d+|five|ten|two|three|decade)|(?:recent|newer|latest|newest|new) (?:stud\w+|trials?|data|evidence|papers?|reviews?|rcts?)|observational|cohort|case (?:reports?|series)|real[- ]world|phase (?:3|2|iii|ii)|head[- ]to[- ]head|long[- ]term data|double[- ]blind|placebo[- ]controlled|human (?:trials?|studies|data)|animal (?:studies|data)|published|ongoing|(?:trials?|stud(?:y|ies)|rcts?|cohorts?|papers?|reviews?) (?:with|of|in|from|that|over|>|larger|longer)))"
)
_GUIDES = r"\b(?:guidelines?|guidance|recommend(?:ations?|s|ed)?|NICE|AHA|ESC|ACC|WHO|ADA|IDSA|consensus|experts?|cochrane|literature|evidence|proof)\b"
_ADVICE = r"^what (?:do|does|did|would) (?:the )?(?:[\w-]+ )?[\w-]+ (?:say|recommend|advise|suggest|think|state|conclude)\b(?: (?:on|about|for|regarding|here)\b(?: (?:it|that|this|them|these|those))?)?$"
_COMPARED = r"^(?:(?:how )?(?:is|does|do|are) (?:it|that|this|they|those) (?:compare[ds]? |stack up |measure up |fare |any )?(?:to |with |against )?|(?:and )?(?:compared|comparison|as opposed|relative|in contrast) (?:with|to)|compare (?:it |this |that |them )?(?:with|to)|head[- ]to[- ]head (?:with|against)|versus|vs\.?|v\.?|against|better than|worse than|superior to|safer than|cheaper than|more effective than|as good as|non-?inferior to|rather than|over) (?P<other>.+)$"
_COMPARES = r"^how (?:does|do|would|is|are|did) (?:it|that|this|they|these|those) (?:compare[ds]?|stack up|measure up|fare|perform)(?: (?:with|to|against|vs))? (?P<other>.+)$"
_WHICH = r"^(?:(?:so )?which(?: one| of (?:them|these|those|the two)| drug| option| is)?|what(?:'s| is) (?:the )?(?:better|best|safer|cheaper)|is one|any difference between (?:them|the two)|either)\b"
_WHICH_OF_TWO = r"(?:so )?which(?: one| of (?:them|these|those|the two))?(?: is| works| are)?(?: (?:the )?(?:better|best|safer|safest|cheaper|preferred|more effective|superior|first|less toxic|better tolerated))?$"
_SAYS_WRONG = r"^(?:(?:no|nope|sorry|oops|typo|correction|actually|wait|i meant?(?: to (?:say|ask|type|write))?|i mean|meant?|rather|scratch that|\*|my bad|make that|should (?:be|have been|say)|not that|edit|misspelt|that should (?:be|say|read))(?![\w-])[\s,:;.–—-]*)+"
_NOT_BUT = r"not (?:the |in |for )?[\w -]+?(?:,| but| -|;) ?[\w]"
_NOT = r",? ?(?:[-–—(] ?)?\b(?:not|instead of|rather than|and not)\b (?:the |in |for |a )?(?P<old>[^,)]+)\)?$"
_BACK = (
    r"(?:(?:going |coming |to go |to come |circling |turning |let'?s go )?back to|return(?:ing)? to|about|regarding|for|re|on|in|to)?:? ?(?:(?:the |my |that |your )(?:very )?|(?=\w+ (?:question|one|q|drug|topic)\b))(?:first|1st|original|earlier|initial|previous|former|other)(?: (?P<noun>question|one|drug|topic|q|treatment|test|thing|point|study|issue|subject|med|medication|agent|intervention|condition|disease))?(?: (?:i asked|again|though|you (?:gave|said)))?"
    r"|(?:going |coming |to go |circling |let'?s go |turning )?back to|return(?:ing)? to|(?:for|about|on|re|regarding|with) (?=(?:the )?[\w-]+ again\b)"
)
_AGAIN = r"(?:and |but )?(?:for|about|on|re|regarding|with) (?:the )?(?:[\w-]+ ){1,3}again\b"
_LED = rf"^(?:(?:and|but|ok|okay|so|now|hm+|right) ?,? ?)*(?:{_BACK})\b[\s,:;–—-]*"
_ESPECIALLY = r"(?:specifically|particularly|especially|namely|mainly|i\.?e\.?,?|say)\b "
_NARROWER = r"(?:(?:the )?(?:high|low|intermediate|moderate|mild|severe|very|acute|chronic|early|late|advanced|refractory|resistant|recurrent|metastatic|localised|localized|grade|stage|type|first|second|third|primary|secondary|newly|treatment|untreated|stable|unstable|critical|end[- ]stage|persistent|paroxysmal|uncomplicated|complicated|symptomatic|asymptomatic|large|small|multiple|bilateral|unilateral|previous|prior|known)[- ])"
_SETTING = r"(?:the )?(?:ICU|ED|ER|A&E|GP|OPD|NICU|PICU|UK|US|USA|NHS|EU|practice|primary care|hospital|community|general|real|clinic|theatre|surgery|total|combination|low|high|real)\b"
_ROUTE = r"\b(?:oral|injectable|injections?|injected|subcutaneous|sc|intravenous|iv|topical|inhaled|intranasal|nasal|transdermal|patch(?:es)?|intramuscular|im|sublingual|rectal|vaginal|intrathecal|epidural|intravitreal|depot|tablets?|capsules?)\b"
_STAGE = r"\b(?:types?|stages?|grades?|class|phase|group|line|degree|generation|category) (?:\d[ab]?|I+V?|one|two|three|[AB])\b"
_DOSE = r"\b\d+(?:\.\d+)? ?(?:mg|g|mcg|µg|ug|iu|units?|ml|%|weeks?|days?|months?|years?|hours?|h)\b(?:/kg|/day)?"
_ASPECT = re.compile(
    r"^(?:(?:the |any |its |their |typical |usual |best |optimal |recommended |max(?:imum)? |starting |loading |maintenance |serious |common |long[- ]term |short[- ]term |main )*"
    r"(?:dos(?:e|es|age|ing)|duration|how|when|what|which|who|where|side[- ]?effects?|adverse|adrs?|aes?|safety|safe|harms?|risks?|cost|costs?|price|cheap\w*|expens\w+|icer|qaly|cost[- ]effective\w*|worth|mechanism|moa|mode of action|pathophys\w*|contra-?indications?|interactions?|drug interactions|monitoring|half-?life|onset|frequency|timing|route|formulation|prevalence|incidence|epidemiology|prognosis|diagnosis|treatment|management|causes?|etiology|aetiology|symptoms?|prevention|screening|follow-?up|nnt|nnh|number needed|effect size|cut-?off|threshold|sensitivity|specificity|accuracy|ppv|npv|predictors?|risk factors?|biomarkers?|genetics?|complications?|alternatives?|availability|licen[sc]ed|approved|compliance|tolerability|pharmacokinetics|pk|loading|tapering|taper|stopping|withdrawal|weaning|overdose|antidote|reversal|efficacy|effectiveness|benefits?|outcomes?|quality of life|first[- ]line|second[- ]line|off-?label|first|gold standard|evidence|sample size|optimal|maximum|minimum))\b",
    re.IGNORECASE,
)
_ASPECT_END = r"(?:[\w-]+ )*(?:dos(?:e|es|age|ing)|duration|cut-?offs?|thresholds?|effects|costs?|risks?|interactions?|accuracy|half-life|onset|timing|targets?|schedule|regimens?|frequency|levels?|management|diagnosis|screening|monitoring|follow-?up|options|formulations?|indications|contraindications)$"
# What stands behind one of these excludes what stood behind it before, if near in meaning.
_EXCLUSIVE = frozenset("before after during via using by at under following on".split())
_HARMS = r"(?:(?:common|serious|long[- ]term|major|severe|any|main|worst) )*(?:side|adverse|safety|harms?|toxicity|cost|costs|efficacy|effectiveness|outcomes?|prognosis|risks?|sensitivity|specificity|accuracy|complications?|symptoms?|incidence|withdrawal|resistance|tolerab\w+)"
_DOSING = r"(?:(?:and|the|what|which|at|in|recommended|optimal|best|usual|starting|max|maximum|is|are) )*(?:dos(?:e|es|age|ing)|how (?:much|often)|titrat|mg|route|frequency|side|adverse|contraindications|interactions)"
_MECHANISM = r"^(?:(?:and |but )?why(?: is that| so| not)?|how so|how come|(?:by )?(?:what |which |the |any |possible |proposed |underlying )*(?:mechanisms?|moa|mode of action|pathophysiology|rationale|explanation|reason)(?: (?:behind|of|for)(?: (?:it|this|that))?| of action)?|how(?: does (?:that|this) happen| do they do (?:it|that)| exactly))$"
_PLURAL = {"is": "are", "does": "do", "was": "were", "has": "have"}
# A question with more words than this says what it is about, and so does one that has named this
# many things before its first pronoun: "drugs that have EGFR as their target".
_LONGEST = 16
_NAMED_BEFORE = 2
_FRAGMENT_WORDS = 4
# An exchange that takes more words than this away took more than one part.
_MOST_GONE, _FEW_GONE = 4, 2
_ASKED_FOR = r"risk factors?|causes?|predictors?|symptoms?|signs|complications?|side effects?|prevalence|incidence|prognosis|diagnosis|guidelines?"


class LocalRewriter:
    """The rules of this module, as a `Rewriter`."""

    def rewrite(
        self, question: str, previous: Sequence[str], meanings: Meanings | None = None
    ) -> str:
        asked = " ".join(question.split())
        if not previous or not points_back(asked):
            return asked
        return _tidy(_joined(asked, previous, meanings))


# Whether it is a follow-up


def points_back(question: str) -> bool:
    """Whether a question leans on the one before."""
    text = _plain(question)
    words = text.split()
    if _goes_back(text):
        return True
    if len(words) > _LONGEST:
        return False
    leading = (_OF_THE, r"(?:what|which) [\w-]+$", rf"{_SAYS_WRONG}\S", _NOT_BUT, r"head[- ]to[- ]head$", _ADVICE, _ABOUT, _COMPARED, _COMPARES, _MECHANISM)  # fmt: skip
    if any(_match(shape, text) for shape in leading):
        return True
    opened = re.match(_OPENS, text, re.IGNORECASE)
    rest = text[opened.end() :] if opened else text
    left = _cut(_CONDITION, rest)
    if left != rest and len(rest.split()) <= 8 and not _match(r"s? (?:of|on|for|about)\b", left) and len(_telling(left)) <= 1:  # fmt: skip
        return True
    if opened and not _match(_ASKS, rest):
        return True
    orders = r"(?:list|describe|name|explain|define|summari[sz]e|discuss|compare) \w"
    if _match(rf"{orders}|{_ASKS}|{_PREPOSITION} (?:which|what|whom|whose|how|where)\b", rest):
        return _leans(rest, opened=bool(opened))
    if read_vignette(text)[1] and len(words) <= 6 and not re.search(r",|\s[-–—]\s", text):
        return True
    if _match(rf"{_PREPOSITION}\b", rest):
        return (
            not re.search(rf",\s*{_ASKS}|[:?]|\s[-–—]\s", rest, re.IGNORECASE) and len(words) < 12
        )
    return _is_fragment(rest)


def _plain(question: str) -> str:
    text = " ".join(question.split()).rstrip("?.! ")
    text = re.sub(r"^((?:and |but |so )?(?:what|how|where|who))['’]?s (?=the\b|its\b|their\b|an?\b|it\b)", r"\1 is ", text, flags=re.IGNORECASE)  # fmt: skip
    found = _match(r"(?:any |what about |and )?(?P<whose>paediatric|pediatric|adult|geriatric|neonatal|obstetric|elderly|human) (?:data|evidence|studies|trials|patients|population)$", text)  # fmt: skip
    return f"in {found['whose']} patients" if found else text


def _goes_back(text: str) -> bool:
    found = _match(_LED, text)
    return bool(found and (found.end() < len(text)) and re.search(r"back|return|first|1st|original|earlier|initial|previous|former", found.group(), re.IGNORECASE)) or bool(_match(_AGAIN, text))  # fmt: skip


def _leans(text: str, *, opened: bool) -> bool:
    """Whether a question in whole words leaves open what it is about."""
    if re.search(_EXPLETIVE, text, re.IGNORECASE):
        return False
    if re.search(_OBJECT, text, re.IGNORECASE):
        return True
    found = re.search(_PRONOUN, text, re.IGNORECASE)
    before = _telling(text[: found.start()]) if found else []
    named = {kind_of(word) for word in before} & {Kind.TREATMENT, Kind.DISEASE}
    few = found and (
        found.end() == len(text)
        or not before
        or len(key_words(text[: found.start()])) < _NAMED_BEFORE
    )
    if few and not named and not _names(text):
        return True
    if _match(_WHICH, text) and len(text.split()) <= 5 and len(key_words(text)) <= 1:
        return True
    if re.search(_GUIDES, text, re.IGNORECASE) and not _telling(re.sub(_GUIDES, "", text, flags=re.IGNORECASE)):  # fmt: skip
        return True
    return (opened and not _names(text)) or not _telling(text)


def _names(text: str) -> bool:
    """Whether a question names what it is about, whatever pronouns it has besides."""
    named = read_pico(text).intervention
    return bool(named) and not re.search(
        rf"{_POINTS_TO}|{_POSSESSIVE}|{_PERSON}", named, re.IGNORECASE
    )


# Words of aspects and frames, which do not say what a question is about.
_FRAME = frozenset(
    """
    dose doses dosage dosing duration long often much many soon early late days weeks months years hours sessions times time day week month year mg side effect effects adverse events event safety safe
    harm harms risk risks cost costs price expensive cheap mechanism guideline guidelines recommend recommends recommended say says nice evidence studies study trials trial data first line needed need required take taken given
    give start stop stopped last continue monitor monitored best optimal maximum minimum starting usual typical serious common rare term one ones two both them it they this that there be also too else other alternatives alternative
    else happen happens work works working route frequency treatment treat treated duration available licensed approved better worse options option drug drugs stopping starting mortality death survival pain bleeding relapse recurrence outcome
    outcomes complications benefit benefits accuracy sensitivity specificity prognosis quality life efficacy who whom until age old till advise advises matter matters kind type intensity strong strength association reversible price prices per qaly icer nnt number effect size people patients we i you my should
    """.split()
)


def _telling(text: str) -> list[str]:
    """The words of a text that say what it is about."""
    return [
        word for word in key_words(text) if word.casefold() not in _FRAME and not word.isdigit()
    ]


def _is_fragment(text: str) -> bool:
    """Whether a text without a verb names one part of a question only."""
    if len(text.split()) <= 8 and re.search(r"^[^:,?]*\b(?:with|of|on|for|in|after|from) (?:it|them|this|that|these|those|the same)$", text, re.IGNORECASE):  # fmt: skip
        return True
    bare = re.sub(_TRAILING, "", text, flags=re.IGNORECASE)
    trailed = bare != text or _match(rf".*\bonly$|(?:only|just)\b|{_ESPECIALLY}", text)
    if re.search(r":\s|\?\s|\s[-–—]+\s|\b(?:vs\.?|versus)\b", bare):
        return False
    kind = kind_of(bare)
    head = re.split(r" (?:with|on|without|after) ", bare, maxsplit=1)[0]
    if kind_of(head) is Kind.GROUP and len(bare.split()) <= _FRAGMENT_WORDS:
        return True
    if len(bare.split()) == 2 and kind in {Kind.TREATMENT, Kind.DISEASE} and kind_of(bare.split()[0]) is not Kind.TREATMENT:  # fmt: skip
        return True
    telling = _telling(bare)
    kinds = {kind_of(word) for word in bare.split()} - {Kind.UNKNOWN}
    if trailed or (
        kind is Kind.GROUP and len(telling) <= 4 and not kinds & {Kind.OUTCOME, Kind.TREATMENT}
    ):
        return True
    # "pregabalin dose RLS" and "luspatercept clot risk" are whole questions.
    framed = len(telling) < len(key_words(bare)) or kinds & {Kind.OUTCOME, Kind.DISEASE}
    if Kind.TREATMENT in kinds and framed and len(telling) > 1:
        return False
    if _ASPECT.match(bare):
        return len(telling) <= 1
    joined = re.search(r"\w (?:in|for|of|and|to|from) \w", bare, re.IGNORECASE)
    if kind is Kind.OUTCOME and len(telling) <= 3 and not joined:
        return True
    if re.search(rf", (?:only|{_PREPOSITION})\b", bare) and len(bare.split()) <= 6:
        return True
    if (
        _match(_NARROWER, bare)
        and len(bare.split()) <= 6
        and Kind.TREATMENT not in kinds
        and not joined
    ):
        return True
    if (
        joined
        or re.search(r", |\w (?:on|with|after|during|by|at) \w", bare)
        or len(bare.split()) > _FRAGMENT_WORDS
    ):
        return False
    return len(telling) <= 2 or len(kinds) <= 1


# What it becomes


def _joined(asked: str, previous: Sequence[str], meanings: Meanings | None) -> str:
    """The follow-up with what it lacks taken from the question that it means."""
    text, base, about = _plain(asked), previous[-1].rstrip("?!. "), ""
    if found := _match(_OF_THE, text):
        done = [e for e in previous if re.search(_PROCEDURE, e, re.IGNORECASE)]
        operated = re.match(r"operation|surgery|procedure", found["noun"], re.IGNORECASE) and done
        base = nearest_of(found["noun"], done if operated else list(previous), meanings)
        base = base.rstrip("?!. ")
        text = text[found.end() :]
    elif _goes_back(text):
        text, base, about = _returned(text, [each.rstrip("?!. ") for each in previous])
        if not text:
            return base
    elif len(previous) > 1 and len(_telling(base)) <= 1 and kind_of(base) is Kind.UNKNOWN:
        # "which device is used most", asked of the question before, says too little by itself.
        base = f"{base} ({_topic(previous[-2].rstrip('?!. '))})"
    parts = _parts_of(base)
    if found := _match(_SAYS_WRONG, text):
        return _corrected(text[found.end() :], base, parts, meanings)
    instead = re.search(_NOT, text, re.IGNORECASE)
    if _match(_NOT_BUT, text) or (instead and instead["old"].casefold() in base.casefold()):
        return _corrected(text, base, parts, meanings)
    text = _cut(_OPENS, text)
    if found := _match(_HOLDS, text):
        text = _cut("^to ", text[found.end() :])
        text = text if _match(rf"{_PREPOSITION} ", text) else f"in {text}"
    text = _cut("^of ", _cut(_ABOUT, text)).strip(" ,")
    if about:
        named = span_of(Kind.TREATMENT, base) or parts.intervention or parts.subject
        filled = re.sub(_POINTS_TO, lambda _: named, text, count=1, flags=re.IGNORECASE)
        return filled if filled != text else f"{text} with {named}"
    return (
        _reason(text, base)
        or _compared(text, base, parts, previous)
        or _limited(text, base)
        or _advised(text, base)
        or _whole(text, base, parts, _pointed(text, base, parts))
        or _whole(text, base, parts, _asked_of(text, base, parts, previous))
        or _narrowed(text, base, parts, meanings)
        or _exchanged_one(_cut(_TRAILING, text), base, parts, meanings)
    )


def _whole(text: str, base: str, parts: Parts, composed: str) -> str:
    """What was composed, or where it lost what the last question was about, the text with that question."""
    if not composed:
        return ""
    gone = set(lost(base, composed))
    own = [each for each in read_parts(text).context if str(each) in text]
    if any(each.kind in {Kind.GROUP, Kind.DISEASE} for each in own):
        gone &= set(parts.intervention.split())
    if kind_of(parts.outcome) is Kind.OUTCOME:
        gone -= set(parts.outcome.split())
    # The verb of the last question may go.
    verb = re.search(rf"{re.escape(parts.intervention or '?')} (\w+)", base)
    gone -= {verb[1] if verb else "", *(word for word in gone if _match(rf"{CHANGE}$", word))}
    gone = {word for word in gone if word.casefold() not in _FRAME}
    if _match(rf"(?:what|which|how)?.*(?:{_ASKED_FOR})", parts.outcome):
        gone -= set(parts.outcome.split())
    named = parts.intervention
    # Read as one thing, a whole sentence was not understood.
    whole = _match(_ASKS, base) and (base in composed or re.search(rf" {CHANGE} ", named))
    if not gone and not whole:
        return composed
    if not whole and named and named in composed and len(gone) <= _FEW_GONE:
        return f"{composed} ({' '.join(word for word in base.split() if word.strip('?,.;:()') in gone)})"
    return f"{text} ({_topic(base)})"


def _parts_of(base: str) -> Parts:
    """The parts of a question that may itself have been made from two: "How long (aspirin in MI)"."""
    head, _, added = base.partition(" (")
    return read_parts(added.rstrip(")") if added and points_back(head) else head)


def _topic(base: str) -> str:
    """A question without what asks it."""
    base = re.sub(r" \((.+?)\)+", r", \1", base)
    return _cut(
        rf"^(?:(?:{_ASKS}(?:['’]s)?|there|any|the|often|long|many|much|an?|we|you|to|be)\b ?)+",
        base,
    )


def _returned(text: str, previous: list[str]) -> tuple[str, str, str]:
    """(what is left of the text, the question that it goes back to, the noun it is about)."""
    found = _match(_LED, text)
    assert found is not None
    rest, noun = text[found.end() :].strip(" ,:;-–—"), (found["noun"] or "").casefold()
    base = previous[0]
    rest = re.sub(r"^((?:the )?(?:[\w-]+ ){1,3})again\b[\s,:;–—-]*", r"\1- ", rest)
    if not re.search(r"first|1st|original|earlier|initial|previous|former|other", found.group(), re.IGNORECASE):  # fmt: skip
        named, _, left = rest.partition(",") if "," in rest else _colon(rest)
        words = {word.casefold().rstrip("s")[:5] for word in key_words(named)}
        base = max(previous, key=lambda each: sum(word in each.casefold() for word in words))
        if all(word in base.casefold() for word in words):
            rest = left.strip()
    of_thing = noun in {"drug", "treatment", "test", "med", "medication", "agent", "intervention"}
    return rest, base, noun if of_thing and kind_of(rest) is not Kind.GROUP else ""


def _colon(text: str) -> tuple[str, str, str]:
    pieces = re.split(r"[:;?]\s|\s[-–—]+\s", text, maxsplit=1)
    return pieces[0], "", pieces[1] if len(pieces) > 1 else ""


def _reason(text: str, base: str) -> str:
    """Ask “why?” and “mechanism?” of the whole question before."""
    if not _match(_MECHANISM, text):
        return ""
    lead = "Why" if _match(r"why|how come|reason", text) else "By what mechanism"
    return f"{lead}: {base}"


def _akin(one: Parts, other: Parts) -> bool:
    """Whether two questions share a phrase or name none."""
    shared = {each.text.casefold() for each in one.context}
    return not shared or not other.context or bool(shared & {e.text.casefold() for e in other.context})  # fmt: skip


def _compared(text: str, base: str, parts: Parts, previous: Sequence[str]) -> str:
    """Another comparison."""
    found = _match(_COMPARES, text) or _match(_COMPARED, text)
    if kind_of(text) is Kind.GROUP:
        return ""
    if found and not _match(r"(?:is|does|do|are) (?:it|that|this|they|those) (?!compare|to |with |against )", text):  # fmt: skip
        other = _cut(_TRAILING, found["other"])
        lead = _match(r"better than|worse than|superior to|safer than|cheaper than|more effective than|as good as|non-?inferior to", text)  # fmt: skip
        if lead and parts.intervention:
            what = _join(parts.intervention, lead.group(), other, parts.around())
            return f"Is {what}"
        plain = _without_comparison(base, parts)
        return f"{plain} compared with {other}"
    if not parts.comparison and (_match(_WHICH_OF_TWO, text) or _match("head[- ]to[- ]head$|how do they compare", text)):  # fmt: skip
        earlier = next((each.intervention for each in map(read_parts, reversed(previous[:-1])) if each.intervention and each.intervention != parts.intervention and _akin(each, parts)), "")  # fmt: skip
        if earlier and parts.intervention:
            parts = replace(parts, intervention=earlier, comparison=parts.intervention)
    if parts.comparison and _match("head[- ]to[- ]head$|how do they compare", text):
        return _join(parts.intervention, "compared with", parts.comparison, parts.around())
    if parts.comparison and _match(_WHICH, text) and len(_telling(text)) <= 1:
        asks = _cut(r"^(?:so )?(?:which one|which of (?:them|these|those|the two))", text)
        asks = text if _match(r"which", text) else f"which {asks}"
        asks = _cut(r"(?<=which) (?:one|of (?:them|these|those|the two))", asks)
        measured = kind_of(parts.outcome) is Kind.OUTCOME and len(asks.split()) <= 3
        both = f"{parts.intervention} or {parts.comparison}"
        return _join(f"{asks},", both, parts.around(), parts.outcome if measured else "")
    return ""


def _limited(text: str, base: str) -> str:
    """Years and designs are added; years before them go."""
    if not _match(_CONDITION, text) or len(_telling(_cut(_CONDITION, text))) > 3:
        return ""
    said = _cut(r"^(?:any|is there(?: any| an?)?|are there(?: any)?|show(?: me)?|but) ", text)
    return f"{_cut(_YEARS, base) if re.search(_YEARS, f' {text}') else base}, {said}"


def _advised(text: str, base: str) -> str:
    """What somebody says of the whole question before."""
    if not _match(_ADVICE, text):
        return ""
    lead = _cut(r"(?: (?:on|about|for|regarding|here))?(?: (?:it|that|this|them|these|those))?$", text)  # fmt: skip
    return f"{lead}: {base}"


def _pointed(text: str, base: str, parts: Parts) -> str:
    """Pronouns are filled in: the first by what the question was about, the next by what else."""
    if not re.search(rf"{_PRONOUN}|\bthe same$", text, re.IGNORECASE):
        return ""
    people = next((str(each.text) for each in parts.context if each.kind is Kind.GROUP), "")
    subject = parts.intervention or parts.subject or base
    if not parts.intervention and parts.comparison:
        subject = parts.subject
    several = re.search(r"\b(?:they|them|their|these|those)\b", text, re.IGNORECASE)
    if several and parts.intervention and _match(r"(?:[\w-]+ )?(?:effects|complications|symptoms|risk factors|events|causes)$", parts.outcome):  # fmt: skip
        subject = f"{parts.outcome} of {parts.intervention}"
    other = next((each.text for each in parts.context if each.kind is Kind.DISEASE), "")
    if kind_of(parts.outcome) is not Kind.OUTCOME:
        other = parts.outcome or other
    other = other or parts.outcome
    text = re.sub(r" (?:for|in|with) the same$", lambda _: f" for {other}", text, flags=re.IGNORECASE)  # fmt: skip
    filled = re.sub(r"\bwhen (?:that|this|it) (?:happens|occurs)\b", f"when {parts.outcome or other} occurs", text, flags=re.IGNORECASE)  # fmt: skip
    if people:
        filled = re.sub(_PERSON, people, filled, count=1, flags=re.IGNORECASE)
    if people:
        filled = re.sub(r"(?<=\b(?:in) )them$", people, filled, flags=re.IGNORECASE)
    filled = re.sub(_PERSON, other or subject, filled, flags=re.IGNORECASE)
    owner = f"{subject}'" if subject.endswith("s") else f"{subject}'s"
    filled = re.sub(_POSSESSIVE, owner, filled, count=1, flags=re.IGNORECASE)
    if subject not in filled:
        filled = re.sub(_POINTS_TO, lambda _: subject, filled, count=1, flags=re.IGNORECASE)
    filled = re.sub(_POINTS_TO, lambda _: other if other not in subject else "", filled, flags=re.IGNORECASE)  # fmt: skip
    own = read_parts(filled)
    said = own.context and any(e.kind in {Kind.GROUP, Kind.DISEASE} for e in own.context)
    context = "" if said else parts.around(outcome=False)
    if re.search(r"[^suia]s$", subject) and filled:
        first = filled.split()[0]
        filled = filled.replace(first, _PLURAL.get(first.casefold(), first), 1)
    return _join(filled, *(_new(context, filled)))


def _new(context: str, filled: str) -> list[str]:
    return [] if not context or context in filled else [context]


def _treated(parts: Parts, previous: Sequence[str]) -> Parts:
    """Where a dose is asked of a disease: the treatment of it that was asked about, else any."""
    for each in reversed(previous[:-1]):
        earlier = read_parts(each)
        if kind_of(earlier.intervention) is Kind.TREATMENT:
            return earlier
    if kind_of(parts.subject) is not Kind.DISEASE:
        return parts
    ill = Phrase("for", parts.subject, Kind.DISEASE)
    rest = tuple(phrase for phrase in parts.context if phrase.text != parts.subject)
    return Parts("treatment", "", "", (ill, *rest))


def _asked_of(text: str, base: str, parts: Parts, previous: Sequence[str]) -> str:
    """An aspect, asked of what the question was about."""
    if re.search(_GUIDES, text) and len(_telling(re.sub(_GUIDES, "", text, flags=re.IGNORECASE))) <= 1:  # fmt: skip
        return f"{text}: {base}"
    asks = _match(rf"(?:(?:for|in|at|to|by|from|with|on|over) )?{_ASKS}", text)
    ends = _match(_ASPECT_END, text) and len(text.split()) <= 4
    if not asks and not ends and not _ASPECT.match(text):
        return ""
    if not asks and kind_of(text) is Kind.OUTCOME and not _match(_HARMS, text):
        return ""
    if _match(_DOSING, text) and kind_of(parts.intervention) is not Kind.TREATMENT:
        parts = _treated(parts, previous)
    if asks and _names(text) and not _ASPECT.match(text):
        return _join(text, "with", parts.subject, parts.around(outcome=False))
    own = read_parts(text)
    said = any(each.kind in {Kind.GROUP, Kind.DISEASE} for each in own.context)
    measured = parts.outcome and kind_of(parts.outcome) is Kind.OUTCOME
    context = "" if said else parts.around(outcome=not measured)
    verb = re.search(r" (?:is|are|be|needed|take|given|continue|last|stop|start|works?|required|used|until|for|before|after|in)\b", text)  # fmt: skip
    link = "with" if verb or _match(r"(?:is|are|does|how|when|who|why|cost-effective|safe|worth|risks?|harms?|approved|licen)", text) else "of"  # fmt: skip
    return _join(text, link, parts.subject or base, context)


def _narrowed(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """A phrase behind a preposition, or what ends in "only", narrows the question or exchanges a part."""
    if read_vignette(text)[1] and not _match(rf"{_PREPOSITION} ", text):
        return f"{base} in a {_cut('^an? ', text)}"
    if found := _match(_ESPECIALLY, text):
        rest = text[found.end() :]
        return f"{base} {rest}" if _match(rf"{_PREPOSITION} ", rest) else f"{base}, {rest}"
    if _match(_NARROWER, text) and kind_of(re.split(rf" {_PREPOSITION} ", text, maxsplit=1)[0]) in {Kind.UNKNOWN, Kind.OUTCOME} and not re.search(rf"(?:{_HARMS})$", text):  # fmt: skip
        return f"{base}, {text}"
    return _only(text, base, parts) or _behind(text, base, parts, meanings)


def _only(text: str, base: str, parts: Parts) -> str:
    """What is named with "only"."""
    if _match(rf"(?:only |just |specifically |particularly )?{_PREPOSITION} ", text):
        return ""
    found = _match(r"(?:only |just |specifically |particularly )?(?P<rest>.+?)(?: only| specifically)?$", text)  # fmt: skip
    if not found or found["rest"] == text:
        return ""
    rest = found["rest"]
    if kind_of(rest) is Kind.GROUP and not _match(r"(?:those|ones)\b", rest):
        return _of_group(rest, base, parts)
    return f"{base}, {rest} only"


def _behind(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """What is named behind a preposition."""
    found = _match(rf"(?P<preposition>only in|only for|only with|specifically in|especially in|particularly in|just in|{_PREPOSITION}) (?P<rest>.+)$", text)  # fmt: skip
    if not found:
        return ""
    preposition, rest = found["preposition"], _cut(_TRAILING, found["rest"])
    first = re.split(rf" {_PREPOSITION} ", rest, maxsplit=1)[0]
    kind = kind_of(first)
    bare = preposition.split()[-1].casefold()
    if bare in {"in", "for", "among", "with"} and kind is Kind.GROUP and not _match(r"(?:those|ones|people who|patients who)\b", first):  # fmt: skip
        return _of_group(rest, base, parts, bare)
    place = place_of(rest, base, meanings) if bare in _EXCLUSIVE else None
    if place and re.search(rf"\b{bare} (?:the |an? )?$", base[: place.start], re.IGNORECASE):
        return place.filled(base, rest)
    if bare in {"in", "for"} and _other_disease(rest, kind, bare, parts):
        return _of_disease(rest, base, parts)
    if bare == "without":
        lacks = re.escape(rest)
        base = _cut(rf" with (?:[^ ]+ ){{0,3}}?{lacks}", base)
    if bare in {"with", "using"} and kind is Kind.TREATMENT and not parts.intervention:
        return f"{base} with {rest}"
    return f"{base} {preposition} {rest}"


def _other_disease(name: str, kind: Kind, preposition: str, parts: Parts) -> bool:
    """Whether what stands behind "in" or "for" takes the place of a disease, being no place itself."""
    if kind not in {Kind.DISEASE, Kind.UNKNOWN}:
        return False
    if kind is Kind.UNKNOWN and re.match(rf"{_SETTING}|(?-i:[A-Z][a-z])", name):
        return False
    return any(
        each.kind is Kind.DISEASE
        or (
            each.kind is Kind.UNKNOWN
            and each.preposition == preposition
            and not _match(_SETTING, each.text)
        )
        for each in parts.context
    )


def _of_group(group: str, base: str, parts: Parts, preposition: str = "in") -> str:
    """The last question about other people; what ails them stays, unless the follow-up names its own."""
    own = re.split(rf" (?={_PREPOSITION} )", group, maxsplit=1)
    named = len(own) > 1 and bool(_match("with |without ", own[1]))
    # "obese men" are others than "women with PCOS".
    named = named or bool(_match(r"(?:obese|healthy|overweight|diabetic|non-?diabetic)\b", own[0]))
    ails = kind_of(re.sub(r" \w+$", "", own[0])) in {Kind.DISEASE, Kind.OUTCOME}
    old = next((each for each in parts.context if each.kind is Kind.GROUP), None)
    if named or ails:
        base = _cut_phrases(base, parts, Kind.DISEASE)
    place = next((each for each in parts.context if re.match(r"(?:the )?(?:ICU|ED|community|primary care|hospital|emergency department|intensive care)\b", each.text, re.IGNORECASE)), None)  # fmt: skip
    if old and old.text in base:
        ill = re.sub(r"\s*\b(?:patients?|pts?|survivors?|people|adults?|children)$", "", old.text, flags=re.IGNORECASE)  # fmt: skip
        keeps = f" with {ill}" if kind_of(ill) is Kind.DISEASE and not (named or ails) else ""
        return re.sub(rf"\b(?:the )?{re.escape(old.text)}", lambda _: f"{group}{keeps}", base, count=1)  # fmt: skip
    if place and place.text in base and ails:
        return base.replace(place.text, group, 1)
    inner = re.search(r"\b(?P<old>(?:older |elderly |young |healthy |pregnant |adult )*(?:adults?|children|women|men|infants|elderly|patients|adolescents|neonates|boys|girls|kids))\b", base, re.IGNORECASE)  # fmt: skip
    if inner and not old:
        return f"{base[: inner.start()]}{group}{base[inner.end() :]}"
    head, tail = _tail(base)
    return f"{head} {preposition} {group}{tail}"


def _tail(base: str) -> tuple[str, str]:
    """A terse question and what is asked behind its dash or colon."""
    found = re.search(r"\s+[-–—]+\s+|:\s|,\s(?=(?:does|do|is|are|any)\b)", base)
    return (base[: found.start()], base[found.start() :]) if found else (base, "")


def _cut_phrases(base: str, parts: Parts, kind: Kind) -> str:
    for each in parts.context:
        if each.kind is kind:
            base = re.sub(rf",? \b{re.escape(each.preposition)} (?:the |an? )?{re.escape(each.text)}", "", base, count=1)  # fmt: skip
    return base


def _of_disease(disease: str, base: str, parts: Parts) -> str:
    """The last question of another disease."""
    named = [each.text for each in parts.context if each.kind is Kind.DISEASE]
    if kind_of(parts.outcome) is Kind.DISEASE:
        named.append(parts.outcome)
    if not named and kind_of(parts.intervention) is Kind.DISEASE:
        named.append(parts.intervention)
    if not named:
        named = [e.text for e in parts.context if e.kind in {Kind.UNKNOWN, Kind.OUTCOME}]
        named += [parts.outcome] if parts.outcome and kind_of(parts.outcome) is Kind.UNKNOWN else []
    if not named and (span := span_of(Kind.DISEASE, base)):
        named.append(span)
    if not named and kind_of(parts.intervention) is not Kind.TREATMENT:
        named.append(parts.intervention)
    if not named and (parts.comparison or kind_of(parts.intervention) is Kind.TREATMENT):
        return _measured(disease, parts, base)
    if not named or named[0] not in base:
        return f"{base} in {disease}"
    old = named[0]
    # "treatment of diagnosing chlamydia": the verb before stays.
    old = _cut(r"^(?:diagnosing|preventing|treating|maintaining|prevention of|treatment of|risk of) ", old)  # fmt: skip
    return base.replace(old, disease, 1)


def _exchanged_one(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """What became of an exchange, or where more than one part is gone by it, the text with all of them."""
    became = _exchanged(text, base, parts, meanings)
    gone = set(lost(base, became))
    if kind_of(parts.outcome) is Kind.OUTCOME:
        gone -= set(parts.outcome.split())
    return f"{text} ({_topic(base)})" if len(gone) > _MOST_GONE else became


def _exchanged(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """A bare name takes the place of what is nearest to it in meaning, else of the part of its kind."""
    kind = kind_of(text)
    first = kind_of(re.split(rf" {_PREPOSITION} |,", text, maxsplit=1)[0])
    if kind is Kind.UNKNOWN or (first is Kind.OUTCOME and kind is not Kind.GROUP):
        kind = first
    if re.fullmatch(rf"(?:the )?{_ROUTE}(?: (?:form|route|version))?", text, re.IGNORECASE):
        return _routed(_cut("^the ", text), base, parts)
    if kind is Kind.UNKNOWN and (alike := _alike(text, base, _VERY_ALIKE)):
        return base.replace(alike, text, 1)
    place = None if "," in text else place_of(text, base, meanings, parts.intervention)
    if place and one_of_them(text):
        return place.filled(base, with_its_noun(text, base, place))
    if Kind.GROUP in {kind, first}:
        other = _of_group(text, base, parts)
        # Where no people were found to be exchanged, what is nearest may be people all the same.
        return place.filled(base, text) if place and not lost(base, other) else other
    if place and (kind is not Kind.OUTCOME or _measures(place, base, parts)):
        return place.filled(base, text)
    if meanings and not place and kind is Kind.UNKNOWN and "," not in text:
        return f"{text} ({_topic(base)})"
    return _by_kind(text, kind, base, parts)


def _measures(place: Place, base: str, parts: Parts) -> bool:
    """Whether an outcome stands in a place, and none elsewhere."""
    elsewhere = kind_of(parts.outcome) is Kind.OUTCOME
    return not elsewhere and kind_of(base[place.start : place.end]) is Kind.OUTCOME


def _by_kind(text: str, kind: Kind, base: str, parts: Parts) -> str:
    """A bare name in the place of the part of its kind."""
    if kind is Kind.DISEASE:
        if "," in text and any(e.kind is Kind.GROUP for e in parts.context):
            return f"{base}, {text}"
        return _of_disease(text, base, parts)
    if kind is Kind.OUTCOME:
        return _measured(text, parts, base)
    if "," in text:
        return f"{base}, {text}"
    return _done_instead(text, kind, base, parts)


def _done_instead(text: str, kind: Kind, base: str, parts: Parts) -> str:
    """Another intervention, or what looks like another word of the question."""
    old = parts.intervention
    if kind is Kind.TREATMENT and kind_of(old) is not Kind.TREATMENT:
        old = span_of(Kind.TREATMENT, base) or old
    if not old or old not in base:
        return _join(text, parts.around())
    return base.replace(old, text, 1)


def _measured(text: str, parts: Parts, base: str) -> str:
    """Another outcome of the same."""
    context = parts.around(outcome=False)
    if parts.comparison or any(e.kind is Kind.DISEASE for e in parts.context):
        # What was measured before stood behind "for".
        others = tuple(e for e in parts.context if e.kind is not Kind.OUTCOME)
        context = replace(parts, context=others).around(outcome=False)
    if kind_of(parts.intervention) is Kind.DISEASE or not parts.intervention:
        return _join(text, "of" if parts.subject else "", parts.subject or base, context)
    if kind_of(parts.outcome) is Kind.OUTCOME and parts.outcome in base:
        return base.replace(parts.outcome, text, 1)
    do = "Do" if re.search(r"[^suia]s$", parts.intervention) else "Does"
    against = f"compared with {parts.comparison}" if parts.comparison else ""
    if re.search(r"^(?:safe|safer|tolerated)", text, re.IGNORECASE):
        return _join("Is", parts.subject, text, context)
    return _join(do, parts.intervention, "affect", text, against, context)


def _routed(text: str, base: str, parts: Parts) -> str:
    """The same by another route."""
    if not re.search(_ROUTE, text, re.IGNORECASE) or len(_telling(text)) > 2:
        return ""
    route = _cut(r" (?:form|formulation|one|version|route|preparation|kind)s?$", text)
    subject = parts.intervention or parts.subject
    plain = " ".join(re.sub(_ROUTE, "", subject, flags=re.IGNORECASE).split()) or subject
    rest = re.sub(_ROUTE, "", base.replace(subject, "\0", 1), flags=re.IGNORECASE)
    return rest.replace("\0", plain if plain in route else f"{route} {plain}", 1)


def _corrected(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """What was wrong is exchanged: what is named as such, what looks alike, else the part of its kind."""
    whole, text = text, _cut(_SAYS_WRONG, text).strip(" ,;:-–—")
    old = ""
    if found := _match(r"not (?P<old>[^,;–—]+?)(?:,| but| -|;) ?(?:but )?(?P<new>.+)$", whole):
        text, old = found["new"], found["old"]
    elif found := re.search(_NOT, text, re.IGNORECASE):
        text, old = text[: found.start()].strip(" ,(-–—"), found["old"].strip(" )")
    if not text:
        return base
    text = _cut(r"^(?:the|in|for|about) (?=\w)", text)
    if old and (said := re.search(rf"\b{re.escape(old)}\b", base, re.IGNORECASE)):
        return f"{base[: said.start()]}{text}{base[said.end() :]}"
    for pattern in (_STAGE, _DOSE):
        if re.search(pattern, text, re.IGNORECASE) and (said := re.search(pattern, base, re.IGNORECASE)):  # fmt: skip
            return f"{base[: said.start()]}{text}{base[said.end() :]}"
    if routed := _routed(text, base, parts):
        return routed
    if alike := _alike(text, base):
        return base.replace(alike, text, 1)
    if kind_of(text) is Kind.OUTCOME and parts.outcome and parts.outcome in base:
        return base.replace(parts.outcome, text, 1)
    if found := _match(rf"(?P<preposition>{_PREPOSITION}) (?P<rest>.+)$", text):
        text = found["rest"]
        wrong = next((e for e in parts.context if e.preposition == found["preposition"]), None)
        if wrong and str(wrong) in base:
            return base.replace(str(wrong), f"{wrong.preposition} {text}", 1)
    return _exchanged(text, base, parts, meanings)


_PROCEDURE = r"\b(?:surgery|surgical|replacement|operation|repair|transplant\w*|section|resection|bypass|\w+ectomy|\w+plasty|\w+scopy|\w+otomy)\b"
_ALIKE, _VERY_ALIKE = 0.6, 0.8
_SHORTEST_ALIKE = 4


def _alike(text: str, base: str, least: float = _ALIKE) -> str:
    """The words of the last question that look like these, "" where none does."""
    wanted, words = text.casefold(), base.split()
    size = len(text.split())
    spans = [" ".join(words[at : at + size]).strip("?,.;:") for at in range(len(words) - size + 1)]
    scored = [
        (SequenceMatcher(None, wanted, span.casefold()).ratio(), span)
        for span in spans
        if len(span) >= _SHORTEST_ALIKE
        and kind_of(span) is not Kind.GROUP
        and not _match(rf"{_PREPOSITION}\b", span)
    ]
    score, best = max(scored, default=(0.0, ""))
    return best if score >= least and best.casefold() != wanted else ""


def _without_comparison(base: str, parts: Parts) -> str:
    if not parts.comparison:
        return base
    old = re.escape(parts.comparison)
    return re.sub(rf",? (?:compared (?:with|to)|versus|vs\.?|v\.?|than|over|or) {old}", "", base)


def _match(pattern: str, text: str) -> re.Match[str] | None:
    return re.match(pattern, text, re.IGNORECASE)


def _cut(pattern: str, text: str) -> str:
    return re.sub(pattern, "", text, flags=re.IGNORECASE)


def _join(*pieces: str) -> str:
    return " ".join(piece for piece in pieces if piece)


def _tidy(text: str) -> str:
    """One line that begins with a capital and ends as a question."""
    text = re.sub(r"\s+([,;:?])", r"\1", " ".join(text.split())).strip(" ,;:.?")
    first = text.split(" ", 1)[0]
    return f"{text[:1].upper() if first.islower() else text[:1]}{text[1:]}?"
