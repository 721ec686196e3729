"""How many were studied, as an abstract says it: participants, and studies where it is a review.

Meant to stand beside a sentence ("Randomised trial, n = 204, 2021"), so that a wrong number is worse
than none: planned numbers, screened ones, subgroups, groups of a trial and animals are left out, and
where two statements do not agree, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpora.article import Article
from corpora.article_kind import ArticleKind, Studied, article_kind, studied
from corpora.counts import DIGITS, NUMBER, count_of, looks_like_year
from corpora.evidence_level import EvidenceLevel


@dataclass(frozen=True, slots=True)
class SampleSize:
    """`participants` and `studies` are 0 where nothing is said of them.

    `words` say it, verbatim from `start` to `end` in `Article.text`.
    """

    participants: int
    studies: int
    words: str
    start: int
    end: int

    @property
    def label(self) -> str:
        """As it is shown: "n = 1,204", "28 studies" or "28 studies, n = 63,537"."""
        said = [f"{self.studies:,} studies"] if self.studies else []
        if self.participants:
            said.append(f"n = {self.participants:,}")
        return ", ".join(said)


WHO = (
    r"(?:patients?|participants?|subjects|individuals|persons|people|adults|wom[ae]n|men|children|adolescents|youths?|infants|neonates|newborns|preterms|babies"
    r"|pregnancies|births|deliveries|volunteers|students|nurses|physicians|clinicians|respondents|residents|veterans|mothers|caregivers|carers|parents|couples|dyads"
    r"|survivors|recipients|players|donors|workers|employees|athletes|males|females|cases|inpatients|outpatients|beneficiaries|smokers|users|clients|professionals|pairs)"
)
# Between a number and whom it counts: no other number, no new clause.
_BETWEEN = r"(?:age-? ?(?:and|,|/) ?(?:sex|gender)[- ]matched )?(?:(?!(?:of|in|from|with|had|were|was|than|and|or|years?|months?|weeks?|days?|hours?|studies|trials|centers|centres|sites|hospitals|countries)\b)[A-Za-z][\w'’+/-]*,? ){0,7}?"
_COUNTED = rf"(?P<n>{NUMBER}) (?:\([^()%/]{{1,40}}\) )?(?:of (?:the|these) )?{_BETWEEN}{WHO}\b"
_TAKEN = (
    r"(?:randomi[sz]ed|randomly (?:assigned|allocated|divided|assigned)|enrol?led|included|recruited|analy[sz]ed|assigned|allocated|studied|evaluated|examined"
    r"|reviewed|identified|followed|treated|interviewed|surveyed|assessed (?!for eligibility)|participated|took part|responded|completed the (?:survey|questionnaire)"
    r"|met (?:the |our |all )?(?:inclusion|eligibility|study) criteria|underwent|received|divided|investigated|selected|eligible)"
)
_CHANCE = re.compile(r"random", re.I)
_SURELY = re.compile(r"\b(?:total|overall|altogether|entire|in all)\b", re.I)
_WITH_CONTROLS = re.compile(
    rf"(?: (?:with|without|who had) [^.;,()]{{1,40}}?)?,? and (?:a total of )?(?P<m>{NUMBER}) {_BETWEEN}(?:controls|control subjects|control participants|comparators|{WHO})\b",
    re.I,
)

# Sure words first; a rank counts only where none before it says anything.
_PEOPLE = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b(?:a total of|in total,?|overall,|altogether,?|total of) {_COUNTED}",
        rf"{_COUNTED}[^.;:()]{{0,60}}? (?:were|was|have been|had been|being) (?:\w+ly |then |also |finally )?{_TAKEN}",
        rf"\b(?:included|enrol?led|recruited|randomi[sz]ed|analy[sz]ed|reviewed|identified|assessed|studied|evaluated|surveyed|interviewed|involv(?:ed|ing)|assigned|conducted (?:in|on|with|among)|consisted of|comprised|comprising|followed|data (?:of|from|on)|records of|cohort of|sample of|population of|series of) (?:the |all )?(?:data (?:of|from) |records of )?{_COUNTED}",
        rf"{_COUNTED} (?:aged|who|undergoing|participated|took part|responded|completed|met|received|underwent|between|from)\b",
        rf"\b{WHO}[^.;()]{{0,40}}? \((?:total )?n ?= ?(?P<n>{DIGITS})\)",
    )
)
_ANYBODY = re.compile(_COUNTED, re.I)
_RATE = re.compile(r"[- ](?:years?|days?|months?)\b", re.I)
_STATED = re.compile(rf"\bn ?= ?({DIGITS})", re.I)
_OF_STUDIES = r"(?:(?!(?:of|in|with|and|or)\b)[A-Za-z][\w'’+/-]*,? ){0,5}?(?:studies|trials|RCTs|articles|papers|publications|reports)\b"
_REVIEWED = re.compile(
    rf"(?P<s>{NUMBER}) (?:\([^()%/]{{1,40}}\) )?{_OF_STUDIES}"
    rf"(?P<rest>[^.;]{{0,60}}? (?:with|involving|including|comprising|enrolling|covering|reporting (?:on|data (?:on|from))|on|of|studying|representing|totall?ing|consisting of|containing|in) (?:data (?:of|from|on) )?(?:a total (?:of|sample of) )?(?:a combined )?(?P<n>{NUMBER}) {_BETWEEN}{WHO}\b| \((?:total )?(?:n ?= ?)?(?P<n2>{NUMBER}) {_BETWEEN}{WHO}\b)?",
    re.I,
)
_MET = re.compile(
    r"\b(?:included|eligible|met|analy[sz]ed|identified and|selected|retained|pooled|fulfill?ed|satisfied|reviewed|contributed|comprising|involving|with|meta-?analysis of|review of|were used)\b",
    re.I,
)
# What a number does not count when it stands in such words.
_SCREENED = re.compile(
    r"\b(?:screened|approached|invited|assessed for eligibility|were excluded|was excluded|declined|records|citations|abstracts|hits|titles|potentially|duplicates|initially (?:identified|retrieved)|search(?:es)? (?:\w+ ){0,2}(?:yielded|identified|retrieved|returned|found)|retrieved|random sample|for inclusion|at the end|finally selected|full[- ]texts?)\b",
    re.I,
)
# What follows a number of which another one was taken.
_SPLIT = re.compile(
    rf" (?:on|for|in) [^.;]{{0,40}}(?:,| and) {NUMBER} (?:on|for|in|{_OF_STUDIES})", re.I
)
_MORE_STUDIES = re.compile(rf"[^.;]{{0,140}}\b(?:and|plus) {NUMBER} {_OF_STUDIES}", re.I)
_SUBSET = re.compile(r"\b(?:of which|of these|of those|of whom|among which|among these)\b", re.I)
# After a number from which some were then taken away.
_REDUCED = re.compile(
    r"\b(?:of|from|among) (?:these|those|them|whom|which),? [^.;]{0,60}?\b(?:enrol?led|included|analy[sz]ed|randomi[sz]ed|recruited|completed)\b"
    r"|\bmatched (?:with|to) \d+"
    r"|\b(?:exclu(?:ded|ding|sion)|dropped out|lost to follow|withdrew|withdrawn|final (?:sample|cohort|analysis))\b",
    re.I,
)
_INTERVIEWS = re.compile(r"\binterview|\bfocus group|\bqualitative", re.I)
_PLANNED = re.compile(
    r"\b(?:(?:primary|original|parent|main) (?:trial|study)|will|would|should|planned|sample size (?:of|was|calculation)|power|previous(?:ly)?|estimated|worldwide|annually|each year|per year|prevalence of)\b",
    re.I,
)
_PART = re.compile(
    r"(?:\bof (?:whom|which|these|those|them)|\bamong (?:whom|which|these|those|them)|\bin whom|\b(?:each|every|per)|\bof|\bexclu\w+|\bamong|\band|\bor|\bplus|\banother|\badditional|\bfurther|\bremaining|\bother|\bonly|\bat least|\bmore than|\bless than|\bfewer than|\bfirst|\blast|\bapproximately half|\bin|\bby|\bfor)\s*(?:the )?,?\s*$",
    re.I,
)
_PART_AFTER = re.compile(
    r"^\s*(?:\(\s*[\d.]+\s?%|\(\d+/\d+|in (?:the|each|both|either|group|arm)\b|(?:in )?(?:each|per) (?:group|arm)|per\b|/)",
    re.I,
)
# Words of a sentence that says who was taken; and before a number, those of a part of them.
_TOOK = re.compile(
    rf"\b{_TAKEN}\b|\b(?:study|cohort|series|sample|group|population|records|data|analysis|total) (?:of|for|from|on)\b|\breport on\b|\bcompleted\b|\bparticipants included\b|\bmanaged\b|\b(?:carried out|conducted|performed)\b|\bdiagnosed\b|\b(?:mean|median) age\b|\(n ?=",
    re.I,
)
_FRACTION = re.compile(
    r"\b(?:of whom|of which|among|in whom|each|every|per|exclud\w+|and|or|plus|another|additional|further|remaining|other|only|at least|more than|less than|fewer than|first|last|\d of|were|was|versus|vs\.?|than|by)\s*(?:the )?,?\s*$|\b(?:of|among|in) (?:these|those|them|the|all|\d[\d,]*),?[^,]*$|(?:%\)?|\d\)?|half|third|quarter|majority|most|proportion|percentage|one|two|three|four|five|six|seven|eight|nine|ten|some|none) of (?:the )?$|^of $",
    re.I,
)
_TURNED_AWAY = re.compile(
    r"\b(?:screened|approached|invited|assessed for eligibility|(?:was|were) excluded|declined|potentially|random sample)\b",
    re.I,
)
_SHARE_AFTER = re.compile(
    r"^\s*(?:\(\s*[\d.]+\s?%\s*[),;\]]|\(\d+/\d+|in (?:each|both|either|group|arm|the (?:\w+ ){0,3}(?:group|arm))\b|(?:in )?(?:each|per) (?:group|arm)|per\b|/)",
    re.I,
)
_CUT_DOWN = re.compile(
    rf"^[^.;]{{0,30}}?\b(?:identified|retrieved|found|screened)\b[^.;]*?(?:\band|of which|of these|,) {NUMBER}",
    re.I,
)
_TO_A_GROUP = re.compile(
    r"^[^.;]{0,40}\b(?:to|in) (?:the |an? )?(?:[\w-]+ ){0,3}(?:group|arm)\b", re.I
)
_KEPT = re.compile(r"\b(?:included|eligible|analy[sz]ed|selected|pooled|(?:met|fulfill?ed) )", re.I)
_AMONG_ALL = re.compile(r"^Among (?:the |all )?$", re.I)
_THEN_TAKEN = re.compile(
    r"^[^.;()]{0,50}\band [^.;]{0,30}\b(?:were|was) (?:randomi|included|analy|enrol)", re.I
)
_IN_TOTAL = re.compile(r"\b(?:total|number|total number) of (?:the )?$", re.I)
_BESIDE = re.compile(rf"\b{WHO} \((?:total )?n ?= ?(?P<n>{DIGITS})", re.I)
_SEARCHERS = re.compile(
    r"\b(?:authors|reviewers|researchers|investigators|databases|independent\w*)\b", re.I
)
# A group of a trial, a case beside its control, or an event among all: not all who were studied.
_TWO = re.compile(
    rf"%|(?<!hundred )(?<!thousand )\b(?:and|versus) {NUMBER} {_BETWEEN}{WHO}\b", re.I
)
_EACH = re.compile(r"\b(?:each|both|every)\b", re.I)
_AND_MORE = re.compile(
    rf"^[^.;()]{{0,80}}\b(?:and|versus|vs\.?) (?:\w+ )?{NUMBER} {_BETWEEN}(?:{WHO}|controls)\b|^\s*(?:were )?eligible for\b"
    rf"|^ (?:in)?to (?:the|an?) [^.;]{{0,60}}\b(?:and|versus) {NUMBER}\b",
    re.I,
)
_GROUP = re.compile(
    r"\b(?:group|arm|subgroup|subset|sub-?sample|training|validation|test set|derivation|controls?|placebo|died|deaths|responders|recurrence|complications?|adverse|events?)\b",
    re.I,
)
_NO_SIZE = frozenset(
    {
        EvidenceLevel.GUIDELINE,
        EvidenceLevel.REVIEW,
        EvidenceLevel.CASE_REPORT,
        EvidenceLevel.OPINION,
    }
    | {EvidenceLevel.LABORATORY, EvidenceLevel.PROTOCOL}
)
_LEAST = 5


def sample_size(article: Article) -> SampleSize | None:
    """How many people or studies an article's abstract says that it is about; None where unsure."""
    level = article.evidence_level
    if level in _NO_SIZE or article_kind(article) is not ArticleKind.FINDINGS:
        return None
    if level is EvidenceLevel.SYSTEMATIC_REVIEW:
        return _of_review(article)
    if studied(article) is not Studied.PEOPLE:
        return None
    return _of_study(article, chance=level is EvidenceLevel.RANDOMISED_TRIAL)


