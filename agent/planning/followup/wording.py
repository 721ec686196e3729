"""Patterns and words that recognising a follow-up and composing it share."""

from __future__ import annotations

import re

from agent.language.question_words import key_words
from agent.planning.pico import read_pico

# "For the operation, how long …": of an earlier question.
OF_THE = r"(?:as for|for|with|about|on|regarding|re) the (?P<noun>[\w-]+)[,:] (?=(?:who|what|why|when|where|which|how|is|are|do|does|did|can|could|should|any)\b)"
# What opens a follow-up and adds nothing.
OPENS = r"^(?:(?:and|but|or|so|ok(?:ay)?|then|also|now|hmm+|right|thanks|great|plus|again|still|even|sure|yes)[,:]? )+"
ABOUT = r"^(?:what|how|wot|whta)(?:'s| is)? ?(?:about|abt|bout|of)\b |^(?:what|how) (?=if\b)|^(?:the )?same(?: thing| question| q)?(?: (?:but|for|in|with|goes for|true for|again))+ |^how (?:would|does) (?:that|this|it) (?:change|differ|look) (?:if|in|for|with) |^(?:any )?(?:difference|data|evidence|studies|info|luck) (?=(?:in|for|with|on)\b)|^try "
TRAILING = r"(?:,? (?:too|as well|also|instead|though|please|pls|then|alone|now|either|at all))+$"
PREPOSITION = r"(?:in|for|among|with|without|during|after|before|on|at|under|by|from|via|using|within|following|plus|given|if|when|as|through|until|beyond|over|above|below)"
ASKS = r"(?:who|what|why|when|where|which|how|is|are|do|does|did|can|could|should|was|were|will|would|may|has|have)\b"
PRONOUN = (
    r"\b(?:it|they|them|its|their|theirs)\b(?! (?:possible|known|necessary|important|likely|clear|advisable|true that|worth)\b)"
    r"|(?:^|\b(?:is|are|was|does|do|did|can|will|should|would|of|for|with|on|about|to|from|how|why|in|by|has|have|stop|stopping|start|starting|after|before) )(?:this|these|those|that)\b(?! (?:show|suggest|because|with|who|on|without|aged|in|at|over|under|having|taking|not|already|receiving|of)\b)|(?-i:\b(?:he|she|him|her|his)\b)(?!-)"
)
POINTS_TO = r"\b(?:it|they|them|theirs|(?:this|that|these|those|the) (?:drug|treatment|therapy|medication|medicine|intervention|vaccine|test|disease|condition|procedure|operation|approach|method|agent|drugs|treatments|agents|medicines|tests)|this|these|those|that)\b"
POSSESSIVE = r"\b(?:its|their)\b"
PERSON = r"\b(?:(?:these|those|such) (?:patients|people|women|men|children|pts)|(?-i:he|she|him|her))\b(?!-)"
CONDITION = (
    r"(?:(?:only |just |any(?:thing)? |but |the |more |newer |latest |recent |is there (?:any |an? )?|are there (?:any )?|show (?:me )?|limit(?:ed)? to |restrict(?:ed)? to |stick to |from |in |based on )*"
    r"(?:(?:papers?|stud(?:y|ies)|stuff|trials?|evidence|data|research|literature|reviews?|ones?|work|publications?) )?"
    r"(?:(?:published |from |in )*(?:since|after|before|until|from|pre|post|prior to|up to|in|between) ?-?(?:19|20)\d\d|randomi[sz]ed|rcts?\b|meta-?anal\w+|systematic|cochrane|umbrella|network meta|(?:in|over|from|within) the (?:last|past)|last (?:\d+|five|ten|two|three) (?:years|yrs|y)\b|past (?:\d+|five|ten|two|three|decade)|(?:recent|newer|latest|newest|new) (?:stud\w+|trials?|data|evidence|papers?|reviews?|rcts?)|observational|cohort|case (?:reports?|series)|real[- ]world|phase (?:3|2|iii|ii)|head[- ]to[- ]head|long[- ]term data|double[- ]blind|placebo[- ]controlled|human (?:trials?|studies|data)|animal (?:studies|data)|published|ongoing|(?:trials?|stud(?:y|ies)|rcts?|cohorts?|papers?|reviews?) (?:with|of|in|from|that|over|>|larger|longer)))"
)
GUIDES = r"\b(?:guidelines?|guidance|recommend(?:ations?|s|ed)?|NICE|AHA|ESC|ACC|WHO|ADA|IDSA|consensus|experts?|cochrane|literature|evidence|proof)\b"
ADVICE = r"^what (?:do|does|did|would) (?:the )?(?:[\w-]+ )?[\w-]+ (?:say|recommend|advise|suggest|think|state|conclude)\b(?: (?:on|about|for|regarding|here)\b(?: (?:it|that|this|them|these|those))?)?$"
COMPARED = r"^(?:(?:how )?(?:is|does|do|are) (?:it|that|this|they|those) (?:compare[ds]? |stack up |measure up |fare |any )?(?:to |with |against )?|(?:and )?(?:compared|comparison|as opposed|relative|in contrast) (?:with|to)|compare (?:it |this |that |them )?(?:with|to)|head[- ]to[- ]head (?:with|against)|versus|vs\.?|v\.?|against|better than|worse than|superior to|safer than|cheaper than|more effective than|as good as|non-?inferior to|rather than|over) (?P<other>.+)$"
COMPARES = r"^how (?:does|do|would|is|are|did) (?:it|that|this|they|these|those) (?:compare[ds]?|stack up|measure up|fare|perform)(?: (?:with|to|against|vs))? (?P<other>.+)$"
WHICH = r"^(?:(?:so )?which(?: one| of (?:them|these|those|the two)| drug| option| is)?|what(?:'s| is) (?:the )?(?:better|best|safer|cheaper)|is one|any difference between (?:them|the two)|either)\b"
SAYS_WRONG = r"^(?:(?:no|nope|sorry|oops|typo|correction|actually|wait|i meant?(?: to (?:say|ask|type|write))?|i mean|meant?|rather|scratch that|\*|my bad|make that|should (?:be|have been|say)|not that|edit|misspelt|that should (?:be|say|read))(?![\w-])[\s,:;.–—-]*)+"
NOT_BUT = r"not (?:the |in |for )?[\w -]+?(?:,| but| -|;) ?[\w]"
NOT = r",? ?(?:[-–—(] ?)?\b(?:not|instead of|rather than|and not)\b (?:the |in |for |a )?(?P<old>[^,)]+)\)?$"
_BACK = (
    r"(?:(?:going |coming |to go |to come |circling |turning |let'?s go )?back to|return(?:ing)? to|about|regarding|for|re|on|in|to)?:? ?(?:(?:the |my |that |your )(?:very )?|(?=\w+ (?:question|one|q|drug|topic)\b))(?:first|1st|original|earlier|initial|previous|former|other)(?: (?P<noun>question|one|drug|topic|q|treatment|test|thing|point|study|issue|subject|med|medication|agent|intervention|condition|disease))?(?: (?:i asked|again|though|you (?:gave|said)))?"
    r"|(?:going |coming |to go |circling |let'?s go |turning )?back to|return(?:ing)? to|(?:for|about|on|re|regarding|with) (?=(?:the )?[\w-]+ again\b)"
)
LED = rf"^(?:(?:and|but|ok|okay|so|now|hm+|right) ?,? ?)*(?:{_BACK})\b[\s,:;–—-]*"
ESPECIALLY = r"(?:specifically|particularly|especially|namely|mainly|i\.?e\.?,?|say)\b "
NARROWER = r"(?:(?:the )?(?:high|low|intermediate|moderate|mild|severe|very|acute|chronic|early|late|advanced|refractory|resistant|recurrent|metastatic|localised|localized|grade|stage|type|first|second|third|primary|secondary|newly|treatment|untreated|stable|unstable|critical|end[- ]stage|persistent|paroxysmal|uncomplicated|complicated|symptomatic|asymptomatic|large|small|multiple|bilateral|unilateral|previous|prior|known)[- ])"
ASPECT = re.compile(
    r"^(?:(?:the |any |its |their |typical |usual |best |optimal |recommended |max(?:imum)? |starting |loading |maintenance |serious |common |long[- ]term |short[- ]term |main )*"
    r"(?:dos(?:e|es|age|ing)|duration|how|when|what|which|who|where|side[- ]?effects?|adverse|adrs?|aes?|safety|safe|harms?|risks?|cost|costs?|price|cheap\w*|expens\w+|icer|qaly|cost[- ]effective\w*|worth|mechanism|moa|mode of action|pathophys\w*|contra-?indications?|interactions?|drug interactions|monitoring|half-?life|onset|frequency|timing|route|formulation|prevalence|incidence|epidemiology|prognosis|diagnosis|treatment|management|causes?|etiology|aetiology|symptoms?|prevention|screening|follow-?up|nnt|nnh|number needed|effect size|cut-?off|threshold|sensitivity|specificity|accuracy|ppv|npv|predictors?|risk factors?|biomarkers?|genetics?|complications?|alternatives?|availability|licen[sc]ed|approved|compliance|tolerability|pharmacokinetics|pk|loading|tapering|taper|stopping|withdrawal|weaning|overdose|antidote|reversal|efficacy|effectiveness|benefits?|outcomes?|quality of life|first[- ]line|second[- ]line|off-?label|first|gold standard|evidence|sample size|optimal|maximum|minimum))\b",
    re.IGNORECASE,
)
HARMS = r"(?:(?:common|serious|long[- ]term|major|severe|any|main|worst) )*(?:side|adverse|safety|harms?|toxicity|cost|costs|efficacy|effectiveness|outcomes?|prognosis|risks?|sensitivity|specificity|accuracy|complications?|symptoms?|incidence|withdrawal|resistance|tolerab\w+)"
MECHANISM = r"^(?:(?:and |but )?why(?: is that| so| not)?|how so|how come|(?:by )?(?:what |which |the |any |possible |proposed |underlying )*(?:mechanisms?|moa|mode of action|pathophysiology|rationale|explanation|reason)(?: (?:behind|of|for)(?: (?:it|this|that))?| of action)?|how(?: does (?:that|this) happen| do they do (?:it|that)| exactly))$"


