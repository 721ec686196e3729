"""Follow-ups made to stand alone, by rules: "and in women?", "is it safe?", "what about children?".

A follow-up is short and points back: it opens with "and" or "what about", or has a pronoun and no
subject of its own. What it names takes the place of the part of the last question that it stands
for: the group of people, the intervention, the outcome, the comparison, or it is added. The rules
know the shapes, not the meaning; that is why the plan always shows what a follow-up became.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.planning.pico import read_pico
from agent.planning.plan import Pico
from agent.planning.question_words import key_words

_OPENS = r"^(?:and|but|or|so|ok(?:ay)?|then|also|now)[, ]+"
_ABOUT = (
    r"^(?:what|how) (?:about|of)\b |^(?:the )?same (?:question )?(?:for|in)? ?|^(?:what|how) if "
)
_PREPOSITION = r"(?:in|for|among|with|without|during|after|before|on|at|under|by|from)"
_GROUP = (
    r"(?:(?:the )?(?:pregnant |older |elderly |young(?:er)? |healthy |male |female |adult |preterm |premature |black |white |asian |obese |postmenopausal |hospitali[sz]ed )*"
    r"(?:women|men|children|adults|infants|newborns|neonates|babies|adolescents|teenagers|girls|boys|males?|females?|elderly|seniors|people|patients|persons|individuals|smokers|athletes|pregnanc(?:y|ies)|kids|mice|rats|animals|dogs|humans))"
)
_OF_GROUP = rf"(?P<preposition>{_PREPOSITION} )?(?P<group>(?:(?!{_PREPOSITION}\b)[\w-]+ ){{0,2}}?{_GROUP})(?P<more>\b.*)?$"
# Not the "that" of "genes that cause", nor the "it" of "is it known".
_PRONOUN = (
    r"\b(?:it|they|them|its|their)\b(?! (?:possible|known|necessary|important|likely|clear|advisable)\b)"
    r"|(?:^|\b(?:is|are|was|does|do|did|can|will|should|of|for|with|on|about|to|from) )(?:this|these|those|that)\b"
)
# "Is it safe to take aspirin?" has its object; "is it safe to take in pregnancy?" has not.
_EXPLETIVE = rf"\bit \w+ to \w+ (?!{_PREPOSITION}\b|and\b|it\b|them\b)\w"
# "Is that also true for women?" asks what "and in women?" does.
_HOLDS = r"^(?:is|are|does|do|would|will) (?:it|this|that|they|these|the same) (?:also |still |be |hold )*(?:true|apply|applies|hold|the same|so|valid|the case)?(?: also)? (?:in|for|to|with) "
_POINTS_TO = r"\b(?:it|they|them|this (?:drug|treatment|therapy|medication|medicine|intervention|vaccine|test|disease)|these (?:drugs|treatments|agents|medicines|patients)|that (?:drug|treatment)|this|these|those|that)\b"
_POSSESSIVE = r"\b(?:its|their)\b"
_OUTCOMES = (
    r"(?:mortality|survival|death|quality of life|side effects?|adverse (?:events?|effects?)|safety|bleeding|pain|cost(?:s|-effectiveness)?|hospitali[sz]ations?|relapse|recurrence"
    r"|symptoms?|prognosis|complications?|infections?|stroke|falls?|fractures?|cancer|dementia|delirium|cognition|depression|anxiety|diabetes|heart (?:failure|attacks?)|myocardial infarction|blood pressure|weight(?: loss| gain)?|length of stay|function|toxicity|efficacy|long[- ]term (?:outcomes?|effects?|safety))"
)
_CONDITION = r"(?:(?:since|after|before|until|from) (?:19|20)\d\d|published|only|randomi[sz]ed|rcts?|meta-?anal\w+|systematic|guidelines?|(?:in|over|from) the (?:last|past)|(?:in|from) (?:randomi|meta|systematic|guideline))"
_ASKS_GUIDES = r"^what (?:do|does) (?:the )?(?:guidelines?|experts?|literature|evidence|trials?|reviews?) (?:say|recommend|show|suggest)\??$|^(?:is|are) there (?:any )?(?:evidence|proof|reports?|risks?)(?: (?:of|for) [\w-]+)?\??$|^which one\b"
_ASKS = r"(?:who|what|why|when|where|which|how|is|are|do|does|did|can|could|should|was|were)\b"
_YEARS = r",? (?:only |published )?(?:since|after|before|until|from|up to) (?:19|20)\d\d"
_COMPARED = r"^(?:compared (?:with|to)|versus|vs\.?|better than|rather than|instead of|over) "
_PLURAL = {"is": "are", "does": "do", "was": "were", "has": "have"}
# A question with more words than this says what it is about, and so does one that has named this
# many things before its first pronoun: "drugs that have EGFR as their target".
_LONGEST = 14
_NAMED_BEFORE = 2
_CONDITION_WORDS = 6
_REASONED = 4


class LocalRewriter:
    """The rules of this module, as a `Rewriter`."""

    def rewrite(self, question: str, previous: Sequence[str]) -> str:
        asked = " ".join(question.split())
        if not previous or not points_back(asked):
            return asked
        return _joined(asked, previous[-1])


def points_back(question: str) -> bool:
    """Whether a question leans on the one before."""
    text = question.strip()
    if len(text.split()) > _LONGEST:
        return False
    if re.match(rf"{_ABOUT}|{_COMPARED}", text, re.IGNORECASE):
        return True
    if (
        _match(rf"(?:show me |give me )?(?:only |just )?{_CONDITION}\b", text)
        and len(text.split()) <= _CONDITION_WORDS
    ):
        return True
    opened = re.match(_OPENS, text, re.IGNORECASE)
    rest = text[opened.end() :] if opened else text
    bare = rf"(?:{_PREPOSITION} (?!which|what|whom|how)[\w -]+|{_GROUP}|{_OUTCOMES}|(?:why|how|which|what|any)(?: [\w-]+)?)\??$"
    if re.match(bare, rest, re.IGNORECASE) or re.match(_ASKS_GUIDES, rest, re.IGNORECASE):
        return True
    if opened and not _match(_ASKS, rest):
        return True
    if _whole(rest) or re.search(_EXPLETIVE, rest, re.IGNORECASE):
        return False
    found = re.search(_PRONOUN, rest, re.IGNORECASE)
    return bool(opened) or bool(found and len(key_words(rest[: found.start()])) < _NAMED_BEFORE)


def _whole(text: str) -> bool:
    """Whether a question names what it is about, whatever pronouns it has besides."""
    return bool(_subject(read_pico(text)))


def _subject(pico: Pico) -> str:
    """What a question is about, "" where it is a pronoun or nothing."""
    return "" if re.search(rf"{_POINTS_TO}|{_POSSESSIVE}", pico.intervention) else pico.intervention


def _joined(asked: str, last: str) -> str:
    """The follow-up with what it lacks taken from the last question."""
    text = _cut(_OPENS, asked).rstrip("?!. ")
    text = _cut(rf"{_ABOUT}|^(?:show|give|find)(?: me)? |,? please$|^any ", text).strip(" ,")
    base = last.rstrip("?!. ")
    pico = read_pico(base)
    if found := _match(_HOLDS, text):
        text = f"in {text[found.end() :]}"
    if _match(r"why\b", text) and len(text.split()) < _REASONED:
        return f"Why: {base}?"
    if _match(rf"(?:only |just )?{_CONDITION}\b", text):
        return f"{_cut(_YEARS, base) if re.search(_YEARS, f' {text}') else base}, {text.lower()}?"
    if _match(_COMPARED, text):
        return f"{_without_comparison(base, pico)} {text}?"
    if pico.comparison and _match(r"which one\b", text):
        both = f"{pico.intervention} or {pico.comparison}"
        return f"Which{_cut('^which one', text)}, {both}{_among(pico)}?"
    if re.search(_PRONOUN, text, re.IGNORECASE):
        return _filled_in(text, pico, base)
    if _match(_ASKS, text):
        return f"{text} {_about(pico, base)}?"
    if found := _match(_OF_GROUP, text):
        return _of_group(found, base)
    if found := _match(r"without (?P<lacks>.+)", text):
        lacks = re.escape(found["lacks"])
        return f"{_cut(rf' with (?:[^ ]+ ){{0,3}}?{lacks}', base)} {text}?"
    if _match(rf"{_PREPOSITION} ", text):
        return f"{_without_population(base, pico, text)} {text}?"
    return _exchanged(text, base, pico)


def _match(pattern: str, text: str) -> re.Match[str] | None:
    return re.match(pattern, text, re.IGNORECASE)


def _cut(pattern: str, text: str) -> str:
    return re.sub(pattern, "", text, flags=re.IGNORECASE)


def _of_group(found: re.Match[str], base: str) -> str:
    """The last question about other people; what ails them stays."""
    group = f"{found['group']}{found['more'] or ''}"
    preposition = found["preposition"] or "in "
    named = re.search(
        rf"\b(?P<preposition>in|among|for|of) (?P<group>(?:the )?{_GROUP})\b", base, re.IGNORECASE
    )
    if named:
        # "in adults with diabetes": the diabetes stays, unless the follow-up names its own.
        rest = "" if found["more"] else base[named.end() :]
        return f"{base[: named.start()]}{named['preposition']} {group}{rest}?"
    return f"{base} {preposition}{group}?"


def _filled_in(text: str, pico: Pico, base: str) -> str:
    """Pronouns replaced by what the last question was about; its population is kept."""
    subject = _subject(pico) or pico.population or _topic(base)
    owner = subject if subject.endswith("s") else f"{subject}'s"
    filled = re.sub(
        _POSSESSIVE,
        f"{owner}'" if owner.endswith("s") and owner == subject else owner,
        text,
        count=1,
        flags=re.IGNORECASE,
    )
    filled = re.sub(_POINTS_TO, subject, filled, count=1, flags=re.IGNORECASE)
    filled = re.sub(_POINTS_TO, "", filled, flags=re.IGNORECASE)
    own = read_pico(filled)
    keeps = pico.population and pico.population != subject and not own.population
    if keeps and not re.search(r"\b(?:in|among|for) ", filled):
        filled = f"{filled} in {pico.population}"
    filled = " ".join(filled.split())
    if re.search(r"[^suia]s$", subject):
        first = filled.split()[0].casefold()
        filled = filled.replace(filled.split()[0], _PLURAL.get(first, first), 1)
    return f"{filled[:1].upper()}{filled[1:]}?"


def _exchanged(text: str, base: str, pico: Pico) -> str:
    """A bare name takes the place of the outcome, if it is one, or else of the intervention."""
    own = read_pico(text)
    if own.comparison and pico.comparison and pico.intervention:
        base = base.replace(pico.comparison, own.comparison, 1)
        return f"{base.replace(pico.intervention, own.intervention, 1)}?"
    measured = _match(rf"(?:the )?(?:[\w-]+ ){{0,2}}?{_OUTCOMES}$", text)
    old = pico.outcome if measured else pico.intervention or _topic(base)
    if old and old in base:
        return f"{base.replace(old, text, 1)}?"
    return f"{text}: {_about(pico, base)}?"


def _about(pico: Pico, base: str) -> str:
    """What the last question was about, to stand behind another question."""
    if pico.intervention and pico.population:
        return f"{'for' if re.match('is|are', base) else 'of'} {pico.intervention} in {pico.population}"
    return f"of {pico.intervention or pico.population or _topic(base)}"


def _topic(base: str) -> str:
    """The last question without its opening words."""
    opening = r"^(?:(?:what|which|who|how|why|where|when|is|are|does|do|can|should|list|describe|the|a|an|of|role|function|effects?|target)\b ?)+"
    return re.sub(opening, "", base, flags=re.IGNORECASE).strip() or base


def _among(pico: Pico) -> str:
    return f" in {pico.population}" if pico.population else ""


def _without_comparison(base: str, pico: Pico) -> str:
    if not pico.comparison:
        return base
    old = re.escape(pico.comparison)
    return re.sub(rf",? (?:compared (?:with|to)|versus|vs\.?|than|over) {old}", "", base)


def _without_population(base: str, pico: Pico, text: str) -> str:
    """Without the patients or the disease of the last question where the follow-up names others."""
    others = _match(r"(?:in|among|for) (?:patients|people|adults|those)\b|for ", text)
    if not (pico.population and others):
        return base
    preposition = "for" if text.startswith("for ") else "(?:in|among|for)"
    return _cut(rf" {preposition} {re.escape(pico.population)}$", base)