def stated_size(article: Article) -> SampleSize | None:
    """The size that an abstract states first, where `sample_size` is silent for want of one alone.

    For showing beside its words: who was enrolled may be counted, where others were analysed.
    """
    level = article.evidence_level
    if level is not EvidenceLevel.SYSTEMATIC_REVIEW and (size := sample_size(article)):
        return size
    if level in _NO_SIZE or article_kind(article) is not ArticleKind.FINDINGS:
        return None
    parts = list(_abstract(article))
    if level is EvidenceLevel.SYSTEMATIC_REVIEW:
        stated = [size for start, text in parts for size in _stated_studies(start, text)]
        # A part of the studies, of which no people are counted, went into each analysis.
        return max(stated, key=lambda size: (size.participants > 0, size.studies), default=None)
    if studied(article) is not Studied.PEOPLE:
        return None
    size = next((size for start, text in parts for size in _stated_people(start, text)), None)
    if size is None:
        size = next((size for start, text in parts for size in _counts(_BESIDE, start, text)), None)
    return size if size and not _larger(size, parts) else None


def shown_size(article: Article) -> SampleSize | None:
    """The size that stands beside a study: `sample_size`, else the people that are stated first.

    A number of studies alone is often that of a search, or of one part of a review.
    """
    size = sample_size(article)
    if size is None and (stated := stated_size(article)) and stated.participants:
        size = stated
    return size


