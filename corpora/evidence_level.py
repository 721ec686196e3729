"""Study design, from publication types or, if they name none, from the article's own words.

PubMed's indexers add publication types weeks after a record appears (most records of a recent file
have only "Journal Article"), so the wording is used as well: first the title, then phrases in the
abstract in which authors state what they did. This is not a quality appraisal: it does not tell
whether a trial was well conducted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache


class EvidenceLevel(IntEnum):
    """Study designs, strongest first."""

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
    PROTOCOL = 11

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
    EvidenceLevel.PROTOCOL: "Protocol, no results yet",
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


def _from_initials(initials: str, pattern: str) -> re.Pattern[str]:
    """A pattern that matches only from a word with one of these initials, in half the time."""
    return re.compile(rf"\b(?=[{initials}])(?:{pattern})", re.I)


_LEVEL_OF_TYPE = {name: level for level, names in _TYPES.items() for name in names}

# Records of a trial register.
REGISTERED = "Registered trial, no results"
REGISTERED_WITH_RESULTS = "Registered trial, with results"
_REGISTERED = frozenset({REGISTERED, REGISTERED_WITH_RESULTS})
_NOTICE_TYPES = frozenset(
    {"published erratum", "retraction of publication", "expression of concern", "retraction notice"}
)
_NOTICE_TITLE = re.compile(
    r"^(?:author(?:'s|s')? |publisher(?:'s|s')? |editorial )?(?:correction|corrigend(?:um|a)|errat(?:um|a)|retraction"
    r"|retracted(?: article)?|expression of concern|editorial expression of concern|notice of retraction|withdrawal|withdrawn)"
    r"(?: (?:note|notice|statement|notice to|note to))?"
    r"(?:\s*[:.–—-](?!\w)|\s+(?:to|for|of|in)\b\s*[:'\"‘’“”‟„«]|\s+to:|\s*$)",
    re.I,
)
# A study protocol has no results to rank. Treatments have protocols too, which do not count.
_PROTOCOL = re.compile(
    r"\b(?:stud(?:y|ies)|trial|review|research|meta-?analysis|cohort|registry|evaluation) protocol\b(?! (?:deviation|violation|amendment)s?)"
    r"|[:.?–—-] (?:a |the |an )?(?:\w+ ){0,2}protocol\.?$"
    r"|[:.?–—-] (?:a |the |an )?(?:study |trial |review )?protocol (?:for|of)\b"
    r"|\bprotocol (?:for|of) (?:a |an |the |two |three )?(?:[\w-]+,? ){0,6}(?:trial|study|review|meta-?analysis|cohort|survey|evaluation|rct)\b"
    r"|^(?:the )?(?:study |trial )?protocol (?:for|of)\b"
    r"|\b(?:trial|study) design(?: and methods\b|\.?$)"
    r"|\b(?:rationale|methods|objectives),? (?:and|&) (?:study |trial )?(?:design|protocol)\b",
    re.I,
)
_PLANNED = _from_initials(
    "wtod",
    r"\bwill (?:also |then |only |further )?(?:be|compare|assess|include|recruit|randomi[sz]e|receive|evaluate|use|search|conduct|perform|consist|examine|investigate|explore|measure|determine|enrol)\b"
    r"|\b(?:this|the|our) (?:study |trial )?protocol (?:describes?|outlines?|presents?|details?|aims?)\b"
    r"|\bdescribes? the (?:study |trial )?protocol\b",
)
_OF_A_STUDY = re.compile(
    r"\b(?:study|trial|review|cohort|meta-?analysis) protocol|\bprotocol\b.*\b(?:trial|stud(?:y|ies)|review|meta-?analysis|cohort|survey|evaluation)\b",
    re.I,
)
_TO_COME = _from_initials(
    "w",
    r"\bwill be (?:randomi[sz]ed|randomly|recruited|enrol?led|allocated|assigned)\b|\bwe will (?:randomi[sz]e|recruit|enrol)",
)
_ENROLLED = re.compile(
    r"\b(?:were|was|had been|have been|has) (?:\w+ )?(?:randomi[sz]ed|recruited|enrol?led|included|allocated|assigned|analy[sz]ed|found|observed|reported|treated)\b|\bp ?[<=]|\bCI\b",
    re.I,
)
# Protocols of laboratory methods and of care name what they are for.
_METHOD = re.compile(
    r"\b(?:extraction|sequencing|isolation|staining|differentiation|culture|purification|imaging|treatment|care|surgical|recovery"
    r"|anesthe\w+|anaesthe\w+|rehabilitation|chemotherapy|transfusion|ERAS|MRI|CT|dos(?:e|ing)|management) protocol|\bper[- ]protocol\b",
    re.I,
)

_ANIMALS = (
    r"\b(?:in vitro|mice|mouse|murine|rats?(?! bite|-bite)|zebrafish|drosophila|piglets?|pigs|porcine|dogs|canine(?! (?:teeth|tooth|retraction|distali))|feline|rabbits|sheep|lambs"
    r"|broilers?|ducks|geese|chickens|hens|calves|cows(?!['’]? milk)|cattle|horses|equine(?! antivenom)|macaques?|monkeys|hamsters?|guinea pigs|heifers|ewes|ovine|bovine|goats|mongrel|beagles?|sprague[- ]dawley|wistar|c57bl/6\w?)\b"
)
_TITLE_WORDS = (
    (
        EvidenceLevel.GUIDELINE,
        # Named at the start or after a colon; articles about following or appraising guidelines are excluded.
        r"^(?!how (?!to)|.*\b(?:adheren|complian|concordan|implement|quality of|appraisal|adoption|impact of|before and after|awareness|review of"
        r"|tutorial|inform\w*|approach to the|extension of|reporting|checklist|prisma|consort|effects? of|validation|according to|based on the|comparison|compare|versus"
        r"|in light of|practice patterns|survey|outcomes?|performance of|challeng\w+|overcoming|analysis|(?:evidence|options) and)).*?"
        r"(?:(?:^|[:.–—-] ?)(?:[\w’'/,&()®-]+ ){0,10}guidelines?(?: (?:for|on|of|from|summary|update|20\d\d)\b|\W*$|: |,? 20\d\d)"
        r"|\b(?:consensus|expert|position) statement\b)",
    ),
    (EvidenceLevel.SYSTEMATIC_REVIEW, r"\bsystematic(?:ally)? (?:literature )?review|\bmeta-?\s?analys[ei]s\b"),
    (EvidenceLevel.RANDOMISED_TRIAL, r"(?<!non-)(?<!non )(?<!quasi-)\brandomi[sz]ed\b(?=.*\b(?:trial|study|comparison)\b)"),
    (
        EvidenceLevel.TRIAL,
        r"\bphase (?:[1-4]|I{1,3}V?)[ab]?\b.*\b(?:trial|study)\b|\b(?:single-arm|open-label)(?: clinical)? trial\b"
        # "Clinical trial" alone also occurs in titles of articles about trials.
        r"|(?:^(?:an? )?(?:\w+,? ){0,4}|[:–—-] (?:an? )?(?:[\w-]+,? ){0,5}|\bin an? (?:[\w-]+,? ){0,3})(?<!within a )clinical trial(?!s| (?:populations?|participation|data|registr\w*|recruitment|enrol\w*|design|eligibility))\b",
    ),
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
        r"\b(?:were|was) (?:then )?randomi[sz]ed\b|\brandomly (?:assigned|allocated|divided|randomi[sz]ed|grouped)\b"
        r"|(?<!non-)\b(?:this|this (?:was|is) an?|was an?|as an?|conducted an?|performed an?|that of an?) (?:[\w-]+, ?|[\w-]+ ){0,6}(?<!non-)randomi[sz]ed,? (?:[\w-]+,? ){0,4}(?:trial|study)\b",
    ),
    (EvidenceLevel.TRIAL, r"\b(?:this|in this|this is an?|was an?|conducted an?|performed an?) (?:multicent(?:er|re),? |prospective,? )*(?:open-label|single-arm|phase [1-4I]+[ab]?)[\w ,-]{0,40}(?:trial|study)\b|\bprospective,? open[- ]label\b"),
    (
        EvidenceLevel.OBSERVATIONAL,
        r"\b(?:this|a|an|our|we (?:conducted|performed) an?) [\w -]{0,30}(?:cohort|case[-–]control|cross[-–]sectional"
        r"|retrospective|observational|prospective|registry-based)\b|\bretrospectively (?:analy[sz]ed|reviewed|collected|included)\b"
        r"|\bodds ratio\b|\bhazard ratio\b",
    ),
    (EvidenceLevel.LABORATORY, _ANIMALS + r"|\bcell lines?\b|\bknockout\b"),
    (EvidenceLevel.REVIEW, r"\b(?:in|this|the present) (?:this )?(?:article|paper|review),? (?:we )?(?:reviews?|summari[sz]es?|discuss(?:es)?|outlines?)\b|\bthis review\b|\bwe review\b"),
)  # fmt: skip


# The first letters of every match.
_ABSTRACT_INITIALS = {
    EvidenceLevel.SYSTEMATIC_REVIEW: "twops",
    EvidenceLevel.RANDOMISED_TRIAL: "wrtacp",
    EvidenceLevel.TRIAL: "tiwcp",
    EvidenceLevel.OBSERVATIONAL: "taowrh",
    EvidenceLevel.LABORATORY: "imrzdpcfslbgheowk",
    EvidenceLevel.REVIEW: "itw",
}


_TITLE_PATTERNS = tuple((level, re.compile(pattern, re.I)) for level, pattern in _TITLE_WORDS)
_ABSTRACT_PATTERNS = tuple(
    (level, _from_initials(_ABSTRACT_INITIALS[level], pattern))
    for level, pattern in _ABSTRACT_WORDS
)
# Sentences in which something other than people is randomised, or which mention another study.
_NO_TRIAL = re.compile(
    r"\b(?:training|validation|testing|test|derivation|discovery|development) (?:and \w+ )?(?:sets?|cohorts?|data ?sets?|groups?|samples?)\b"
    r"|\b(?:training|validation|derivation)\b.*\b(?:validation|test|testing)\b|\bmendelian\b|\brandom(?:ly)? (?:split|select|sampl|forest|effect|survey)"
    r"|\b(?:studies|trials|articles|papers|records|data ?sets?|images|scans|specimens|samples|slices|blocks|plots)\b[^.;]{0,50}\b(?:was|were|been)\b[^.;]{0,20}\brandom"
    r"|\b(?:needed|warranted|required|should be|future|further|previous(?:ly)?|earlier|recent|published|post[- ]hoc of|lack of|no) (?:[\w-]+ ){0,4}(?:randomi[sz]ed)"
    r"|\brandomi[sz]ed[^.]*\b(?:needed|warranted|required|lacking|to confirm)\b"
    r"|\bwill be\b|\bdata from (?:a|an|the|two|three)\b|\bcomparable to (?:that|those)\b|\bquestionnaires? (?:was|were)\b",
    re.I,
)
# Titles of articles about trials that do not report one.
_ABOUT_TRIALS = re.compile(
    r"\b(?:focus group|qualitative|interview|views|perspectives|attitudes|review of|overview of|synthesis|reporting of|reporting in"
    r"|quality of (?:reporting|randomi[sz]ed)|feasibility of (?:a |an )?(?:future )?randomi[sz]ed|mendelian|lessons|emulat\w+|commentary|critical appraisal|concerns? (?:about|with|regarding)"
    r"|eligib\w+ (?:for|in)|toolkit|software|simulation|(?:statistical|sample size) (?:methods?|analysis plan)|analysis of (?:\w+ )?randomi[sz]ed (?:\w+ )?trials)\b",
    re.I,
)
_CASE_SERIES = re.compile(r"\bcase series\b", re.I)
_NON_RESEARCH = {EvidenceLevel.OPINION, EvidenceLevel.CASE_REPORT}
_LABORATORY = dict(_ABSTRACT_PATTERNS)[EvidenceLevel.LABORATORY]
_RANDOMISED_ABSTRACT = dict(_ABSTRACT_PATTERNS)[EvidenceLevel.RANDOMISED_TRIAL]
_ONE_ARM = re.compile(r"single[- ]arm|phase I\b|phase 1\b|non-?randomi[sz]ed", re.I)
_RANDOMISED = re.compile(r"\brandom(?:i[sz]ed|ly)\b", re.I)


@lru_cache(maxsize=1024)
def study_design(publication_types: tuple[str, ...], title: str, abstract: str) -> Design:
    """The design of an article and the words that state it.

    Publication types decide if they name a design, by the strongest if they name several (a
    "Review" that calls itself systematic is one); then the title; then the abstract. A notice has
    no design, whatever that of its article, and a protocol is only a protocol.
    """
    if is_notice(publication_types, title):
        return Design(EvidenceLevel.UNSTATED, "an editorial notice, no study")
    if registered := next((kind for kind in publication_types if kind in _REGISTERED), ""):
        return _registered(registered, abstract)
    if words := protocol_words(title, abstract):
        return Design(EvidenceLevel.PROTOCOL, f"protocol, no results yet: “{words}”")
    typed = _from_types(publication_types)
    if typed and typed.level is not EvidenceLevel.REVIEW:
        return _correct_type(typed, title, abstract) or typed
    for level, pattern in _TITLE_PATTERNS:
        if matched := _first(level, pattern, title):
            if level < EvidenceLevel.REVIEW or not typed:
                design = _randomised_too(Design(level, f"title: “{matched}”"), abstract)
                return _animal_trial(design, title, abstract)
            break
    if typed:
        return _correct_type(typed, title, abstract) or typed
    for level, pattern in _ABSTRACT_PATTERNS:
        matched = _first(level, pattern, abstract, whole=False)
        if matched and not (level is EvidenceLevel.LABORATORY and _of_people(abstract)):
            return _animal_trial(Design(level, f"abstract: “{matched}”"), title, abstract)
    return Design(EvidenceLevel.UNSTATED, "no design named")


def _registered(kind: str, abstract: str) -> Design:
    """The design of a trial register's record, which states whether it has results."""
    if kind == REGISTERED:
        return Design(EvidenceLevel.PROTOCOL, kind.lower())
    level = EvidenceLevel.TRIAL
    if re.search(r"\bInterventional\b[^.]*(?<!non-)(?<!non)\brandomi[sz]ed\b", abstract):
        level = EvidenceLevel.RANDOMISED_TRIAL
    elif re.search(r"\bObservational\b", abstract):
        level = EvidenceLevel.OBSERVATIONAL
    return Design(level, kind.lower())


