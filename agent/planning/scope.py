"""Questions that a search of the literature cannot answer, recognised by how they are put.

Three kinds: somebody is in danger now; somebody's own diagnosis, dose or treatment is asked for;
the matter lies outside biomedicine. The rules ask for a person beside a sign of danger or a
request, since the sign alone ("acute chest pain") is what literature is about. They know nothing
of meaning: what they miss goes on to the search, which abstains where it finds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.planning import signs
from agent.planning.plan import Scope

_EMERGENCY_FIRST = (
    "This may be an emergency. Call your local emergency number now (112 in Europe, 911 in North"
    " America, 999 in the United Kingdom) or go to the nearest emergency department."
)
_NOT_ALONE = (
    " If you or somebody else may come to harm, a crisis line answers at any hour (988 in the United"
    " States and Canada, 116 123 in the United Kingdom and Ireland). Do not stay alone with this."
)
_CANNOT_HELP = (
    " Medcite searches research papers and cannot help in an emergency. It can say what studies"
    " found, for instance on “Does aspirin reduce mortality in acute myocardial infarction?”"
)
_REASONS = {
    Scope.EMERGENCY: _EMERGENCY_FIRST + _CANNOT_HELP,
    Scope.PERSONAL: "This asks about one person's diagnosis, dose or treatment. If it is urgent or"
    " getting worse, call your local emergency number first. No search of the literature can settle"
    " it; a doctor or pharmacist who knows the person can. Medcite can say what studies and guidelines found for"
    " patients in general, for instance on “What dose of amoxicillin is recommended for otitis media"
    " in children?”",
    Scope.OUTSIDE: "This lies outside the biomedical literature, which is all that Medcite searches."
    " It answers questions about diseases, their causes, diagnosis, treatment and prognosis, for"
    " instance “Do statins reduce mortality in COVID-19?”",
}
# A sentence with fewer words beside its question words asks nothing by itself ("What is it?").
_FEWEST_WORDS = 4


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Why a question is not searched for, and what can be done instead, in whole sentences."""

    scope: Scope
    reason: str


def turn_away(question: str) -> TurnedAway | None:
    """Why this question is not one for the literature; None where it is."""
    text = question.replace("’", "'")
    if _in_danger(text):
        harm = _NOT_ALONE if _has(signs.SELF_HARM, text) else ""
        return TurnedAway(Scope.EMERGENCY, _EMERGENCY_FIRST + harm + _CANNOT_HELP)
    if _has(signs.ELSEWHERE, text) and not _has(signs.BIOMEDICAL, text):
        return TurnedAway(Scope.OUTSIDE, _REASONS[Scope.OUTSIDE])
    if _personal(text):
        return TurnedAway(Scope.PERSONAL, _REASONS[Scope.PERSONAL])
    return None


def _has(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?;]) ", text)


def _in_danger(text: str) -> bool:
    """Somebody near the one who asks shows a sign of danger, and it is not an old story."""
    if _has(signs.SELF_HARM, text):
        return True
    if (_has(signs.PAST, text) and not _has(signs.NOW, text)) or _has(signs.CHRONIC, text):
        return False
    sign = rf"\b(?:{signs.DANGER})"
    near = rf"(?: [\w',-]+){{0,6}}? (?:{signs.DANGER})"
    who = [
        rf"{signs.OWN_RELATIVE}[^.?!]*?{sign}",
        rf"{signs.BARE_RELATIVE}[^.?!]*?{sign}",
        rf"(?:{signs.AT_THE_SCENE})[^.?!]*?{sign}|{sign}[^.?!]*?(?:{signs.AT_THE_SCENE})",
    ]
    if _has(signs.NOW, text):
        who.append(rf"{signs.OWN_PATIENT}[^.?!]*?{sign}")
    if not _has(signs.AT_WORK, text):
        who.append(
            rf"\b(?:I'?m|I'?ve|I|my)\b(?:{near})|\b(?:pain|pressure|weight) (?:in|on) my chest\b"
        )
    if not _has(signs.VIGNETTE, text):
        who.append(rf"(?:{signs.SOMEBODY})[^.?!]*?{sign}")
    return any(_has(pattern, sentence) for sentence in _sentences(text) for pattern in who)


def _personal(text: str) -> bool:
    """One person's diagnosis, dose or treatment, with no general question beside it."""
    sentences = _sentences(text)
    if re.search(signs.NAMED, text) and _has(
        f"{signs.DOSE}|{signs.DIAGNOSIS}|{signs.DECISION}", text
    ):
        return True
    if _has(rf"{signs.VIGNETTE}.*\bdiagnosis", text):
        return True
    if any(_general(sentence) for sentence in sentences):
        return False
    if _has(signs.OWN_PATIENT, text):
        return _has(rf"{signs.DOSE}|{signs.DIAGNOSIS}|\bshould I\b", text)
    return any(_speaks_of_one(sentence) for sentence in sentences)


def _speaks_of_one(sentence: str) -> bool:
    if _has(signs.OWN_RELATIVE, sentence):
        return True
    if _has(signs.AT_WORK, sentence) or _has(signs.CLINICAL, sentence):
        return False
    rest = re.sub(signs.LEAD_IN, "", sentence, flags=re.IGNORECASE)
    return _has(f"{signs.FIRST_PERSON}|{signs.OWN}", rest)


def _general(sentence: str) -> bool:
    """A question of its own that speaks of nobody in particular."""
    if not sentence.endswith("?") or len(sentence.split()) < _FEWEST_WORDS:
        return False
    points_back = r"\b(?:it|this|that|he|she|him|her|they|them|you)\b"
    return not (_speaks_of_one(sentence) or _has(rf"{points_back}|{signs.OWN_PATIENT}", sentence))