def _stated_people(start: int, text: str) -> Iterator[SampleSize]:
    for found in _ANYBODY.finditer(text):
        number = count_of(found["n"])
        _, before, after = _around(text, found)
        end = text.find(". ", found.end())
        sentence = before + text[found.start() : end if end >= 0 else len(text)]
        all_of = _AMONG_ALL.search(before)
        if number < _LEAST or looks_like_year(found["n"], number):
            continue
        if not (all_of or _TOOK.search(sentence)):
            continue
        if _PLANNED.search(sentence) or _TURNED_AWAY.search(sentence) or _TWO.search(found.group()):
            continue
        if (
            (not all_of and _FRACTION.search(before))
            or _EACH.search(before)
            or _GROUP.search(found.group())
        ):
            continue
        if _AND_MORE.search(after) and not _THEN_TAKEN.search(after):
            continue
        if _SHARE_AFTER.search(after) or _RATE.match(after) or _TO_A_GROUP.match(after):
            continue
        if found.group().endswith("pairs"):
            continue
        yield SampleSize(number, 0, found.group(), start + found.start(), start + found.end())


def _stated_studies(start: int, text: str) -> Iterator[SampleSize]:
    for found in _REVIEWED.finditer(text):
        sentence, before, after = _around(text, found)
        total = _IN_TOTAL.search(before)
        before = _IN_TOTAL.sub("", before)
        studies, people = count_of(found["s"]), count_of(found["n"] or found["n2"] or "")
        if studies < 2 or looks_like_year(found["s"], studies) or _PLANNED.search(sentence):
            continue
        if _PART.search(before) or _SPLIT.match(after) or _SUBSET.search(after[:80]):
            continue
        if _SEARCHERS.search(found.group()) or before.count("(") > before.count(")"):
            continue
        # With its people a number of studies is that of the review, whatever was screened before.
        if _CUT_DOWN.match(after):
            continue
        plain = _KEPT.search(sentence) and (total or not _SCREENED.search(sentence))
        if (people and people >= studies) or plain:
            end = found.end()
            yield SampleSize(
                people, studies, text[found.start() : end], start + found.start(), start + end
            )