def _of_people(abstract: str) -> bool:
    """Whether an abstract mentions people more often than animals or in vitro work."""
    return len(_PERSONS.findall(abstract)) > len(_LABORATORY.findall(abstract))


def _randomised_too(design: Design, abstract: str) -> Design:
    """The design of a trial by title, raised to randomised if its abstract says so."""
    level = EvidenceLevel.RANDOMISED_TRIAL
    if design.level is not EvidenceLevel.TRIAL or _ONE_ARM.search(design.reason):
        return design
    words = _first(level, _RANDOMISED_ABSTRACT, abstract, whole=False)
    return Design(level, f"abstract: “{words}”") if words else design


def is_notice(publication_types: tuple[str, ...], title: str) -> bool:
    """Whether a record is an erratum, a retraction notice or an expression of concern."""
    kinds = {kind.lower() for kind in publication_types}
    return bool(kinds & _NOTICE_TYPES) or bool(_NOTICE_TITLE.search(title))


def protocol_words(title: str, abstract: str) -> str:
    """The words that mark an article as the protocol of a future study, "" if it is not one."""
    named = _PROTOCOL.search(title)
    planned = _PLANNED.search(abstract)
    if named and (planned or (_OF_A_STUDY.search(title) and not _METHOD.search(title))):
        return named.group().strip(" :.?–—-")
    # Nothing in the title: participants are still to be enrolled, and none have been.
    to_come = _TO_COME.search(abstract)
    return to_come.group() if to_come and not _ENROLLED.search(abstract) else ""