def plain_text(question: str) -> str:
    text = " ".join(question.split()).rstrip("?.! ")
    text = re.sub(r"^((?:and |but |so )?(?:what|how|where|who))['’]?s (?=the\b|its\b|their\b|an?\b|it\b)", r"\1 is ", text, flags=re.IGNORECASE)  # fmt: skip
    found = starts(r"(?:any |what about |and )?(?P<whose>paediatric|pediatric|adult|geriatric|neonatal|obstetric|elderly|human) (?:data|evidence|studies|trials|patients|population)$", text)  # fmt: skip
    return f"in {found['whose']} patients" if found else text


def names_subject(text: str) -> bool:
    """Whether a question names what it is about, whatever pronouns it has besides."""
    named = read_pico(text).intervention
    return bool(named) and not re.search(
        rf"{POINTS_TO}|{POSSESSIVE}|{PERSON}", named, re.IGNORECASE
    )


# Words of aspects and frames, which do not say what a question is about.
FRAME = frozenset(
    """
    dose doses dosage dosing duration long often much many soon early late days weeks months years hours sessions times time day week month year mg side effect effects adverse events event safety safe
    harm harms risk risks cost costs price expensive cheap mechanism guideline guidelines recommend recommends recommended say says nice evidence studies study trials trial data first line needed need required take taken given
    give start stop stopped last continue monitor monitored best optimal maximum minimum starting usual typical serious common rare term one ones two both them it they this that there be also too else other alternatives alternative
    else happen happens work works working route frequency treatment treat treated duration available licensed approved better worse options option drug drugs stopping starting mortality death survival pain bleeding relapse recurrence outcome
    outcomes complications benefit benefits accuracy sensitivity specificity prognosis quality life efficacy who whom until age old till advise advises matter matters kind type intensity strong strength association reversible price prices per qaly icer nnt number effect size people patients we i you my should
    """.split()
)


def telling_words(text: str) -> list[str]:
    """The words of a text that say what it is about."""
    return [word for word in key_words(text) if word.casefold() not in FRAME and not word.isdigit()]


def topic(base: str) -> str:
    """A question without what asks it."""
    base = re.sub(r" \((.+?)\)+", r", \1", base)
    return cut(
        rf"^(?:(?:{ASKS}(?:['’]s)?|there|any|the|often|long|many|much|an?|we|you|to|be)\b ?)+",
        base,
    )


def starts(pattern: str, text: str) -> re.Match[str] | None:
    return re.match(pattern, text, re.IGNORECASE)


def cut(pattern: str, text: str) -> str:
    return re.sub(pattern, "", text, flags=re.IGNORECASE)


def join(*pieces: str) -> str:
    return " ".join(piece for piece in pieces if piece)


def tidied(text: str) -> str:
    """One line that begins with a capital and ends as a question."""
    text = re.sub(r"\s+([,;:?])", r"\1", " ".join(text.split())).strip(" ,;:.?")
    first = text.split(" ", 1)[0]
    return f"{text[:1].upper() if first.islower() else text[:1]}{text[1:]}?"
