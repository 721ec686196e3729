"""Conditions that a question states and a search can filter by: years, study designs, populations.

A filter derived from a question is an inference, not the user's order: where it leaves nothing
that answers, it is relaxed, and the plan says so. Filters set by hand are never touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from agent.plan import Plan
from corpora.article import Article
from corpora.evidence_level import EvidenceLevel
from retrieval.filters import Filters
from retrieval.passage import Retriever


@dataclass(frozen=True, slots=True)
class Conditions:
    """`text` is the question without them; `notes` say what became of each."""

    text: str
    filters: Filters
    notes: tuple[str, ...] = ()


def read_conditions(question: str, filters: Filters, retriever: Retriever) -> Conditions:
    """All conditions of a question."""
    text, filters, notes = read_filters(question, filters)
    population = population_of(text)
    if population and not filters.mesh and _has_check_tags(retriever, population.tags):
        filters = replace(filters, mesh=population.tags)
        notes.append(
            f"“{population.words}” became a filter on MeSH headings: {', '.join(filters.mesh)}"
        )
    return Conditions(text, filters, tuple(notes))


def read_filters(question: str, filters: Filters) -> tuple[str, Filters, list[str]]:
    """(question without its years and designs, filters, notes)."""
    text = question.strip()
    notes: list[str] = []
    if filters.first_year is None and filters.last_year is None:
        text, filters = _read_years(text, filters, notes)
    if not filters.designs:
        text, filters = _read_design(text, filters, notes)
    text = re.sub(r"\s+([?.!,])", r"\1", " ".join(text.split()))
    return re.sub(r"[,;:\s]+([?.!])", r"\1", text).strip(" ,;:"), filters, notes


def relax(plan: Plan, own: Filters) -> Plan | None:
    """The plan with another round: its first queries without one condition of the question.

    None where only the user's `own` filters are left.
    """
    read = plan.filters
    if read.designs != own.designs:
        filters = replace(read, designs=own.designs)
        named = " or ".join(level.label.lower() for level in read.designs)
        note = f"nothing that answers was found of this design ({named}), so all were searched"
    elif read.mesh != own.mesh:
        filters = replace(read, mesh=own.mesh)
        note = "nothing that answers was found under these MeSH headings, so all were searched"
    elif (read.first_year, read.last_year) != (own.first_year, own.last_year):
        filters = replace(read, first_year=own.first_year, last_year=own.last_year)
        note = "nothing that answers was found of these years, so all years were searched"
    else:
        return None
    again = tuple(replace(query, filters=filters) for query in plan.rounds[0])
    return replace(plan, rounds=(*plan.rounds, again), filters=filters, notes=(*plan.notes, note))


# Years

_YEAR = r"((?:19|20)\d\d)"
# What happened then is no matter of when it was published: "approved before 2017".
_HAPPENED = re.compile(
    r"\b(?:approved|licen[sc]ed|sells?|sold|marketed|launched|introduced|withdrawn|diagnosed|born|operated|treated|enrolled|vaccinated|infected|died|started|changed|known|discovered|happened)(?: [\w-]+){0,3}$",
    re.IGNORECASE,
)
_PUBLISHED = r",?\s*(?:\(|\b)(?:published |only |studies )*"
_SINCE = re.compile(rf"{_PUBLISHED}(?:since|from) {_YEAR}(?: (?:on|onwards?))?\b\)?", re.IGNORECASE)
_AFTER = re.compile(rf"{_PUBLISHED}(?:after|later than) {_YEAR}\b\)?", re.IGNORECASE)
_BEFORE = re.compile(rf"{_PUBLISHED}(?:before|prior to) {_YEAR}\b\)?", re.IGNORECASE)
_UNTIL = re.compile(rf"{_PUBLISHED}(?:until|till|up to) {_YEAR}\b\)?", re.IGNORECASE)
_BETWEEN = re.compile(
    rf"{_PUBLISHED}(?:between|from) {_YEAR} (?:and|to|until) {_YEAR}\b\)?|,?\s*\b{_YEAR}\s?[-–]\s?{_YEAR}\b",
    re.IGNORECASE,
)
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10}
_LAST_YEARS = re.compile(
    rf"{_PUBLISHED}(?:in|over|within|from) the (?:last|past) (?:(\d{{1,2}}|{'|'.join(_COUNT)}) years|(decade))\b",
    re.IGNORECASE,
)


def _read_years(text: str, filters: Filters, notes: list[str]) -> tuple[str, Filters]:
    first = last = None
    if found := _BETWEEN.search(text):
        years = sorted(int(year) for year in found.groups() if year)
        first, last = years[0], years[-1]
    elif found := _SINCE.search(text):
        first = int(found[1])
    elif found := _AFTER.search(text):
        first = int(found[1]) + 1
    elif found := _BEFORE.search(text):
        last = int(found[1]) - 1
    elif found := _UNTIL.search(text):
        last = int(found[1])
    elif found := _LAST_YEARS.search(text):
        number = found[1].casefold() if found[1] else "10"
        first = datetime.now(UTC).year - (_COUNT.get(number) or int(number))
    if not found or _HAPPENED.search(text[: found.start()]):
        return text, filters
    notes.append(f"“{found.group().strip(' ,()')}” became a filter on the publication year")
    return text.replace(found.group(), ""), replace(filters, first_year=first, last_year=last)


# Study designs

_DESIGNS = (
    (r"randomi[sz]ed (?:controlled |clinical )*trials?|rcts?", (EvidenceLevel.RANDOMISED_TRIAL,), "randomised trials"),
    (r"systematic reviews?(?: (?:and|or|with) meta-?analys[ei]s)?|meta-?analys[ei]s(?: (?:and|or) systematic reviews?)?", (EvidenceLevel.SYSTEMATIC_REVIEW,), "systematic reviews and meta-analyses"),
    (r"(?:clinical |clinical practice |practice )?guidelines?", (EvidenceLevel.GUIDELINE,), "guidelines"),
    (r"clinical trials?", (EvidenceLevel.RANDOMISED_TRIAL, EvidenceLevel.TRIAL), "clinical trials"),
    (r"(?:observational|cohort|case[- ]control)(?: (?:and|or) (?:observational|cohort|case[- ]control))? studies", (EvidenceLevel.OBSERVATIONAL,), "observational studies"),
    (r"case reports?(?: (?:and|or) case series)?", (EvidenceLevel.CASE_REPORT,), "case reports"),
)  # fmt: skip
# A design is a filter only where the question asks for it, not where it asks about it.
_ASKED_FOR = (
    r"(?:only |just )(?:in |from )?(?:{0})",
    r"(?<!tested )(?<!used )(?<!studied )(?<!evaluated )(?<!assessed )(?<!shown )(?<!investigated )(?:in |from |using |according to |based on |limit(?:ed)? to |restrict(?:ed)? to )(?:the |recent |only )*(?:{0})(?: only| alone)?(?= *(?:[,;:?.]|$|does|do|is|are|what|only|alone))",
    r"(?:{0}) (?:only|alone)",
    r"^(?:any |the |recent |latest |show me |find |list )*(?:{0})(?: (?:of|on|for|about|in)\b|:)",
    r"[,;:(\u2013\u2014?.] *(?:{0})\)?(?=[?.]*$)",
)  # fmt: skip
# Here the phrase belongs to the question, and stays.
_ASKED_TO_SAY = r"\b(?:do|does|which|what) (?:\w+ ){{0,3}}?(?:{0}) (?:say|recommend|advise|suggest|show|find|conclude)\b"


def _read_design(text: str, filters: Filters, notes: list[str]) -> tuple[str, Filters]:
    for phrase, levels, name in _DESIGNS:
        if not re.search(phrase, text, re.IGNORECASE):
            continue
        if re.search(_ASKED_TO_SAY.format(phrase), text, re.IGNORECASE):
            notes.append(f"the question asks for {name}, which became a filter")
            return text, replace(filters, designs=levels)
        for pattern in _ASKED_FOR:
            found = re.search(
                rf"(?:(?<![\w-])|(?=[^\w\s])){pattern.format(phrase)}:?", text, re.IGNORECASE
            )
            if found:
                said = found.group().strip(" ,;:()?.–—")
                notes.append(f"“{said}” became a filter: {name} only")
                rest = text.replace(found.group(), " ").strip(" ,;:")
                return rest, replace(filters, designs=levels)
    return text, filters


# Populations


@dataclass(frozen=True, slots=True)
class Population:
    """A group of people that a question asks about, in its own words.

    `tags` are the check tags by which MEDLINE's indexers mark it.
    """

    words: str
    tags: tuple[str, ...]
    _named: str

    def named_in(self, article: Article) -> bool:
        """Whether an article speaks of such people, in title, abstract, keywords or headings."""
        texts = (article.text, *article.keywords, *article.mesh)
        return any(re.search(self._named, text, re.IGNORECASE) for text in texts)


_YOUNG = r"\bchild|p(?:a)?ediatric|adolescen|\bboys?\b|\bgirls?\b|juvenil|school|\byouth|\bkids?\b|\bteen"
_SMALL = r"\binfan|\bbab(?:y|ies)\b|newborn|neonat|toddler|preterm|prematur|birth ?weight"
# Read in this order: how a question names them, their tags, and the words by which an article does.
_POPULATIONS = (
    (r"pregnan(?:cy|t (?:women|patients|people))", ("Pregnancy", "Pregnant People", "Pregnant Women"),
     r"pregnan|gestation|obstetric|antenatal|prenatal|maternal|trimester|\bf(?:o)?etal|preeclampsia"),
    (r"(?:newborns?|neonates?|(?:preterm|premature) (?:infants|babies))", ("Infant, Newborn", "Infant, Premature"),
     _SMALL),
    (r"(?:infants|babies)", ("Infant", "Infant, Newborn"), rf"{_SMALL}|{_YOUNG}"),
    (r"(?:children|(?:paediatric|pediatric) (?:patients|populations?)|kids|childhood)", ("Child", "Child, Preschool", "Infant", "Adolescent"),
     rf"{_SMALL}|{_YOUNG}"),
    (r"(?:adolescents|teenagers|teens)", ("Adolescent",), rf"{_YOUNG}|young (?:people|adult)|student"),
    (r"(?:older (?:adults|people|patients|persons)|the elderly|elderly (?:patients|people|adults)|seniors)", ("Aged", "Aged, 80 and over", "Frail Elderly"),
     r"elder|\bolder\b|\baged\b|geriatric|frail|nursing home|octogenarian|\bag(?:e)?ing\b"),
    (r"(?:adults|adult patients)", ("Adult", "Young Adult", "Middle Aged", "Aged"),
     r"\badult|\baged\b|\byears\b|elder|\bolder\b|\bwom[ae]n\b|\bm[ae]n\b"),
    (r"(?:women|female patients|females)", ("Female", "Women"),
     r"\bwom[ae]n|\bfemale|maternal|mother|pregnan|obstetric|breast|cervical|uter(?:us|ine)|ovar|menopaus"),
    (r"(?:men|male patients|males)", ("Male", "Men"),
     r"\bm[ae]n\b|\bmales?\b|prostat|testic|penile|erectile"),
)  # fmt: skip
_AMONG = r"(?:in|among|for|during)"
# Of a corpus that MEDLINE has indexed, nearly all articles are marked Humans or Animals.
_INDEXED_SHARE = 0.8


def population_of(question: str) -> Population | None:
    """The people that a question asks about; None where it names no such group."""
    for pattern, tags, named in _POPULATIONS:
        found = re.search(
            rf"\b{_AMONG} (?P<who>(?:(?!{_AMONG} )[\w-]+ ){{0,2}}?{pattern})\b",
            question,
            re.IGNORECASE,
        )
        if found:
            return Population(found["who"], tags, named)
    return None


def _has_check_tags(retriever: Retriever, tags: tuple[str, ...]) -> bool:
    """Whether a filter on these would keep what belongs: recent records wait for their headings."""
    marked = retriever.heading_frequency("Humans") + retriever.heading_frequency("Animals")
    return marked >= _INDEXED_SHARE * len(retriever) and any(
        retriever.heading_frequency(tag) for tag in tags
    )