def animal_words(text: str) -> list[str]:
    """The words of a text that name animals or in vitro work, in order."""
    return [match.group() for match in _LABORATORY.finditer(text)]


def _first(level: EvidenceLevel, pattern: re.Pattern[str], text: str, *, whole: bool = True) -> str:
    """The first words of a text that name a design, "" if none do."""
    if level not in (EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.TRIAL):
        match = pattern.search(text)
        return match.group() if match else ""
    if whole:
        match = pattern.search(text)
        return match.group() if match and not _ABOUT_TRIALS.search(text) else ""
    for match in pattern.finditer(text):
        if not _NO_TRIAL.search(_sentence(text, match.start(), match.end())):
            return match.group()
    return ""


def _sentence(text: str, start: int, end: int) -> str:
    """The approximate sentence around a span."""
    before = max(text.rfind(mark, 0, start) for mark in (". ", "; ", ": "))
    after = text.find(". ", end)
    return text[before + 1 : after if after >= 0 else len(text)]


def _correct_type(typed: Design, title: str, abstract: str) -> Design | None:
    """The design that an article's words show where its publication type is wrong, else None."""
    if typed.level is EvidenceLevel.REVIEW and not re.search(
        r"\breview\b", f"{title} {abstract}", re.I
    ):
        if words := _LABORATORY.search(title):
            return Design(EvidenceLevel.LABORATORY, f"title: “{words.group()}”")
        if words := _CASE_SERIES.search(title):
            return Design(EvidenceLevel.CASE_REPORT, f"title: “{words.group()}”")
    if typed.level in (EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.TRIAL):
        animal = _animal_trial(typed, title, abstract)
        return animal if animal.level is EvidenceLevel.LABORATORY else None
    return None


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


# Things other than people that are randomised.
_THINGS = re.compile(
    r"\b(?:animals?|specimens?|extracted|premolars?|molars|incisors|teeth|seedlings|plants|larvae|discs)\b",
    re.I,
)
_PERSONS = _from_initials(
    "pwmcaivsn",
    r"\b(?:patients?|participants?|women|men|children|infants|adults|volunteers|subjects|persons|people|individuals|students|nurses|parents|mothers)\b",
)


def _animal_trial(design: Design, title: str, abstract: str) -> Design:
    """Relabel an animal study: randomly grouped rats are not a randomised trial for a clinician."""
    if design.level not in (EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.TRIAL):
        return design
    words = _LABORATORY.search(title) or (
        _LABORATORY.search(abstract) if not _PERSONS.search(abstract) else None
    )
    if not words:
        for match in _RANDOMISED.finditer(abstract):
            sentence = _sentence(abstract, match.start(), match.end())
            if not _PERSONS.search(sentence):
                words = _LABORATORY.search(sentence) or (
                    None if _PERSONS.search(title) else _THINGS.search(sentence)
                )
            break
    if words:
        return Design(EvidenceLevel.LABORATORY, f"“{words.group()}” with {design.reason}")
    return design
