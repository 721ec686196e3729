"""Study design, from publication types and, where they are silent, from the article's own words.

PubMed's indexers add publication types weeks after a record appears (and for most records of a
recent file they are just "Journal Article"), so wording has to help. It is a reading of the title
first, then of phrases in the abstract with which authors state what they did; it is not a quality
appraisal, and it does not know whether a trial was well run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class EvidenceLevel(IntEnum):
    """Study design, the strongest first."""

    GUIDELINE = 1
    SYSTEMATIC_REVIEW = 2
    RANDOMISED_TRIAL = 3
    TRIAL = 4
    OBSERVATIONAL = 5
    REVIEW = 6
    CASE_REPORT = 7
    OPINION = 8
    LABORATORY = 9
    UNSTATED = 10

    @property
    def label(self) -> str:
        return _LABELS[self]


@dataclass(frozen=True, slots=True)
class Design:
    """An evidence level and the words that decided it."""

    level: EvidenceLevel
    reason: str


_LABELS = {
    EvidenceLevel.GUIDELINE: "Guideline",
    EvidenceLevel.SYSTEMATIC_REVIEW: "Systematic review or meta-analysis",
    EvidenceLevel.RANDOMISED_TRIAL: "Randomised trial",
    EvidenceLevel.TRIAL: "Clinical trial",
    EvidenceLevel.OBSERVATIONAL: "Observational study",
    EvidenceLevel.REVIEW: "Review",
    EvidenceLevel.CASE_REPORT: "Case report",
    EvidenceLevel.OPINION: "Editorial, letter or comment",
    EvidenceLevel.LABORATORY: "Laboratory or animal study",
    EvidenceLevel.UNSTATED: "Design not stated",
}

_TYPES = {
    EvidenceLevel.GUIDELINE: (
        "practice guideline",
        "guideline",
        "consensus development conference",
    ),
    EvidenceLevel.SYSTEMATIC_REVIEW: (
        "systematic review",
        "meta-analysis",
        "network meta-analysis",
    ),
    EvidenceLevel.RANDOMISED_TRIAL: (
        "randomized controlled trial",
        "pragmatic clinical trial",
        "equivalence trial",
    ),
    EvidenceLevel.TRIAL: ("controlled clinical trial", "clinical trial", "adaptive clinical trial"),
    EvidenceLevel.OBSERVATIONAL: ("observational study", "twin study"),
    EvidenceLevel.CASE_REPORT: ("case reports",),
    EvidenceLevel.OPINION: ("editorial", "comment", "letter", "news", "personal narrative"),
    EvidenceLevel.REVIEW: ("review", "scoping review"),
}
_LEVEL_OF_TYPE = {name: level for level, names in _TYPES.items() for name in names}

# A protocol announces a study; it has no result to rank.
_PROTOCOL = re.compile(
    r"\bprotocol (?:for|of)\b|\b(?:study|trial|review) protocol\b|: a protocol\b", re.I
)

_ANIMALS = (
    r"\b(?:in vitro|mice|mouse|murine|rats?|zebrafish|drosophila|piglets?|pigs|porcine|dogs|canine|rabbits|sheep|lambs"
    r"|broilers?|chickens|hens|calves|cows|cattle|horses|equine|macaques?|monkeys|hamsters?|guinea pigs)\b"
)
_TITLE_WORDS = (
    (
        EvidenceLevel.GUIDELINE,
        # About following or judging guidelines is not one.
        r"^(?!.*\b(?:adheren|complian|concordan|implement|quality of|appraisal|adoption|impact of|before and after|awareness|review of)).*?"
        r"\b(?:guidelines?\b(?!-)|consensus statement\b|expert statement\b|position statement\b)",
    ),
    (EvidenceLevel.SYSTEMATIC_REVIEW, r"\bsystematic(?:ally)? (?:literature )?review|\bmeta-?\s?analys[ei]s\b"),
    (EvidenceLevel.RANDOMISED_TRIAL, r"\brandomi[sz]ed\b(?=.*\b(?:trial|study|comparison)\b)"),
    (EvidenceLevel.TRIAL, r"\bphase (?:[1-4]|I{1,3}V?)[ab]?\b.*\b(?:trial|study)\b|\b(?:clinical|single-arm|open-label) trial\b"),
    (EvidenceLevel.CASE_REPORT, r"\bcase (?:report|series)\b|\ba case of\b|\breport of (?:a|one|two|three) cases?\b"),
    (
        EvidenceLevel.OBSERVATIONAL,
        r"\bcohort\b|\bcase[-–]control\b|\bcross[-–]sectional\b|\bretrospective\b|\bprospective\b"
        r"|\bobservational\b|\bpopulation-based\b|\bregistry\b|\bsurvey\b",
    ),
    (EvidenceLevel.LABORATORY, _ANIMALS + r"|\bcell lines?\b"),
    (EvidenceLevel.REVIEW, r"\b(?:narrative|scoping|literature|mini|state-of-the-art)[- ]?review\b|: a review\b|\boverview\b"),
)  # fmt: skip
_ABSTRACT_WORDS = (
    (
        EvidenceLevel.SYSTEMATIC_REVIEW,
        r"\b(?:this|we (?:conducted|performed|did|undertook)|our) (?:a )?(?:systematic|comprehensive)"
        r"[\w ,-]{0,40}(?:review|meta-?analysis)\b"
        r"|\bPRISMA\b|\bstudies were (?:included|identified) in (?:the|this|our) (?:systematic|meta)",
    ),
    (
        EvidenceLevel.RANDOMISED_TRIAL,
        r"\b(?:were|was) (?:then )?randomi[sz]ed\b|\brandomly (?:assigned|allocated|divided|randomi[sz]ed)\b"
        r"|\b(?:this|a|double-blind|controlled|multicent(?:er|re)) randomi[sz]ed (?:controlled |clinical )?(?:trial|study)\b",
    ),
    (EvidenceLevel.TRIAL, r"\b(?:this|in this|a) (?:open-label|single-arm|phase [1-4I]+[ab]?)[\w ,-]{0,40}(?:trial|study)\b"),
    (
        EvidenceLevel.OBSERVATIONAL,
        r"\b(?:this|a|an|our|we (?:conducted|performed) an?) [\w -]{0,30}(?:cohort|case[-–]control|cross[-–]sectional"
        r"|retrospective|observational|prospective|registry-based)\b|\bretrospectively (?:analy[sz]ed|reviewed|collected|included)\b"
        r"|\bodds ratio\b|\bhazard ratio\b",
    ),
    (EvidenceLevel.LABORATORY, _ANIMALS + r"|\bcell lines?\b|\bknockout\b"),
    (EvidenceLevel.REVIEW, r"\b(?:in|this|the present) (?:this )?(?:article|paper|review),? (?:we )?(?:reviews?|summari[sz]es?|discuss(?:es)?|outlines?)\b|\bthis review\b|\bwe review\b"),
)  # fmt: skip


def _compile(
    words: tuple[tuple[EvidenceLevel, str], ...],
) -> tuple[tuple[EvidenceLevel, re.Pattern[str]], ...]:
    return tuple((level, re.compile(pattern, re.I)) for level, pattern in words)


_TITLE_PATTERNS = _compile(_TITLE_WORDS)
_ABSTRACT_PATTERNS = _compile(_ABSTRACT_WORDS)
_NON_RESEARCH = {EvidenceLevel.OPINION, EvidenceLevel.CASE_REPORT}
_LABORATORY = dict(_ABSTRACT_PATTERNS)[EvidenceLevel.LABORATORY]


@lru_cache(maxsize=1024)
def study_design(publication_types: tuple[str, ...], title: str, abstract: str) -> Design:
    """The design of an article and the words that say so.

    Publication types decide where they name a design, the strongest one where they name several
    (a "Review" that calls itself systematic is one); then the title; then the abstract.
    """
    if found := _PROTOCOL.search(title):
        return Design(EvidenceLevel.UNSTATED, f"protocol, no results yet: “{found.group()}”")
    typed = _from_types(publication_types)
    if typed and typed.level is not EvidenceLevel.REVIEW:
        return typed
    for level, pattern in _TITLE_PATTERNS:
        if found := pattern.search(title):
            if level < EvidenceLevel.REVIEW or not typed:
                return _animal_trial(Design(level, f"title: “{found.group()}”"), title, abstract)
            break
    if typed:
        return typed
    for level, pattern in _ABSTRACT_PATTERNS:
        if found := pattern.search(abstract):
            return _animal_trial(Design(level, f"abstract: “{found.group()}”"), title, abstract)
    return Design(EvidenceLevel.UNSTATED, "no design named")


def _from_types(publication_types: tuple[str, ...]) -> Design | None:
    named = []
    for kind in publication_types:
        lowered = kind.lower()
        level = _LEVEL_OF_TYPE.get(lowered)
        if level is None and lowered.startswith("clinical trial, phase"):
            level = EvidenceLevel.TRIAL
        if level is not None:
            named.append((level, kind))
    # A letter that reports a trial is still a letter, whatever else it is tagged with.
    opinions = [pair for pair in named if pair[0] in _NON_RESEARCH]
    if not named:
        return None
    level, kind = min(opinions or named)
    return Design(level, f"publication type: {kind}")


def _animal_trial(design: Design, title: str, abstract: str) -> Design:
    """Rats that "were randomly divided into four groups" are no randomised trial for a clinician."""
    if design.level in (EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.TRIAL):
        words = _LABORATORY.search(title) or (
            _LABORATORY.search(abstract) if "patient" not in abstract.lower() else None
        )
        if words:
            return Design(EvidenceLevel.LABORATORY, f"“{words.group()}” with {design.reason}")
    return design