def _abstract(article: Article) -> Iterator[tuple[int, str]]:
    """(offset in `Article.text`, text) of the sections in which a study says whom it took."""
    sections = [
        (start, article.text[start:end], section)
        for section, (start, end, _) in zip(article.sections, article.section_spans(), strict=True)
        if not section.body
    ]
    labelled = any(section.label for _, _, section in sections)
    for start, text, section in sections:
        name = f"{section.category} {section.label}".upper()
        if not labelled or not re.search(
            "BACKGROUND|OBJECTIVE|INTRODUCTION|AIM|PURPOSE|IMPORTANCE|REGISTRATION|CONTEXT", name
        ):
            yield start, text


def _of_study(article: Article, *, chance: bool) -> SampleSize | None:
    parts = list(_abstract(article))
    stated = sum(len(_STATED.findall(text)) for _, text in parts)
    ranks = [
        [size for start, text in parts for size in _counts(pattern, start, text)]
        for pattern in (_PEOPLE if stated == 1 else _PEOPLE[:-1])
    ]
    if chance:
        if any(_INTERVIEWS.search(text) for _, text in parts):
            return None
        # Of a trial those count who were randomised, whoever else was enrolled.
        if drawn := [size for sizes in ranks for size in sizes if _CHANCE.search(size.words)]:
            return _one(drawn)
    for sizes in ranks:
        if sizes:
            size = _one([size for size in sizes if _SURELY.search(size.words)] or sizes)
            return size if size and not _larger(size, parts) else None
    return None


