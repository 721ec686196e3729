"""One article a line: `{"pmid", "title", "abstract", …}`, the simplest way to bring one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Annotated, Any

import pydantic

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Record, Section

_Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True)]
_YEAR = re.compile(r"^\d{4}(-\d{2}(-\d{2})?)?$")


class _SectionLine(pydantic.BaseModel):
    label: _Text = ""
    text: _Text


class _Line(pydantic.BaseModel):
    """What a line may hold; fields beyond these are ignored."""

    model_config = pydantic.ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    pmid: Annotated[_Text, pydantic.StringConstraints(min_length=1, max_length=100)]
    title: _Text = ""
    abstract: _Text | list[_SectionLine] | None = ""
    journal: _Text = ""
    year: Annotated[int, pydantic.Field(ge=0, le=2100)] | None = None
    published: _Text = ""
    authors: list[_Text] = []
    publication_types: list[_Text] = []
    mesh: list[_Text] = []
    keywords: list[_Text] = []
    doi: _Text = ""
    pmcid: _Text = ""
    languages: list[_Text] = []
    retracted: bool = False

    @pydantic.field_validator("pmid")
    @classmethod
    def _printable(cls, pmid: str) -> str:
        if not pmid.isprintable() or any(c.isspace() for c in pmid):
            raise ValueError("an identifier has no white space or control characters")
        return pmid

    @pydantic.field_validator("published")
    @classmethod
    def _iso_date(cls, published: str) -> str:
        if published and not _YEAR.match(published):
            raise ValueError("write it as 2021, 2021-03 or 2021-03-15")
        return published


def read_jsonl(stream: IO[bytes]) -> Iterator[Record]:
    """Articles and unreadable lines of a JSON Lines stream; blank lines are skipped.

    `abstract` is a string or a list of `{"label", "text"}`. Only `pmid` is required, with a title
    or an abstract beside it.
    """
    position = 0
    for line in stream:
        if not line.strip():
            continue
        position += 1
        try:
            parsed = _Line.model_validate_json(line)
        except pydantic.ValidationError as error:
            yield BadRecord(position, _pmid_of(line), _reason(error))
            continue
        article = _article(parsed)
        if article.title or article.sections:
            yield article
        else:
            yield BadRecord(position, article.pmid, "neither title nor abstract")


def _article(line: _Line) -> Article:
    published = line.published or (f"{line.year:04d}" if line.year else "")
    return Article(
        pmid=line.pmid,
        title=_one_line(line.title),
        sections=tuple(_sections(line.abstract)),
        journal=line.journal,
        year=line.year or int(published[:4] or 0),
        published=published,
        authors=tuple(Author(last=name) for name in line.authors if name),
        publication_types=tuple(line.publication_types),
        mesh=tuple(line.mesh),
        keywords=tuple(line.keywords),
        doi=line.doi,
        pmcid=line.pmcid,
        languages=tuple(line.languages),
        notices=(Notice(NoticeKind.RETRACTED),) if line.retracted else (),
    )


def _sections(abstract: str | list[_SectionLine] | None) -> Iterator[Section]:
    if isinstance(abstract, str):
        abstract = [_SectionLine(text=abstract)]
    for section in abstract or ():
        if text := _one_line(section.text):
            yield Section(section.label, text)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _pmid_of(line: bytes) -> str:
    found = re.search(rb'"pmid"\s*:\s*"?([\w.-]{1,100})', line)
    return found.group(1).decode("ascii", "replace") if found else ""


def _reason(error: pydantic.ValidationError) -> str:
    first: Any = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])
