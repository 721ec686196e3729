"""What is named by itself: it narrows the question before, or takes the place of a part of it."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import SequenceMatcher

from agent.language.age_and_sex import read_vignette
from agent.plan import Meanings
from agent.planning.followup.wording import (
    ESPECIALLY,
    HARMS,
    NARROWER,
    NOT,
    PREPOSITION,
    SAYS_WRONG,
    TRAILING,
    cut,
    join,
    starts,
    telling_words,
    topic,
)
from agent.planning.parts import Kind, Parts, kind_of, span_of
from agent.planning.replacement import Place, lost, one_of_them, place_of, with_its_noun

_SETTING = r"(?:the )?(?:ICU|ED|ER|A&E|GP|OPD|NICU|PICU|UK|US|USA|NHS|EU|practice|primary care|hospital|community|general|real|clinic|theatre|surgery|total|combination|low|high|real)\b"
_ROUTE = r"\b(?:oral|injectable|injections?|injected|subcutaneous|sc|intravenous|iv|topical|inhaled|intranasal|nasal|transdermal|patch(?:es)?|intramuscular|im|sublingual|rectal|vaginal|intrathecal|epidural|intravitreal|depot|tablets?|capsules?)\b"
_STAGE = r"\b(?:types?|stages?|grades?|class|phase|group|line|degree|generation|category) (?:\d[ab]?|I+V?|one|two|three|[AB])\b"
_DOSE = r"\b\d+(?:\.\d+)? ?(?:mg|g|mcg|µg|ug|iu|units?|ml|%|weeks?|days?|months?|years?|hours?|h)\b(?:/kg|/day)?"
# What stands behind one of these excludes what stood behind it before, if near in meaning.
_EXCLUSIVE = frozenset("before after during via using by at under following on".split())
# An exchange that takes more words than this away took more than one part.
_MOST_GONE = 4


def narrowed(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """A phrase behind a preposition, or what ends in "only", narrows the question or exchanges a part."""
    if read_vignette(text)[1] and not starts(rf"{PREPOSITION} ", text):
        return f"{base} in a {cut('^an? ', text)}"
    if found := starts(ESPECIALLY, text):
        rest = text[found.end() :]
        return f"{base} {rest}" if starts(rf"{PREPOSITION} ", rest) else f"{base}, {rest}"
    if starts(NARROWER, text) and kind_of(re.split(rf" {PREPOSITION} ", text, maxsplit=1)[0]) in {Kind.UNKNOWN, Kind.OUTCOME} and not re.search(rf"(?:{HARMS})$", text):  # fmt: skip
        return f"{base}, {text}"
    return _only(text, base, parts) or _behind(text, base, parts, meanings)


def _only(text: str, base: str, parts: Parts) -> str:
    """What is named with "only"."""
    if starts(rf"(?:only |just |specifically |particularly )?{PREPOSITION} ", text):
        return ""
    found = starts(r"(?:only |just |specifically |particularly )?(?P<rest>.+?)(?: only| specifically)?$", text)  # fmt: skip
    if not found or found["rest"] == text:
        return ""
    rest = found["rest"]
    if kind_of(rest) is Kind.GROUP and not starts(r"(?:those|ones)\b", rest):
        return _of_group(rest, base, parts)
    return f"{base}, {rest} only"


def _behind(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """What is named behind a preposition."""
    found = starts(rf"(?P<preposition>only in|only for|only with|specifically in|especially in|particularly in|just in|{PREPOSITION}) (?P<rest>.+)$", text)  # fmt: skip
    if not found:
        return ""
    preposition, rest = found["preposition"], cut(TRAILING, found["rest"])
    first = re.split(rf" {PREPOSITION} ", rest, maxsplit=1)[0]
    kind = kind_of(first)
    bare = preposition.split()[-1].casefold()
    if bare in {"in", "for", "among", "with"} and kind is Kind.GROUP and not starts(r"(?:those|ones|people who|patients who)\b", first):  # fmt: skip
        return _of_group(rest, base, parts, bare)
    place = place_of(rest, base, meanings) if bare in _EXCLUSIVE else None
    if place and re.search(rf"\b{bare} (?:the |an? )?$", base[: place.start], re.IGNORECASE):
        return place.filled(base, rest)
    if bare in {"in", "for"} and _other_disease(rest, kind, bare, parts):
        return _of_disease(rest, base, parts)
    if bare == "without":
        lacks = re.escape(rest)
        base = cut(rf" with (?:[^ ]+ ){{0,3}}?{lacks}", base)
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
            and not starts(_SETTING, each.text)
        )
        for each in parts.context
    )


def _of_group(group: str, base: str, parts: Parts, preposition: str = "in") -> str:
    """The last question about other people; what ails them stays, unless the follow-up names its own."""
    own = re.split(rf" (?={PREPOSITION} )", group, maxsplit=1)
    named = len(own) > 1 and bool(starts("with |without ", own[1]))
    # "obese men" are others than "women with PCOS".
    named = named or bool(starts(r"(?:obese|healthy|overweight|diabetic|non-?diabetic)\b", own[0]))
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
    old = cut(r"^(?:diagnosing|preventing|treating|maintaining|prevention of|treatment of|risk of) ", old)  # fmt: skip
    return base.replace(old, disease, 1)


def exchanged_one(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """What became of an exchange, or where more than one part is gone by it, the text with all of them."""
    became = _exchanged(text, base, parts, meanings)
    gone = set(lost(base, became))
    if kind_of(parts.outcome) is Kind.OUTCOME:
        gone -= set(parts.outcome.split())
    return f"{text} ({topic(base)})" if len(gone) > _MOST_GONE else became


def _exchanged(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """A bare name takes the place of what is nearest to it in meaning, else of the part of its kind."""
    kind = kind_of(text)
    first = kind_of(re.split(rf" {PREPOSITION} |,", text, maxsplit=1)[0])
    if kind is Kind.UNKNOWN or (first is Kind.OUTCOME and kind is not Kind.GROUP):
        kind = first
    if re.fullmatch(rf"(?:the )?{_ROUTE}(?: (?:form|route|version))?", text, re.IGNORECASE):
        return _routed(cut("^the ", text), base, parts)
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
        return f"{text} ({topic(base)})"
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
        return join(text, parts.around())
    return base.replace(old, text, 1)


def _measured(text: str, parts: Parts, base: str) -> str:
    """Another outcome of the same."""
    context = parts.around(outcome=False)
    if parts.comparison or any(e.kind is Kind.DISEASE for e in parts.context):
        # What was measured before stood behind "for".
        others = tuple(e for e in parts.context if e.kind is not Kind.OUTCOME)
        context = replace(parts, context=others).around(outcome=False)
    if kind_of(parts.intervention) is Kind.DISEASE or not parts.intervention:
        return join(text, "of" if parts.subject else "", parts.subject or base, context)
    if kind_of(parts.outcome) is Kind.OUTCOME and parts.outcome in base:
        return base.replace(parts.outcome, text, 1)
    do = "Do" if re.search(r"[^suia]s$", parts.intervention) else "Does"
    against = f"compared with {parts.comparison}" if parts.comparison else ""
    if re.search(r"^(?:safe|safer|tolerated)", text, re.IGNORECASE):
        return join("Is", parts.subject, text, context)
    return join(do, parts.intervention, "affect", text, against, context)


def _routed(text: str, base: str, parts: Parts) -> str:
    """The same by another route."""
    if not re.search(_ROUTE, text, re.IGNORECASE) or len(telling_words(text)) > 2:
        return ""
    route = cut(r" (?:form|formulation|one|version|route|preparation|kind)s?$", text)
    subject = parts.intervention or parts.subject
    plain = " ".join(re.sub(_ROUTE, "", subject, flags=re.IGNORECASE).split()) or subject
    rest = re.sub(_ROUTE, "", base.replace(subject, "\0", 1), flags=re.IGNORECASE)
    return rest.replace("\0", plain if plain in route else f"{route} {plain}", 1)


def corrected(text: str, base: str, parts: Parts, meanings: Meanings | None) -> str:
    """What was wrong is exchanged: what is named as such, what looks alike, else the part of its kind."""
    whole, text = text, cut(SAYS_WRONG, text).strip(" ,;:-–—")
    old = ""
    if found := starts(r"not (?P<old>[^,;–—]+?)(?:,| but| -|;) ?(?:but )?(?P<new>.+)$", whole):
        text, old = found["new"], found["old"]
    elif found := re.search(NOT, text, re.IGNORECASE):
        text, old = text[: found.start()].strip(" ,(-–—"), found["old"].strip(" )")
    if not text:
        return base
    text = cut(r"^(?:the|in|for|about) (?=\w)", text)
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
    if found := starts(rf"(?P<preposition>{PREPOSITION}) (?P<rest>.+)$", text):
        text = found["rest"]
        wrong = next((e for e in parts.context if e.preposition == found["preposition"]), None)
        if wrong and str(wrong) in base:
            return base.replace(str(wrong), f"{wrong.preposition} {text}", 1)
    return _exchanged(text, base, parts, meanings)


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
        and not starts(rf"{PREPOSITION}\b", span)
    ]
    score, best = max(scored, default=(0.0, ""))
    return best if score >= least and best.casefold() != wanted else ""