def _one(sizes: list[SampleSize]) -> SampleSize | None:
    """The one size; None where several are given, of which it is not known which counts all."""
    return sizes[0] if len({size.participants for size in sizes}) == 1 else None


def _larger(size: SampleSize, parts: list[tuple[int, str]]) -> bool:
    """Whether an abstract counts more people than those, and not as merely screened."""
    for start, text in parts:
        for found in _ANYBODY.finditer(text):
            if size.start <= start + found.start() < size.end:
                continue
            number = count_of(found["n"])
            if number > size.participants and not looks_like_year(found["n"], number):
                sentence, _, _ = _around(text, found)
                if not _SCREENED.search(sentence) and not _RATE.match(text, found.end()):
                    return True
        if any(count_of(found[1]) > size.participants for found in _STATED.finditer(text)):
            return True
    return False


def _counts(pattern: re.Pattern[str], start: int, text: str) -> Iterator[SampleSize]:
    for found in pattern.finditer(text):
        number = count_of(found["n"])
        sentence, before, after = _around(text, found)
        if number < _LEAST or looks_like_year(found["n"], number):
            continue
        if _PLANNED.search(sentence) or _SCREENED.search(sentence):
            continue
        if _REDUCED.search(text[found.end() : found.end() + 250]) or _TWO.search(found.group()):
            continue
        if _PART.search(before) or _EACH.search(before) or _GROUP.search(found.group()):
            continue
        end = found.end()
        if more := _WITH_CONTROLS.match(text, end):
            number, end = number + count_of(more["m"]), more.end()
        elif _AND_MORE.search(after) or _PART_AFTER.search(after):
            continue
        yield SampleSize(number, 0, text[found.start() : end], start + found.start(), start + end)


def _of_review(article: Article) -> SampleSize | None:
    sizes: list[SampleSize] = []
    for start, text in _abstract(article):
        for found in _REVIEWED.finditer(text):
            sentence, before, _ = _around(text, found)
            studies = count_of(found["s"])
            if looks_like_year(found["s"], studies) or _PLANNED.search(sentence):
                continue
            after = text[found.end() : found.end() + 80]
            if _SUBSET.search(after) or _SPLIT.match(after) or _MORE_STUDIES.match(after):
                continue
            if not _MET.search(sentence) or _SCREENED.search(sentence) or _PART.search(before):
                continue
            people = count_of(found["n"] or found["n2"] or "")
            if studies < 2 or (people and people < studies):
                continue
            end = found.end()
            if people and (more := _WITH_CONTROLS.match(text, end)):
                people, end = people + count_of(more["m"]), more.end()
            words = text[found.start() : end]
            sizes.append(SampleSize(people, studies, words, start + found.start(), start + end))
    if not sizes:
        return None
    first = sizes[0]
    most = max(
        (
            count_of(found["s"])
            for _, text in _abstract(article)
            for found in _REVIEWED.finditer(text)
            if not _SCREENED.search(_around(text, found)[0])
        ),
        default=0,
    )
    return first if first.studies >= most else None


def _around(text: str, found: re.Match[str]) -> tuple[str, str, str]:
    """(the sentence of a match, what of it stands before the match, what after)."""
    start = max((text.rfind(mark, 0, found.start()) for mark in (". ", "; ", "? ")), default=-1)
    start = start + 2 if start >= 0 else 0
    end = min(
        (at for at in (text.find(mark, found.end()) for mark in (". ", "; ")) if at >= 0),
        default=len(text),
    )
    return text[start:end], text[start : found.start()], text[found.end() : end]
