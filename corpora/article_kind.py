"""Classify what kind of record an article is, and whom or what it studied.

A retraction notice repeats the title of a trial but is not one; a protocol describes results that
do not exist yet; an editorial has no findings of its own. `article_kind` distinguishes them, first
by publication types and links, then by the words of title and abstract.
"""

from __future__ import annotations

import re
from enum import StrEnum

from corpora.article import Article
from corpora.evidence_level import EvidenceLevel, animal_words, is_notice

_OPINIONS = frozenset(
    {
        *"editorial comment news interview lecture address biography autobiography portrait".split(),
        "personal narrative",
        "newspaper article",
        "introductory journal article",
    }
)
_OPINION_TITLE = re.compile(
    r"^(?:invited |guest )?(?:editorial|commentary|comments? (?:on|to)|letters? to the editor|letter|correspondence"
    r"|(?:authors?['’]?s? )?(?:reply|response)(?: to| from|:|\.|$)|in (?:reply|response)|re\s*[:.]|viewpoint|perspective\s*:)"
    r"(?:\b|\s|$)|[:.–—-] (?:a |an )?(?:invited |brief )?(?:commentary|editorial|letter to the editor)\.?$",
    re.I,
)
# A letter that reports a study has figures of its own.
_FIGURES = re.compile(
    r"\b[np]\s*[=<>≤]\s*0?[.\d]|\b95\s?% (?:CI|confidence)|\b\d[\d,]* (?:\w+ ){0,2}(?:patients|participants|adults|children|women|men|cases)\b",
    re.I,
)
_RESULTS = re.compile(r"result|finding", re.I)
_PEOPLE = re.compile(
    r"\b(?:patients?|participants?|wom[ae]n|men|boys|girls|child(?:ren)?|adolescents?|teenagers|infants?|newborns|neonates|neonatal|preterm|toddlers"
    r"|adults?|elderly|volunteers?|individuals|persons?|people|humans?(?! (?:cell|\w+ cell|umbilical|recombinant|serum albumin))|students?|nurses?|physicians"
    r"|surgeons|clinicians|parents|mothers|pregnan\w+|survivors|veterans|residents|respondents|households|inpatients|outpatients|hospitali[sz]\w+|cohort"
    r"|case report|clinical trials?|surgery|admission|year-old|years of age|smokers|athletes)\b",
    re.I,
)
# Animals that a title or abstract mentions without having studied them.
_NAMED_ONLY = re.compile(
    r"\b(?:(?:dog|cat|rat|monkey) ?bites?|chicken ?pox|guinea[- ]pigs? worm|cow['’]?s['’]? milk|rabbit anti\w*|(?:dog|cat|pet) owners?|swine flu"
    r"|canine (?:teeth|tooth|retraction)|(?:bovine|porcine) (?:\w+ )?(?:valves?|pericardi\w+|collagen|graft|xenograft|bone|surfactant|dermal|serum|thrombin|bioprosthe\w+))\b",
    re.I,
)
_BENCH = re.compile(
    r"\b(?:in vitro|in silico|cell lines?|cultured|HEK ?293\w*|HeLa|knock(?:down|out|ed)|siRNA|shRNA|western blot\w*|molecular docking|molecular dynamics"
    r"|transfect\w+|nanoparticles?|cytotoxicity|fibroblasts were|isolates were|extracted (?:human )?(?:teeth|premolars|molars)|cadaver\w*|phantom)\b",
    re.I,
)


class ArticleKind(StrEnum):
    """What a record can contribute to an answer."""

    FINDINGS = "findings"  # a study, a review, a guideline, a case
    PROTOCOL = "protocol"  # a study that has no results yet
    COMMENT = "comment"  # an editorial, letter or comment without figures of its own
    NOTICE = "notice"  # an erratum, a retraction notice, an expression of concern

    @property
    def is_evidence(self) -> bool:
        """Whether its sentences can be quoted as findings."""
        return self is ArticleKind.FINDINGS


class Studied(StrEnum):
    """Whom or what a study examined."""

    PEOPLE = "people"
    ANIMALS = "animals"
    LABORATORY = "laboratory"  # cells, tissue, models, materials
    UNKNOWN = "unknown"


def article_kind(article: Article) -> ArticleKind:
    """What kind of record an article is."""
    if is_notice(article.publication_types, article.title) or _only_a_notice(article):
        return ArticleKind.NOTICE
    if article.evidence_level is EvidenceLevel.PROTOCOL:
        return ArticleKind.PROTOCOL
    kinds = {kind.lower() for kind in article.publication_types}
    if kinds & _OPINIONS or _OPINION_TITLE.search(article.title) or "letter" in kinds:
        return ArticleKind.FINDINGS if _reports_figures(article) else ArticleKind.COMMENT
    return ArticleKind.FINDINGS


def studied(article: Article) -> Studied:
    """Whom or what an article's findings are about, by MeSH check tags first, then by its words.

    A systematic review, guideline or case report about people counts as PEOPLE. UNKNOWN if neither
    a heading nor a word says; most such records are about people's care or not about bodies at all.
    """
    headings = {heading.casefold() for heading in article.mesh}
    if "animals" in headings and "humans" not in headings:
        return Studied.ANIMALS
    abstract = " ".join(section.text for section in article.sections if not section.body)
    title = _NAMED_ONLY.sub("", article.title)
    text = f"{title} {_NAMED_ONLY.sub('', abstract)}"
    animals = _count_animals(text)
    people = len(_PEOPLE.findall(text))
    bench = len(_BENCH.findall(text))
    if "humans" in headings and "animals" not in headings:
        return Studied.LABORATORY if bench and not people else Studied.PEOPLE
    if _count_animals(title) and not _PEOPLE.search(title):
        return Studied.ANIMALS
    if animals and animals >= people:
        return Studied.ANIMALS
    if bench > people or (_BENCH.search(title) and not _PEOPLE.search(title)):
        return Studied.LABORATORY
    return Studied.PEOPLE if people else Studied.UNKNOWN


def _count_animals(text: str) -> int:
    """Count how often a text names animals."""
    return sum(
        not word.lower().startswith(("in vitro", "cell", "knock")) for word in animal_words(text)
    )


def _only_a_notice(article: Article) -> bool:
    """Whether a record is linked as a notice about others and has no text of its own."""
    return not article.sections and any(notice.issued_by for notice in article.notices)


def _reports_figures(article: Article) -> bool:
    abstract = [section for section in article.sections if not section.body]
    if any(_RESULTS.search(section.label) for section in abstract):
        return True
    # A comment quotes the figures of the study it comments on.
    kinds = {kind.lower() for kind in article.publication_types}
    if kinds & {"comment", "editorial", "news"}:
        return False
    return sum(len(_FIGURES.findall(section.text)) for section in abstract) >= 2
