"""Literature records: Article and its parts."""

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
    """One section of an article.

    `label` is as printed ("INTERPRETATION"), "" if the abstract is not structured; `category` is
    NLM's normalised label (BACKGROUND, OBJECTIVE, METHODS, RESULTS, CONCLUSIONS), "" if unknown.
    `body` is True for sections of the full text and False for those of the abstract.
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
    article it concerns. `pmid` and `doi` identify the other record, "" if the source does not.
    """

    kind: NoticeKind
    pmid: str = ""
    source: str = ""
    issued_by: bool = False
    doi: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One literature record in its newest known version.

    `pmid` is PubMed's identifier, or any stable identifier from the user's own file; `named` says
    which. Readers may leave it "": `corpora.normalization` then creates one.
    `published` is an ISO date as precise as the source ("2021", "2021-03" or "2021-03-15"), "" if
    there is none; `year` is then 0. `version` and `revised` order the versions of one PMID;
    version 0 is a full text, whose metadata is poorer than that of any PubMed record.
    `typography` applies to `text`, which is plain (see `corpora.typography`). `sources` names the
    databases and programs that supplied its records. `ahead_of_print` is True while an article
    has no volume. `page_starts` holds (offset in `text`, page) for paginated text.
    `major_mesh` lists the headings of `mesh` that are major topics.
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
        """The identifier as displayed: "PMID 97000001", "PMCID PMC7", "doi:10.1000/x"."""
        if self.from_pubmed:
            return f"PMID {self.pmid}"
        if self.doi:
            return f"doi:{self.doi}"
        return f"PMCID {self.pmcid}" if self.pmcid else ""

    @property
    def url(self) -> str:
        """The article's web page (PubMed, DOI or PMC); "" if it has none."""
        if self.from_pubmed:
            return pubmed_url(self.pmid)
        if self.doi:
            return doi_url(self.doi)
        return pmc_url(self.pmcid) if self.pmcid else ""

    @property
    def text(self) -> str:
        """Title and sections, one per line: the text that all passage offsets refer to."""
        return "\n".join((self.title, *(section.text for section in self.sections)))

    def section_spans(self) -> tuple[tuple[int, int, str], ...]:
        """(start, end, label) of each section in `text`, without the title."""
        spans, start = [], len(self.title) + 1
        for section in self.sections:
            end = start + len(section.text)
            spans.append((start, end, section.label))
            start = end + 1
        return tuple(spans)

    def page_at(self, offset: int) -> str:
        """The page that contains an offset in `text`, "" if the text is not paginated."""
        place = bisect_right(self.page_starts, offset, key=itemgetter(0))
        return self.page_starts[place - 1][1] if place else ""

    @property
    def design(self) -> Design:
        """Study design and the words that state it (see `corpora.evidence_level`)."""
        abstract = " ".join(section.text for section in self.sections if not section.body)
        return study_design(self.publication_types, self.title, abstract)

    @property
    def evidence_level(self) -> EvidenceLevel:
        return self.design.level

    @property
    def body(self) -> tuple[Section, ...]:
        """The sections of the full text; empty if only the abstract is known."""
        return tuple(section for section in self.sections if section.body)

    def with_body(self, full_text: Article) -> Article:
        """The article with the body of a full text, and with its abstract if it has none itself."""
        abstract = [part for part in self._set_sections() if not part.section.body]
        added = full_text._set_sections()
        return self._with_sections(
            [*abstract, *(part for part in added if part.section.body or not abstract)]
        )

    def with_abstract(self, other: Article) -> Article:
        """The article with the abstract of another of its records and its own body."""
        abstract = [part for part in other._set_sections() if not part.section.body]
        return self._with_sections(
            [*abstract, *(part for part in self._set_sections() if part.section.body)]
        )

    def with_title(self, other: Article) -> Article:
        """The article with the title of another of its records."""
        title = SetText(other.title, within(other.typography, 0, len(other.title)))
        retitled = replace(self, title=other.title, typography=set_lines((title,)))
        return retitled._with_sections(self._set_sections())

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
            # A section without pages ends the previous page.
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
        """The notices about this article."""
        return tuple(notice for notice in self.notices if not notice.issued_by)

    def has_notice(self, kind: NoticeKind) -> bool:
        """Whether a notice of this kind is about this article."""
        return any(notice.kind is kind for notice in self.own_notices)

    @property
    def retracted(self) -> bool:
        return self.has_notice(NoticeKind.RETRACTED)

    def to_json(self) -> bytes:
        """The record as JSON; `from_json` restores an equal one."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        # Empty fields are omitted so that older records keep their bytes, and so their digest.
        for name in _LATER:
            if not fields[name]:
                del fields[name]
        fields["authors"] = [_without_empty(author, "suffix") for author in self.authors]
        fields["notices"] = [_without_empty(notice, "doi") for notice in self.notices]
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
            Typography(**{**stretch, "style": TypeStyle(stretch["style"])})
            for stretch in fields.get("typography", ())
        )
        return cls(**fields)


_LATER = ("typography", "sources", "ahead_of_print", "page_starts", "major_mesh")


def _without_empty(part: Author | Notice, name: str) -> dict[str, Any]:
    fields = {slot: getattr(part, slot) for slot in part.__slots__}
    if not fields[name]:
        del fields[name]
    return fields


class _SetSection(NamedTuple):
    """A section with its typography and the offsets at which pages begin."""

    section: Section
    text: SetText
    pages: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Deletion:
    """A source file's statement that a PMID was removed from PubMed."""

    pmid: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read. `position` counts records in its file from 1.

    `line` is where it begins in its file, 0 if the format is not line-based.
    """

    position: int
    pmid: str
    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Remark:
    """What was lost when a record was read, such as a field with an invalid value."""

    position: int
    pmid: str
    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """A source's statement about an article it does not contain, as in a list of retractions.

    `about` is a PMID or "doi:…"; `notice` is the notice as shown with that article.
    """

    about: str
    notice: Notice


Record = Article | Deletion | BadRecord | Remark | Statement
