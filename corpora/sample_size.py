"""Extract the sample size an abstract states: participants, and studies for a review.

It is shown beside a sentence ("Randomised trial, n = 204, 2021"), so a wrong number is worse than
none: planned and screened numbers, subgroups, trial arms and animals are excluded, and if two
statements disagree, no size is returned.
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
    """A stated sample size; `participants` and `studies` are 0 if not stated.

    `words` is the statement, verbatim from `start` to `end` in `Article.text`.
    """

    participants: int
    studies: int
    words: str
    start: int
    end: int

    @property
    def label(self) -> str:
        """The size as displayed: "n = 1,204", "28 studies" or "28 studies, n = 63,537"."""
        parts = [f"{self.studies:,} studies"] if self.studies else []
        if self.participants:
            parts.append(f"n = {self.participants:,}")
        return ", ".join(parts)


WHO = (
    r"(?:patients?|participants?|subjects|individuals|persons|people|adults|wom[ae]n|men|children|adolescents|youths?|infants|neonates|newborns|preterms|babies"
    r"|pregnancies|births|deliveries|volunteers|students|nurses|physicians|clinicians|respondents|residents|veterans|mothers|caregivers|carers|parents|couples|dyads"
    r"|survivors|recipients|players|donors|workers|employees|athletes|males|females|cases|inpatients|outpatients|beneficiaries|smokers|users|clients|professionals|pairs)"
)
# Words allowed between a number and the people it counts: no other number, no new clause.
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

# Most reliable wording first; a pattern is used only if none before it matches.
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
# Words that show that a number counts screened, not included, items.
_SCREENED = re.compile(
    r"\b(?:screened|approached|invited|assessed for eligibility|were excluded|was excluded|declined|records|citations|abstracts|hits|titles|potentially|duplicates|initially (?:identified|retrieved)|search(?:es)? (?:\w+ ){0,2}(?:yielded|identified|retrieved|returned|found)|retrieved|random sample|for inclusion|at the end|finally selected|full[- ]texts?)\b",
    re.I,
)
# Follows a number that is split into several parts.
_SPLIT = re.compile(
    rf" (?:on|for|in) [^.;]{{0,40}}(?:,| and) {NUMBER} (?:on|for|in|{_OF_STUDIES})", re.I
)
_MORE_STUDIES = re.compile(rf"[^.;]{{0,140}}\b(?:and|plus) {NUMBER} {_OF_STUDIES}", re.I)
_SUBSET = re.compile(r"\b(?:of which|of these|of those|of whom|among which|among these)\b", re.I)
# Follows a number that was later reduced.
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
# Words of a sentence that says who was included; `_FRACTION`: words before a number that counts
# only some of them.
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
# A trial arm, cases beside controls, or events: not everyone who was studied.
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
    """The number of people or studies that an article's abstract states; None if uncertain."""
    level = article.evidence_level
    if level in _NO_SIZE or article_kind(article) is not ArticleKind.FINDINGS:
        return None
    if level is EvidenceLevel.SYSTEMATIC_REVIEW:
        return _of_review(article)
    if studied(article) is not Studied.PEOPLE:
        return None
    return _of_study(article, chance=level is EvidenceLevel.RANDOMISED_TRIAL)


def stated_size(article: Article) -> SampleSize | None:
    """The first size that an abstract states, for when `sample_size` finds no unambiguous one.

    Show it only with its words: it may count those enrolled where fewer were analysed.
    """
    level = article.evidence_level
    if level is not EvidenceLevel.SYSTEMATIC_REVIEW and (size := sample_size(article)):
        return size
    if level in _NO_SIZE or article_kind(article) is not ArticleKind.FINDINGS:
        return None
    parts = list(_abstract(article))
    if level is EvidenceLevel.SYSTEMATIC_REVIEW:
        stated = [size for start, text in parts for size in _stated_studies(start, text)]
        # Counts without participants may be of the subset of studies in one analysis.
        return max(stated, key=lambda size: (size.participants > 0, size.studies), default=None)
    if studied(article) is not Studied.PEOPLE:
        return None
    size = next((size for start, text in parts for size in _stated_people(start, text)), None)
    if size is None:
        size = next((size for start, text in parts for size in _counts(_BESIDE, start, text)), None)
    return size if size and not _larger(size, parts) else None


def shown_size(article: Article) -> SampleSize | None:
    """The size displayed with a study: `sample_size`, else the first stated number of people.

    A number of studies alone is often that of a search or of one part of a review.
    """
    size = sample_size(article)
    if size is None and (stated := stated_size(article)) and stated.participants:
        size = stated
    return size


def _stated_people(start: int, text: str) -> Iterator[SampleSize]:
    for match in _ANYBODY.finditer(text):
        number = count_of(match["n"])
        _, before, after = _around(text, match)
        end = text.find(". ", match.end())
        sentence = before + text[match.start() : end if end >= 0 else len(text)]
        all_of = _AMONG_ALL.search(before)
        if number < _LEAST or looks_like_year(match["n"], number):
            continue
        if not (all_of or _TOOK.search(sentence)):
            continue
        if _PLANNED.search(sentence) or _TURNED_AWAY.search(sentence) or _TWO.search(match.group()):
            continue
        if (
            (not all_of and _FRACTION.search(before))
            or _EACH.search(before)
            or _GROUP.search(match.group())
        ):
            continue
        if _AND_MORE.search(after) and not _THEN_TAKEN.search(after):
            continue
        if _SHARE_AFTER.search(after) or _RATE.match(after) or _TO_A_GROUP.match(after):
            continue
        if match.group().endswith("pairs"):
            continue
        yield SampleSize(number, 0, match.group(), start + match.start(), start + match.end())


