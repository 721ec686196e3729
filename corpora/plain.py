"""Plain fields into an Article: what JSON Lines and CSV share, and what they may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Annotated, Any

import pydantic

from corpora.article import Article, Author, BadRecord, Notice, NoticeKind, Section
from corpora.errors import UnreadableFile

_Text = Annotated[str, pydantic.StringConstraints(strip_whitespace=True)]
_DATE = re.compile(r"^\d{4}(-\d{2}(-\d{2})?)?$")
# No record of PubMed comes near it; a file that was made to exhaust memory does.
LONGEST_LINE = 16_000_000


class PlainSection(pydantic.BaseModel):
    """One labelled part of an abstract."""

    label: _Text = ""
    text: _Text


class PlainRecord(pydantic.BaseModel):
    """An article in the simplest words; fields beyond these are ignored."""

    model_config = pydantic.ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    pmid: Annotated[_Text, pydantic.StringConstraints(min_length=1, max_length=100)]
    title: _Text = ""
    abstract: _Text | list[PlainSection] | None = ""
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
        if published and not _DATE.match(published):
            raise ValueError("write it as 2021, 2021-03 or 2021-03-15")
        return published


def read_plain(parsed: PlainRecord, position: int) -> Article | BadRecord:
    """The article that plain fields describe; a BadRecord where they describe none."""
    published = parsed.published or (f"{parsed.year:04d}" if parsed.year else "")
    article = Article(
        pmid=parsed.pmid,
        title=one_line(parsed.title),
        sections=tuple(_sections(parsed.abstract)),
        journal=parsed.journal,
        year=parsed.year or int(published[:4] or 0),
        published=published,
        authors=tuple(Author(last=name) for name in parsed.authors if name),
        publication_types=tuple(parsed.publication_types),
        mesh=tuple(parsed.mesh),
        keywords=tuple(parsed.keywords),
        doi=parsed.doi,
        pmcid=parsed.pmcid,
        languages=tuple(parsed.languages),
        notices=(Notice(NoticeKind.RETRACTED),) if parsed.retracted else (),
    )
    if article.title or article.sections:
        return article
    return BadRecord(position, article.pmid, "neither title nor abstract")


def reason_of(error: pydantic.ValidationError) -> str:
    """The first thing that is wrong, in a line."""
    first: Any = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else str(first["msg"])


def one_line(text: str) -> str:
    """Text with every run of white space made one space."""
    return " ".join(text.split())


def bounded_lines(stream: IO[bytes]) -> Iterator[bytes]:
    """The lines of a stream, none of them longer than memory bears.

    Raises:
        UnreadableFile: one is.
    """
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise UnreadableFile(
                f"A line is longer than {LONGEST_LINE:,} bytes.",
                "Check where the file came from; nothing of it has been imported.",
            )
        yield line


def _sections(abstract: str | list[PlainSection] | None) -> Iterator[Section]:
    if isinstance(abstract, str):
        abstract = [PlainSection(text=abstract)]
    for section in abstract or ():
        if text := one_line(section.text):
            yield Section(section.label, text)
