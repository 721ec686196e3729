"""Recognise questions that a search of the literature cannot answer, and reply to them.

There are three kinds: somebody is in danger now; the question asks for one person's diagnosis, dose
or treatment; the topic is outside biomedicine. A small classifier of meaning decides if it was
trained for the encoder in use, otherwise rules do. Where it is in doubt, the question is searched
for, and a caution stands above the answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.plan import Scope
from agent.triage import patterns
from agent.triage.classifier import Decision, classified
from agent.triage.rules import elsewhere, has, in_danger, personal
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
    " getting worse, or if you think of harming yourself, call your local emergency number first. No search of the literature can settle"
    " it; a doctor or pharmacist who knows the person can. Medcite can say what studies and guidelines found for"
    " patients in general, for instance on “What dose of amoxicillin is recommended for otitis media"
    " in children?”",
    Scope.OUTSIDE: "This lies outside the biomedical literature, which is all that Medcite searches."
    " It answers questions about diseases, their causes, diagnosis, treatment and prognosis, for"
    " instance “Do statins reduce mortality in COVID-19?”",
}


_CAUTIONS = {
    Scope.EMERGENCY: "If someone is in danger now, call your local emergency number first"
    " (112, 911, 999).",
    Scope.PERSONAL: "If this is about you or someone close to you, ask a doctor or pharmacist who"
    " knows the person: studies say what happened to others.",
}
# Fewer words are a topic ("statins").
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """Why a question is not searched for, and what the user can do instead, in whole sentences."""

    scope: Scope
    reason: str


def turn_away(question: str, meaning: Meaning | None = None) -> TurnedAway | None:
    """The reply to a question that the literature cannot answer; None if it may be able to.

    Args:
        meaning: the question's vector, if the encoder is available.
    """
    text = _plain(question)
    decision = _decided(text, meaning)
    if decision.scope is Scope.LITERATURE or not decision.sure:
        return None
    harm = decision.scope is Scope.EMERGENCY and has(patterns.SELF_HARM, text)
    reason = _EMERGENCY_FIRST + _NOT_ALONE + _CANNOT_HELP if harm else _REASONS[decision.scope]
    return TurnedAway(decision.scope, reason)


def caution(question: str, meaning: Meaning) -> str:
    """What to say above an answer where somebody's own matter cannot be excluded; else ""."""
    decision = _decided(_plain(question), meaning)
    is_topic = len(question.split()) < _FEWEST_WORDS
    return "" if decision.sure or is_topic else _CAUTIONS[decision.scope]


def _decided(text: str, meaning: Meaning | None) -> Decision:
    return (meaning and classified(text, meaning)) or Decision(_by_rules(text))


def _by_rules(text: str) -> Scope:
    if in_danger(text):
        return Scope.EMERGENCY
    if elsewhere(text):
        return Scope.OUTSIDE
    return Scope.PERSONAL if personal(text) else Scope.LITERATURE


def _plain(question: str) -> str:
    return question.replace("’", "'")