def _stated_studies(start: int, text: str) -> Iterator[SampleSize]:
    for match in _REVIEWED.finditer(text):
        sentence, before, after = _around(text, match)
        total = _IN_TOTAL.search(before)
        before = _IN_TOTAL.sub("", before)
        studies, people = count_of(match["s"]), count_of(match["n"] or match["n2"] or "")
        if studies < 2 or looks_like_year(match["s"], studies) or _PLANNED.search(sentence):
            continue
        if _PART.search(before) or _SPLIT.match(after) or _SUBSET.search(after[:80]):
            continue
        if _SEARCHERS.search(match.group()) or before.count("(") > before.count(")"):
            continue
        # With participants, the number is that of the review, even if screening is mentioned.
        if _CUT_DOWN.match(after):
            continue
        plain = _KEPT.search(sentence) and (total or not _SCREENED.search(sentence))
        if (people and people >= studies) or plain:
            end = match.end()
            yield SampleSize(
                people, studies, text[match.start() : end], start + match.start(), start + end
            )


def _abstract(article: Article) -> Iterator[tuple[int, str]]:
    """(offset in `Article.text`, text) of the sections in which a study states its participants."""
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
        # A trial's size is the number randomised, whoever else was enrolled.
        if randomised := [size for sizes in ranks for size in sizes if _CHANCE.search(size.words)]:
            return _one(randomised)
    for sizes in ranks:
        if sizes:
            size = _one([size for size in sizes if _SURELY.search(size.words)] or sizes)
            return size if size and not _larger(size, parts) else None
    return None


def _one(sizes: list[SampleSize]) -> SampleSize | None:
    """The only size; None if several differ, since it is unclear which one counts everybody."""
    return sizes[0] if len({size.participants for size in sizes}) == 1 else None


def _larger(size: SampleSize, parts: list[tuple[int, str]]) -> bool:
    """Whether an abstract counts more people than this size, other than as screened."""
    for start, text in parts:
        for match in _ANYBODY.finditer(text):
            if size.start <= start + match.start() < size.end:
                continue
            number = count_of(match["n"])
            if number > size.participants and not looks_like_year(match["n"], number):
                sentence, _, _ = _around(text, match)
                if not _SCREENED.search(sentence) and not _RATE.match(text, match.end()):
                    return True
        if any(count_of(match[1]) > size.participants for match in _STATED.finditer(text)):
            return True
    return False


def _counts(pattern: re.Pattern[str], start: int, text: str) -> Iterator[SampleSize]:
    for match in pattern.finditer(text):
        number = count_of(match["n"])
        sentence, before, after = _around(text, match)
        if number < _LEAST or looks_like_year(match["n"], number):
            continue
        if _PLANNED.search(sentence) or _SCREENED.search(sentence):
            continue
        if _REDUCED.search(text[match.end() : match.end() + 250]) or _TWO.search(match.group()):
            continue
        if _PART.search(before) or _EACH.search(before) or _GROUP.search(match.group()):
            continue
        end = match.end()
        if more := _WITH_CONTROLS.match(text, end):
            number, end = number + count_of(more["m"]), more.end()
        elif _AND_MORE.search(after) or _PART_AFTER.search(after):
            continue
        yield SampleSize(number, 0, text[match.start() : end], start + match.start(), start + end)


def _of_review(article: Article) -> SampleSize | None:
    sizes: list[SampleSize] = []
    for start, text in _abstract(article):
        for match in _REVIEWED.finditer(text):
            sentence, before, _ = _around(text, match)
            studies = count_of(match["s"])
            if looks_like_year(match["s"], studies) or _PLANNED.search(sentence):
                continue
            after = text[match.end() : match.end() + 80]
            if _SUBSET.search(after) or _SPLIT.match(after) or _MORE_STUDIES.match(after):
                continue
            if not _MET.search(sentence) or _SCREENED.search(sentence) or _PART.search(before):
                continue
            people = count_of(match["n"] or match["n2"] or "")
            if studies < 2 or (people and people < studies):
                continue
            end = match.end()
            if people and (more := _WITH_CONTROLS.match(text, end)):
                people, end = people + count_of(more["m"]), more.end()
            words = text[match.start() : end]
            sizes.append(SampleSize(people, studies, words, start + match.start(), start + end))
    if not sizes:
        return None
    first = sizes[0]
    most = max(
        (
            count_of(match["s"])
            for _, text in _abstract(article)
            for match in _REVIEWED.finditer(text)
            if not _SCREENED.search(_around(text, match)[0])
        ),
        default=0,
    )
    return first if first.studies >= most else None


def _around(text: str, match: re.Match[str]) -> tuple[str, str, str]:
    """(the sentence of a match, its part before the match, its part after)."""
    start = max((text.rfind(mark, 0, match.start()) for mark in (". ", "; ", "? ")), default=-1)
    start = start + 2 if start >= 0 else 0
    end = min(
        (at for at in (text.find(mark, match.end()) for mark in (". ", "; ")) if at >= 0),
        default=len(text),
    )
    return text[start:end], text[start : match.start()], text[match.end() : end]
