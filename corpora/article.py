"""The records of the literature: Article and what it is made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from corpora.evidence_level import Design, EvidenceLevel, study_design
from corpora.identifiers import doi_url, is_pmid, pmc_url, pubmed_url
from corpora.typography import SetText, TypeStyle, Typography, set_lines, within


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an article.

    `label` is as printed ("INTERPRETATION"), "" where the abstract is not structured; `category` is
    NLM's normal form of it (BACKGROUND, OBJECTIVE, METHODS, RESULTS, CONCLUSIONS), "" if unknown.
    `body` sections are of the full text, all others of the abstract.
    """

    label: str
    text: str
    category: str = ""
    body: bool = False


@dataclass(frozen=True, slots=True)
class Author:
    """A person (`last`, `fore`, `initials`, `suffix` such as "Jr") or a group (`collective`)."""

    last: str = ""
    fore: str = ""
    initials: str = ""
    collective: str = ""
    suffix: str = ""

    @property
    def short(self) -> str:
        """The name as a reference list prints it: "Smith JA Jr"."""
        parts = (self.last, self.initials, self.suffix)
        return self.collective or " ".join(part for part in parts if part)


class NoticeKind(StrEnum):
    """What an editorial notice says about an article."""

    RETRACTED = "retracted"
    CONCERN = "expression of concern"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Notice:
    """An editorial notice.

    `issued_by` is True on the record that *is* the notice (a "Retraction of …") and False on the
    article that it is about. `pmid` and `doi` name the other record, "" where the source does not.
    """

    kind: NoticeKind
    pmid: str = ""
    source: str = ""
    issued_by: bool = False
    doi: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One record of the literature, as its newest known version says.

    `pmid` is PubMed's identifier, or whatever stable identifier a user's own file gives; `named`
    says which. Readers may leave it "": `corpora.normalization` makes one.
    `published` is an ISO date as precise as the source ("2021", "2021-03" or "2021-03-15"), ""
    where it gives none; `year` is then 0. `version` and `revised` order versions of one PMID;
    version 0 is a full text, which knows less about itself than any PubMed record of it.
    `typography` is that of `text`, which is plain (see `corpora.typography`). `sources` names the
    databases and programs whose records it is made of. `ahead_of_print` is true of an article that
    has no volume yet. `page_starts` are (offset in `text`, page) of a text that stood on pages.
    `major_mesh` are those of `mesh` that the article is mainly about.
    """

    pmid: str
    title: str
    sections: tuple[Section, ...] = ()
    journal: str = ""
    journal_abbreviation: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    year: int = 0
    published: str = ""
    authors: tuple[Author, ...] = ()
    publication_types: tuple[str, ...] = ()
    mesh: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    doi: str = ""
    pmcid: str = ""
    languages: tuple[str, ...] = ()
    vernacular_title: str = ""
    notices: tuple[Notice, ...] = ()
    version: int = 1
    revised: str = ""
    typography: tuple[Typography, ...] = ()
    sources: tuple[str, ...] = ()
    ahead_of_print: bool = False
    page_starts: tuple[tuple[int, str], ...] = ()
    major_mesh: tuple[str, ...] = ()

    @property
    def from_pubmed(self) -> bool:
        """Whether `pmid` is a PMID."""
        return is_pmid(self.pmid)

    @property
    def named(self) -> str:
        """The article's identifier for readers: "PMID 97000001", "PMCID PMC7", "doi:10.1000/x"."""
        if self.from_pubmed:
            return f"PMID {self.pmid}"
        if self.doi:
            return f"doi:{self.doi}"
        return f"PMCID {self.pmcid}" if self.pmcid else ""

    @property
    def url(self) -> str:
        """The article's page: PubMed's, its DOI's or PMC's; "" where it has none."""
        if self.from_pubmed:
            return pubmed_url(self.pmid)
        if self.doi:
            return doi_url(self.doi)
        return pmc_url(self.pmcid) if self.pmcid else ""

    @property
    def text(self) -> str:
        """Title and sections, a line each: the text that all passage offsets refer to."""
        return "\n".join((self.title, *(section.text for section in self.sections)))

    def section_spans(self) -> tuple[tuple[int, int, str], ...]:
        """(start, end, label) of each section in `text`; the title is not among them."""
        spans, start = [], len(self.title) + 1
        for section in self.sections:
            end = start + len(section.text)
            spans.append((start, end, section.label))
            start = end + 1
        return tuple(spans)

    def page_at(self, offset: int) -> str:
        """The page on which an offset in `text` stands, "" where the text is not of pages."""
        place = bisect_right(self.page_starts, offset, key=itemgetter(0))
        return self.page_starts[place - 1][1] if place else ""

    @property
    def design(self) -> Design:
        """Study design and the words that say so (see `corpora.evidence_level`)."""
        abstract = " ".join(section.text for section in self.sections if not section.body)
        return study_design(self.publication_types, self.title, abstract)

    @property
    def evidence_level(self) -> EvidenceLevel:
        return self.design.level

    @property
    def body(self) -> tuple[Section, ...]:
        """The sections of the full text; none where only the abstract is known."""
        return tuple(section for section in self.sections if section.body)

    def with_body(self, full_text: Article) -> Article:
        """The article with the body of a full text, and with its abstract where there is none."""
        abstract = [each for each in self._set_sections() if not each.section.body]
        theirs = full_text._set_sections()
        return self._with_sections(
            [*abstract, *(each for each in theirs if each.section.body or not abstract)]
        )

    def with_abstract(self, other: Article) -> Article:
        """The article with the abstract of another record of it, and with its own body."""
        abstract = [each for each in other._set_sections() if not each.section.body]
        return self._with_sections(
            [*abstract, *(each for each in self._set_sections() if each.section.body)]
        )

    def with_title(self, other: Article) -> Article:
        """The article with the title of another record of it."""
        title = SetText(other.title, within(other.typography, 0, len(other.title)))
        named = replace(self, title=other.title, typography=set_lines((title,)))
        return named._with_sections(self._set_sections())

    def _set_sections(self) -> list[_SetSection]:
        """The sections, each with its typography and pages."""
        return [
            _SetSection(
                section,
                SetText(section.text, within(self.typography, start, end)),
                self._pages_within(start, end),
            )
            for section, (start, end, _) in zip(self.sections, self.section_spans(), strict=True)
        ]

    def _pages_within(self, start: int, end: int) -> list[tuple[int, str]]:
        if not self.page_starts:
            return []
        inside = [(at - start, page) for at, page in self.page_starts if start < at < end]
        return [(0, page), *inside] if (page := self.page_at(start)) else inside

    def _with_sections(self, parts: Sequence[_SetSection]) -> Article:
        title = SetText(self.title, within(self.typography, 0, len(self.title)))
        starts: list[tuple[int, str]] = []
        at = len(self.title) + 1
        for part in parts:
            # What is of no page ends the one before.
            pages = part.pages or ([(0, "")] if starts and starts[-1][1] else [])
            starts += [(at + offset, page) for offset, page in pages]
            at += len(part.section.text) + 1
        return replace(
            self,
            sections=tuple(part.section for part in parts),
            typography=set_lines((title, *(part.text for part in parts))),
            page_starts=tuple(starts),
        )

    @property
    def own_notices(self) -> tuple[Notice, ...]:
        """The notices that this article is the subject of."""
        return tuple(notice for notice in self.notices if not notice.issued_by)

    def has_notice(self, kind: NoticeKind) -> bool:
        """Whether this article is the subject of such a notice."""
        return any(notice.kind is kind for notice in self.own_notices)

    @property
    def retracted(self) -> bool:
        return self.has_notice(NoticeKind.RETRACTED)

    def to_json(self) -> bytes:
        """The record as JSON; `from_json` gives back an equal one."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        # So that a record without any is what it was before there were these fields.
        for name in _LATER:
            if not fields[name]:
                del fields[name]
        fields["authors"] = [_without_empty(each, "suffix") for each in self.authors]
        fields["notices"] = [_without_empty(each, "doi") for each in self.notices]
        return orjson.dumps(fields)

    @classmethod
    def from_json(cls, data: bytes | str) -> Article:
        fields: dict[str, Any] = orjson.loads(data)
        for name in ("publication_types", "mesh", "keywords", "languages"):
            fields[name] = tuple(fields[name])
        fields["sources"] = tuple(fields.get("sources", ()))
        fields["major_mesh"] = tuple(fields.get("major_mesh", ()))
        fields["page_starts"] = tuple((at, page) for at, page in fields.get("page_starts", ()))
        fields["sections"] = tuple(Section(**section) for section in fields["sections"])
        fields["authors"] = tuple(Author(**author) for author in fields["authors"])
        fields["notices"] = tuple(
            Notice(**{**notice, "kind": NoticeKind(notice["kind"])}) for notice in fields["notices"]
        )
        fields["typography"] = tuple(
            Typography(**{**each, "style": TypeStyle(each["style"])})
            for each in fields.get("typography", ())
        )
        return cls(**fields)


_LATER = ("typography", "sources", "ahead_of_print", "page_starts", "major_mesh")


def _without_empty(part: Author | Notice, name: str) -> dict[str, Any]:
    fields = {each: getattr(part, each) for each in part.__slots__}
    if not fields[name]:
        del fields[name]
    return fields


class _SetSection(NamedTuple):
    """A section, how its letters are set, and where in it pages begin."""

    section: Section
    text: SetText
    pages: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Deletion:
    """A source file's statement that a PMID is no longer part of PubMed."""

    pmid: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read. `position` counts records in its file from 1.

    `line` is where it begins in its file, 0 where lines say nothing.
    """

    position: int
    pmid: str
    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """What was lost of a record that was read, such as a field that says nothing sensible."""

    position: int
    pmid: str
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source says about an article that is another's record: a list of retractions.

    `about` is a PMID or "doi:…"; `notice` is what it says, as the article it is about shows it.
    """

    about: str
    notice: Notice


Record = Article | Deletion | BadRecord | Remark | Statement
