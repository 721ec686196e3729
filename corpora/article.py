"""The records of the literature: Article and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import orjson

from corpora.evidence_level import Design, EvidenceLevel, study_design
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
    """A person (`last`, `fore`, `initials`) or a group (`collective`)."""

    last: str = ""
    fore: str = ""
    initials: str = ""
    collective: str = ""

    @property
    def short(self) -> str:
        """The name as a reference list prints it: "Smith JA"."""
        return self.collective or f"{self.last} {self.initials}".strip()


class NoticeKind(StrEnum):
    """What an editorial notice says about an article."""

    RETRACTED = "retracted"
    CONCERN = "expression of concern"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Notice:
    """An editorial notice.

    `issued_by` is True on the record that *is* the notice (a "Retraction of …") and False on the
    article that it is about. `pmid` is the other record, "" where the source gives none.
    """

    kind: NoticeKind
    pmid: str = ""
    source: str = ""
    issued_by: bool = False


@dataclass(frozen=True, slots=True)
class Article:
    """One record of the literature, as its newest known version says.

    `pmid` is PubMed's identifier, or whatever stable identifier a user's own file gives.
    `published` is an ISO date as precise as the source ("2021", "2021-03" or "2021-03-15"), ""
    where it gives none; `year` is then 0. `version` and `revised` order versions of one PMID;
    version 0 is a full text, which knows less about itself than any PubMed record of it.
    `typography` is that of `text`, which is plain (see `corpora.typography`).
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
        abstract = [each for each in self._set_sections() if not each[0].body]
        theirs = full_text._set_sections()
        return self._with_sections(
            [*abstract, *(each for each in theirs if each[0].body or not abstract)]
        )

    def _set_sections(self) -> list[tuple[Section, SetText]]:
        """The sections, each with its typography."""
        return [
            (section, SetText(section.text, within(self.typography, start, end)))
            for section, (start, end, _) in zip(self.sections, self.section_spans(), strict=True)
        ]

    def _with_sections(self, parts: Sequence[tuple[Section, SetText]]) -> Article:
        title = SetText(self.title, within(self.typography, 0, len(self.title)))
        return replace(
            self,
            sections=tuple(section for section, _ in parts),
            typography=set_lines((title, *(text for _, text in parts))),
        )

    def has_notice(self, kind: NoticeKind) -> bool:
        """Whether this article is the subject of such a notice."""
        return any(n.kind is kind and not n.issued_by for n in self.notices)

    @property
    def retracted(self) -> bool:
        return self.has_notice(NoticeKind.RETRACTED)

    def to_json(self) -> bytes:
        """The record as JSON; `from_json` gives back an equal one."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        # So that a record without any is what it was before there was this field.
        if not self.typography:
            del fields["typography"]
        return orjson.dumps(fields)

    @classmethod
    def from_json(cls, data: bytes | str) -> Article:
        fields: dict[str, Any] = orjson.loads(data)
        for name in ("publication_types", "mesh", "keywords", "languages"):
            fields[name] = tuple(fields[name])
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


@dataclass(frozen=True, slots=True)
class Deletion:
    """A source file's statement that a PMID is no longer part of PubMed."""

    pmid: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read. `position` counts records in its file from 1."""

    position: int
    pmid: str
    reason: str


Record = Article | Deletion | BadRecord
