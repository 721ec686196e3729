"""Whether a question leans on the one before."""

from __future__ import annotations

import re

from agent.language.age_and_sex import read_vignette
from agent.language.question_words import key_words
from agent.planning.followup.wording import (
    ABOUT,
    ADVICE,
    ASKS,
    ASPECT,
    COMPARED,
    COMPARES,
    CONDITION,
    ESPECIALLY,
    GUIDES,
    LED,
    MECHANISM,
    NARROWER,
    NOT_BUT,
    OF_THE,
    OPENS,
    PREPOSITION,
    PRONOUN,
    SAYS_WRONG,
    TRAILING,
    WHICH,
    cut,
    names_subject,
    plain_text,
    starts,
    telling_words,
)
from agent.planning.parts import Kind, kind_of

# "Does oxytocin prevent it": whatever else is named, this is not.
_OBJECT = r"^(?:is|are|do|does|did|can|could|should|will)\b(?: (?!that\b|which\b|who\b)[\w-]+){1,5} (?:it|them)$"
# "Is it safe to take aspirin?" has its object; "is it safe to take in pregnancy?" has not.
_EXPLETIVE = rf"\bit \w+ to \w+ (?!{PREPOSITION}\b|and\b|it\b|them\b|this\b|that\b)\w"
_AGAIN = r"(?:and |but )?(?:for|about|on|re|regarding|with) (?:the )?(?:[\w-]+ ){1,3}again\b"
# A question with more words than this says what it is about, and so does one that has named this
# many things before its first pronoun: "drugs that have EGFR as their target".
_LONGEST = 16
_NAMED_BEFORE = 2
_FRAGMENT_WORDS = 4


def points_back(question: str) -> bool:
    """Whether a question leans on the one before."""
    text = plain_text(question)
    words = text.split()
    if goes_back(text):
        return True
    if len(words) > _LONGEST:
        return False
    leading = (OF_THE, r"(?:what|which) [\w-]+$", rf"{SAYS_WRONG}\S", NOT_BUT, r"head[- ]to[- ]head$", ADVICE, ABOUT, COMPARED, COMPARES, MECHANISM)  # fmt: skip
    if any(starts(shape, text) for shape in leading):
        return True
    opened = re.match(OPENS, text, re.IGNORECASE)
    rest = text[opened.end() :] if opened else text
    left = cut(CONDITION, rest)
    if left != rest and len(rest.split()) <= 8 and not starts(r"s? (?:of|on|for|about)\b", left) and len(telling_words(left)) <= 1:  # fmt: skip
        return True
    if opened and not starts(ASKS, rest):
        return True
    orders = r"(?:list|describe|name|explain|define|summari[sz]e|discuss|compare) \w"
    if starts(rf"{orders}|{ASKS}|{PREPOSITION} (?:which|what|whom|whose|how|where)\b", rest):
        return _leans(rest, opened=bool(opened))
    if read_vignette(text)[1] and len(words) <= 6 and not re.search(r",|\s[-–—]\s", text):
        return True
    if starts(rf"{PREPOSITION}\b", rest):
        return not re.search(rf",\s*{ASKS}|[:?]|\s[-–—]\s", rest, re.IGNORECASE) and len(words) < 12
    return _is_fragment(rest)


def goes_back(text: str) -> bool:
    found = starts(LED, text)
    return bool(found and (found.end() < len(text)) and re.search(r"back|return|first|1st|original|earlier|initial|previous|former", found.group(), re.IGNORECASE)) or bool(starts(_AGAIN, text))  # fmt: skip


def _leans(text: str, *, opened: bool) -> bool:
    """Whether a question in whole words leaves open what it is about."""
    if re.search(_EXPLETIVE, text, re.IGNORECASE):
        return False
    if re.search(_OBJECT, text, re.IGNORECASE):
        return True
    found = re.search(PRONOUN, text, re.IGNORECASE)
    before = telling_words(text[: found.start()]) if found else []
    named = {kind_of(word) for word in before} & {Kind.TREATMENT, Kind.DISEASE}
    few = found and (
        found.end() == len(text)
        or not before
        or len(key_words(text[: found.start()])) < _NAMED_BEFORE
    )
    if few and not named and not names_subject(text):
        return True
    if starts(WHICH, text) and len(text.split()) <= 5 and len(key_words(text)) <= 1:
        return True
    if re.search(GUIDES, text, re.IGNORECASE) and not telling_words(re.sub(GUIDES, "", text, flags=re.IGNORECASE)):  # fmt: skip
        return True
    return (opened and not names_subject(text)) or not telling_words(text)


def _is_fragment(text: str) -> bool:
    """Whether a text without a verb names one part of a question only."""
    if len(text.split()) <= 8 and re.search(r"^[^:,?]*\b(?:with|of|on|for|in|after|from) (?:it|them|this|that|these|those|the same)$", text, re.IGNORECASE):  # fmt: skip
        return True
    bare = re.sub(TRAILING, "", text, flags=re.IGNORECASE)
    trailed = bare != text or starts(rf".*\bonly$|(?:only|just)\b|{ESPECIALLY}", text)
    if re.search(r":\s|\?\s|\s[-–—]+\s|\b(?:vs\.?|versus)\b", bare):
        return False
    kind = kind_of(bare)
    head = re.split(r" (?:with|on|without|after) ", bare, maxsplit=1)[0]
    if kind_of(head) is Kind.GROUP and len(bare.split()) <= _FRAGMENT_WORDS:
        return True
    if len(bare.split()) == 2 and kind in {Kind.TREATMENT, Kind.DISEASE} and kind_of(bare.split()[0]) is not Kind.TREATMENT:  # fmt: skip
        return True
    telling = telling_words(bare)
    kinds = {kind_of(word) for word in bare.split()} - {Kind.UNKNOWN}
    if trailed or (
        kind is Kind.GROUP and len(telling) <= 4 and not kinds & {Kind.OUTCOME, Kind.TREATMENT}
    ):
        return True
    # "pregabalin dose RLS" and "luspatercept clot risk" are whole questions.
    framed = len(telling) < len(key_words(bare)) or kinds & {Kind.OUTCOME, Kind.DISEASE}
    if Kind.TREATMENT in kinds and framed and len(telling) > 1:
        return False
    if ASPECT.match(bare):
        return len(telling) <= 1
    joined = re.search(r"\w (?:in|for|of|and|to|from) \w", bare, re.IGNORECASE)
    if kind is Kind.OUTCOME and len(telling) <= 3 and not joined:
        return True
    if re.search(rf", (?:only|{PREPOSITION})\b", bare) and len(bare.split()) <= 6:
        return True
    if (
        starts(NARROWER, bare)
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
