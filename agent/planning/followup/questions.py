"""Follow-ups on the whole previous question: why, compared with what, since when, in what dose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.planning.followup.wording import (
    ADVICE,
    ASKS,
    ASPECT,
    COMPARED,
    COMPARES,
    CONDITION,
    GUIDES,
    HARMS,
    MECHANISM,
    PERSON,
    POINTS_TO,
    POSSESSIVE,
    PRONOUN,
    TRAILING,
    WHICH,
    cut,
    join,
    names_subject,
    starts,
    telling_words,
)
from agent.planning.parts import Kind, Parts, Phrase, kind_of, read_parts

_YEARS = r",? (?:only |published )?(?:since|after|before|until|from|up to) (?:19|20)\d\d"
_WHICH_OF_TWO = r"(?:so )?which(?: one| of (?:them|these|those|the two))?(?: is| works| are)?(?: (?:the )?(?:better|best|safer|safest|cheaper|preferred|more effective|superior|first|less toxic|better tolerated))?$"
_ASPECT_END = r"(?:[\w-]+ )*(?:dos(?:e|es|age|ing)|duration|cut-?offs?|thresholds?|effects|costs?|risks?|interactions?|accuracy|half-life|onset|timing|targets?|schedule|regimens?|frequency|levels?|management|diagnosis|screening|monitoring|follow-?up|options|formulations?|indications|contraindications)$"
_DOSING = r"(?:(?:and|the|what|which|at|in|recommended|optimal|best|usual|starting|max|maximum|is|are) )*(?:dos(?:e|es|age|ing)|how (?:much|often)|titrat|mg|route|frequency|side|adverse|contraindications|interactions)"
_PLURAL = {"is": "are", "does": "do", "was": "were", "has": "have"}


def reason(text: str, base: str) -> str:
    """Ask “why?” and “mechanism?” of the whole question before."""
    if not starts(MECHANISM, text):
        return ""
    lead = "Why" if starts(r"why|how come|reason", text) else "By what mechanism"
    return f"{lead}: {base}"


def _akin(one: Parts, other: Parts) -> bool:
    """Whether two questions share a phrase or name none."""
    shared = {each.text.casefold() for each in one.context}
    return not shared or not other.context or bool(shared & {e.text.casefold() for e in other.context})  # fmt: skip


def compared(text: str, base: str, parts: Parts, previous: Sequence[str]) -> str:
    """Another comparison."""
    found = starts(COMPARES, text) or starts(COMPARED, text)
    if kind_of(text) is Kind.GROUP:
        return ""
    if found and not starts(r"(?:is|does|do|are) (?:it|that|this|they|those) (?!compare|to |with |against )", text):  # fmt: skip
        other = cut(TRAILING, found["other"])
        lead = starts(r"better than|worse than|superior to|safer than|cheaper than|more effective than|as good as|non-?inferior to", text)  # fmt: skip
        if lead and parts.intervention:
            what = join(parts.intervention, lead.group(), other, parts.around())
            return f"Is {what}"
        plain = _without_comparison(base, parts)
        return f"{plain} compared with {other}"
    if not parts.comparison and (starts(_WHICH_OF_TWO, text) or starts("head[- ]to[- ]head$|how do they compare", text)):  # fmt: skip
        earlier = next((each.intervention for each in map(read_parts, reversed(previous[:-1])) if each.intervention and each.intervention != parts.intervention and _akin(each, parts)), "")  # fmt: skip
        if earlier and parts.intervention:
            parts = replace(parts, intervention=earlier, comparison=parts.intervention)
    if parts.comparison and starts("head[- ]to[- ]head$|how do they compare", text):
        return join(parts.intervention, "compared with", parts.comparison, parts.around())
    if parts.comparison and starts(WHICH, text) and len(telling_words(text)) <= 1:
        asks = cut(r"^(?:so )?(?:which one|which of (?:them|these|those|the two))", text)
        asks = text if starts(r"which", text) else f"which {asks}"
        asks = cut(r"(?<=which) (?:one|of (?:them|these|those|the two))", asks)
        measured = kind_of(parts.outcome) is Kind.OUTCOME and len(asks.split()) <= 3
        both = f"{parts.intervention} or {parts.comparison}"
        return join(f"{asks},", both, parts.around(), parts.outcome if measured else "")
    return ""


def limited(text: str, base: str) -> str:
    """Years and designs are added; years before them go."""
    if not starts(CONDITION, text) or len(telling_words(cut(CONDITION, text))) > 3:
        return ""
    said = cut(r"^(?:any|is there(?: any| an?)?|are there(?: any)?|show(?: me)?|but) ", text)
    return f"{cut(_YEARS, base) if re.search(_YEARS, f' {text}') else base}, {said}"


def advised(text: str, base: str) -> str:
    """What somebody says of the whole question before."""
    if not starts(ADVICE, text):
        return ""
    lead = cut(r"(?: (?:on|about|for|regarding|here))?(?: (?:it|that|this|them|these|those))?$", text)  # fmt: skip
    return f"{lead}: {base}"


def pointed(text: str, base: str, parts: Parts) -> str:
    """Pronouns are filled in: the first by what the question was about, the next by what else."""
    if not re.search(rf"{PRONOUN}|\bthe same$", text, re.IGNORECASE):
        return ""
    people = next((str(each.text) for each in parts.context if each.kind is Kind.GROUP), "")
    subject = parts.intervention or parts.subject or base
    if not parts.intervention and parts.comparison:
        subject = parts.subject
    several = re.search(r"\b(?:they|them|their|these|those)\b", text, re.IGNORECASE)
    if several and parts.intervention and starts(r"(?:[\w-]+ )?(?:effects|complications|symptoms|risk factors|events|causes)$", parts.outcome):  # fmt: skip
        subject = f"{parts.outcome} of {parts.intervention}"
    other = next((each.text for each in parts.context if each.kind is Kind.DISEASE), "")
    if kind_of(parts.outcome) is not Kind.OUTCOME:
        other = parts.outcome or other
    other = other or parts.outcome
    text = re.sub(r" (?:for|in|with) the same$", lambda _: f" for {other}", text, flags=re.IGNORECASE)  # fmt: skip
    filled = re.sub(r"\bwhen (?:that|this|it) (?:happens|occurs)\b", f"when {parts.outcome or other} occurs", text, flags=re.IGNORECASE)  # fmt: skip
    if people:
        filled = re.sub(PERSON, people, filled, count=1, flags=re.IGNORECASE)
    if people:
        filled = re.sub(r"(?<=\b(?:in) )them$", people, filled, flags=re.IGNORECASE)
    filled = re.sub(PERSON, other or subject, filled, flags=re.IGNORECASE)
    owner = f"{subject}'" if subject.endswith("s") else f"{subject}'s"
    filled = re.sub(POSSESSIVE, owner, filled, count=1, flags=re.IGNORECASE)
    if subject not in filled:
        filled = re.sub(POINTS_TO, lambda _: subject, filled, count=1, flags=re.IGNORECASE)
    filled = re.sub(POINTS_TO, lambda _: other if other not in subject else "", filled, flags=re.IGNORECASE)  # fmt: skip
    own = read_parts(filled)
    said = own.context and any(e.kind in {Kind.GROUP, Kind.DISEASE} for e in own.context)
    context = "" if said else parts.around(outcome=False)
    if re.search(r"[^suia]s$", subject) and filled:
        first = filled.split()[0]
        filled = filled.replace(first, _PLURAL.get(first.casefold(), first), 1)
    return join(filled, *(_new(context, filled)))


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


def asked_of(text: str, base: str, parts: Parts, previous: Sequence[str]) -> str:
    """An aspect, asked of what the question was about."""
    if re.search(GUIDES, text) and len(telling_words(re.sub(GUIDES, "", text, flags=re.IGNORECASE))) <= 1:  # fmt: skip
        return f"{text}: {base}"
    asks = starts(rf"(?:(?:for|in|at|to|by|from|with|on|over) )?{ASKS}", text)
    ends = starts(_ASPECT_END, text) and len(text.split()) <= 4
    if not asks and not ends and not ASPECT.match(text):
        return ""
    if not asks and kind_of(text) is Kind.OUTCOME and not starts(HARMS, text):
        return ""
    if starts(_DOSING, text) and kind_of(parts.intervention) is not Kind.TREATMENT:
        parts = _treated(parts, previous)
    if asks and names_subject(text) and not ASPECT.match(text):
        return join(text, "with", parts.subject, parts.around(outcome=False))
    own = read_parts(text)
    said = any(each.kind in {Kind.GROUP, Kind.DISEASE} for each in own.context)
    measured = parts.outcome and kind_of(parts.outcome) is Kind.OUTCOME
    context = "" if said else parts.around(outcome=not measured)
    verb = re.search(r" (?:is|are|be|needed|take|given|continue|last|stop|start|works?|required|used|until|for|before|after|in)\b", text)  # fmt: skip
    link = "with" if verb or starts(r"(?:is|are|does|how|when|who|why|cost-effective|safe|worth|risks?|harms?|approved|licen)", text) else "of"  # fmt: skip
    return join(text, link, parts.subject or base, context)


def _without_comparison(base: str, parts: Parts) -> str:
    if not parts.comparison:
        return base
    old = re.escape(parts.comparison)
    return re.sub(rf",? (?:compared (?:with|to)|versus|vs\.?|v\.?|than|over|or) {old}", "", base)
