"""Recognise questions that a search of the literature cannot answer, and reply to them.

There are three kinds: somebody is in danger now; the question asks for one person's diagnosis, dose
or treatment; the topic is outside biomedicine. Rules recognise clear cases of danger first. All
other questions are judged by a small classifier of their meaning if it was trained for the encoder
in use, otherwise by rules. What both miss goes on to the search, which abstains if it finds
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.plan import Scope
from agent.triage import patterns
from agent.triage.classifier import classified
from agent.triage.rules import elsewhere, has, in_danger, personal, witness
from retrieval.encoder import Meaning

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


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Why a question is not searched for, and what the user can do instead, in whole sentences."""

    scope: Scope
    reason: str


def emergency(question: str) -> TurnedAway | None:
    """The reply where the rules find that the user or someone with them is in danger, else None."""
    text = _plain(question)
    if not in_danger(text):
        return None
    harm = _NOT_ALONE if has(patterns.SELF_HARM, text) else ""
    return TurnedAway(Scope.EMERGENCY, _EMERGENCY_FIRST + harm + _CANNOT_HELP)


def turn_away(question: str, meaning: Meaning | None = None) -> TurnedAway | None:
    """The reply to a question that is not one for the literature; None where it is.

    Args:
        meaning: the question's vector, if the encoder is available.
    """
    if alarm := emergency(question):
        return alarm
    text = _plain(question)
    predicted = None if meaning is None else classified(text, meaning)
    scope = _doubted(predicted or _by_rules(text), text)
    return None if scope is Scope.LITERATURE else TurnedAway(scope, _REASONS[scope])


def _by_rules(text: str) -> Scope:
    if elsewhere(text):
        return Scope.OUTSIDE
    return Scope.PERSONAL if personal(text) else Scope.LITERATURE


def _doubted(scope: Scope, text: str) -> Scope:
    """The scope, or LITERATURE where nothing in the text supports it, such as a person."""
    if scope is Scope.PERSONAL and not personal(text):
        return Scope.LITERATURE
    if scope is Scope.OUTSIDE and has(patterns.SHORTHAND, text):
        return Scope.LITERATURE
    if scope is Scope.EMERGENCY and not witness(text):
        return Scope.LITERATURE
    return scope


def _plain(question: str) -> str:
    return question.replace("’", "'")
