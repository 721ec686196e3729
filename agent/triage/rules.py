"""Rules that recognise danger and a person's own case, for `agent.triage.scope`.

They require a person next to a sign of danger or a request, since the sign alone ("acute chest
pain") is a topic of the literature. They match words, not meaning.
"""

from __future__ import annotations

import re

from agent.triage import patterns

# A sentence with fewer words asks nothing by itself ("What is it?").
_FEWEST_WORDS = 4


def marks(text: str) -> tuple[bool, ...]:
    """The outcomes of the rules and patterns for a text, as inputs of the classifier."""
    return (
        in_danger(text),
        has(patterns.ELSEWHERE, text),
        has(patterns.BIOMEDICAL, text),
        has(patterns.OWN_RELATIVE, text),
        lay(text),
        witness(text),
    )


def lay(text: str) -> bool:
    """Whether a lay person writes about themselves or their relatives."""
    if has(patterns.AT_WORK, text):
        return False
    if has(patterns.OWN_RELATIVE, text):
        return True
    if has(patterns.SHORTHAND, text):
        return False
    return has(patterns.LAY, re.sub(patterns.LEAD_IN, "", text, flags=re.IGNORECASE))


def witness(text: str) -> bool:
    """Whether the text shows a person present: the writer, a relative, or someone in front of them."""
    if lay(text):
        return True
    if has(patterns.SHORTHAND, text):
        return False
    if has(patterns.FIRST_PERSON, text) and not has(patterns.CLINICAL, text):
        return True
    return any(
        has(pattern, text)
        for pattern in (
            patterns.SOMEBODY,
            patterns.AT_THE_SCENE,
            patterns.NOW,
            patterns.BARE_RELATIVE,
            patterns.KIN,
        )
    )


def elsewhere(text: str) -> bool:
    """Whether the topic is outside biomedicine, with no biomedical word next to it."""
    return has(patterns.ELSEWHERE, text) and not has(patterns.BIOMEDICAL, text)


def has(pattern: str, text: str) -> bool:
    return re.search(pattern, text, re.IGNORECASE) is not None


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?;]) ", text)


def in_danger(text: str) -> bool:
    """Whether a person close to the writer shows a sign of danger that is not in the past."""
    if has(patterns.SELF_HARM, text):
        return True
    if (has(patterns.PAST, text) and not has(patterns.NOW, text)) or has(patterns.CHRONIC, text):
        return False
    sign = rf"\b(?:{patterns.DANGER})"
    near = rf"(?: [\w',-]+){{0,6}}? (?:{patterns.DANGER})"
    who = [
        rf"{patterns.OWN_RELATIVE}[^.?!]*?{sign}",
        rf"{patterns.BARE_RELATIVE}[^.?!]*?{sign}",
        rf"(?:{patterns.AT_THE_SCENE})[^.?!]*?{sign}|{sign}[^.?!]*?(?:{patterns.AT_THE_SCENE})",
    ]
    if has(patterns.NOW, text):
        who.append(rf"{patterns.OWN_PATIENT}[^.?!]*?{sign}")
    if not has(patterns.AT_WORK, text):
        who.append(
            rf"\b(?:I'?m|I'?ve|I|my)\b(?:{near})|\b(?:pain|pressure|weight) (?:in|on) my chest\b"
        )
    if not has(patterns.VIGNETTE, text):
        who.append(rf"(?:{patterns.SOMEBODY})[^.?!]*?{sign}")
    return any(has(pattern, sentence) for sentence in _sentences(text) for pattern in who)


def personal(text: str) -> bool:
    """Whether a lay person asks about their own case and asks no general question as well."""
    return lay(text) and not any(_general(sentence) for sentence in _sentences(text))


def _general(sentence: str) -> bool:
    """Whether a sentence is a complete question about nobody in particular."""
    if not sentence.endswith("?") or len(sentence.split()) < _FEWEST_WORDS:
        return False
    points_back = r"\b(?:it|this|that|he|she|him|her|they|them|you)\b"
    own = rf"{patterns.FIRST_PERSON}|{points_back}|{patterns.OWN_PATIENT}"
    rest = re.sub(patterns.LEAD_IN, "", sentence, flags=re.IGNORECASE)
    return not (lay(sentence) or has(own, rest))
