"""Request and response models, except answers, which follow docs/answer.schema.json."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from agent.question import LONGEST_QUESTION
from agent.table.table import MOST_OWN, MOST_STUDIES
from retrieval.filters import Filters

# Limit on a text to verify: the length of a long review, in characters.
LONGEST_TEXT = 200_000
MOST_CLAIMS = 200
MOST_ARTICLES = 100
_MOST_HISTORY = 50

Name = Annotated[str, StringConstraints(max_length=300)]
Names = Annotated[list[Name], Field(max_length=50)]
QuestionText = Annotated[str, StringConstraints(max_length=LONGEST_QUESTION * 2)]
# An identifier, a query or the like, not a document.
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Year = Annotated[int, Field(ge=1000, le=2999)]


class Form(BaseModel):
    """A request; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class FilterForm(Form):
    """Filters on articles; all must match."""

    since: Year | None = Field(default=None, description="First publication year.")
    until: Year | None = Field(default=None, description="Last publication year.")
    types: Names = Field(
        default=[], description="PubMed publication types, such as “Meta-Analysis”."
    )
    designs: Names = Field(
        default=[], description="Study designs, such as systematic-review or randomised-trial."
    )
    languages: Names = Field(default=[], description="Three-letter codes, such as eng.")
    journals: Names = Field(default=[], description="Full titles or abbreviations.")
    people_only: bool = Field(default=False, description="Exclude animal and laboratory studies.")
    include_retracted: bool = Field(
        default=False, description="Include retracted articles, marked."
    )

    def filters(self) -> Filters:
        """Convert to `Filters`.

        Raises:
            BadInput: a study design is unknown, or the first year is after the last.
        """
        return Filters.from_options(**self.model_dump())


class AnswerForm(Form):
    """A question."""

    question: QuestionText = Field(examples=["Does tocilizumab lower mortality in COVID-19?"])
    history: Annotated[list[QuestionText], Field(max_length=_MOST_HISTORY)] = Field(
        default=[], description="Earlier questions of the conversation, latest last."
    )
    filters: FilterForm = FilterForm()
    stream: bool = Field(
        default=True, description="Server-sent events as the work progresses, or one answer."
    )


class SearchForm(Form):
    """A search."""

    query: QuestionText = Field(examples=["tocilizumab severe COVID-19 mortality"])
    k: int = Field(default=10, ge=1, le=MOST_ARTICLES, description="Maximum number of articles.")
    filters: FilterForm = FilterForm()


class TableForm(Form):
    """An evidence table for a question, or for a query in PubMed's syntax."""

    question: QuestionText | None = Field(
        None, examples=["Does tocilizumab lower mortality in COVID-19?"]
    )
    query: QuestionText | None = Field(None, description="Instead of a question: “psoriasis[mh]”.")
    k: int = Field(default=50, ge=1, le=MOST_STUDIES, description="Maximum number of studies.")
    columns: Annotated[list[Identifier], Field(max_length=MOST_OWN)] = Field(
        default=[], description="Custom columns: questions such as “adverse events?”."
    )
    fill: bool = Field(
        default=False,
        description="Let the language model fill empty cells, with the article's own words.",
    )
    filters: FilterForm = FilterForm()


class PairForm(Form):
    """A claim, and the texts cited for it."""

    claim: Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
    evidence: Annotated[
        list[Annotated[str, StringConstraints(max_length=50_000)]],
        Field(min_length=1, max_length=20),
    ]


class VerifyForm(Form):
    """Either a text whose sentences cite articles in the corpus, or claims with their texts."""

    text: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | None = Field(
        None,
        description="Sentences with citations such as [PMID 33301246] or [doi:10.1000/x].",
    )
    claims: Annotated[list[PairForm], Field(max_length=MOST_CLAIMS)] | None = None


class PassageRecord(BaseModel):
    """A passage of an article; `start` and `end` are offsets in its text."""

    key: str
    section: str
    start: int
    end: int
    text: str


class FoundRecord(BaseModel):
    """A search result, with the passage most similar to the query."""

    rank: int
    pmid: str = Field(description="PubMed's identifier, or the one in the user's file.")
    title: str
    journal: str
    year: int = Field(description="0 where unknown.")
    doi: str
    design: str
    design_reason: str
    notices: list[str]
    retracted: bool
    score: float
    dense_rank: int | None
    lexical_rank: int | None
    passage: PassageRecord


class SearchRecord(BaseModel):
    """The results of a search, best first."""

    query: str
    results: list[FoundRecord]


class SectionRecord(BaseModel):
    """A section of an article's text."""

    label: str
    text: str
    body: bool = Field(description="Whether it is from the full text, not the abstract.")


class SpanRecord(BaseModel):
    """Verbatim words; `start` and `end` are offsets in the article's text."""

    text: str
    section: str
    start: int
    end: int
    value: str = Field(default="", description="For an effect: measure and number.")
    interval: str = ""
    p: str = ""


class CellRecord(BaseModel):
    """A cell: spans of title or abstract, none if they do not state it."""

    text: str
    spans: list[SpanRecord]
    model: str = Field(
        default="", description="The language model that chose the spans, if one did."
    )


class ColumnRecord(BaseModel):
    """A column; `own` marks a custom column, defined by a question."""

    name: str
    title: str
    own: bool


class RowRecord(BaseModel):
    """A study."""

    pmid: str
    title: str
    year: int
    design: str
    retracted: bool
    cells: dict[str, CellRecord]


class TableRecord(BaseModel):
    """An evidence table: every cell is a verbatim span, or empty."""

    question: str
    columns: list[ColumnRecord]
    rows: list[RowRecord]


class ArticleRecord(BaseModel):
    """An article as currently in the corpus."""

    pmid: str
    doi: str
    pmcid: str
    title: str
    authors: list[str]
    journal: str
    year: int
    published: str
    volume: str
    issue: str
    pages: str
    publication_types: list[str]
    mesh: list[str]
    keywords: list[str]
    languages: list[str]
    design: str
    design_reason: str
    notices: list[str]
    retracted: bool
    full_text: bool
    url: str
    sections: list[SectionRecord]


class VerdictsRecord(BaseModel):
    """Verdicts as in docs/answer.schema.json, one per claim, in order."""

    verdicts: list[dict[str, Any]]
    retracted: list[str] = Field(description="Retracted articles that the text cites.")


class IndexRecord(BaseModel):
    """The corpus and the index in use."""

    articles: int = Field(description="Number of articles in the corpus.")
    snapshot: str
    index_version: str
    built: str
    indexed_articles: int
    passages: int
    encoder: str
    model: str = Field(description="The language model, or none.")


class ErrorRecord(BaseModel):
    """Why a request failed, and what to do next; OpenAI's clients can read it too."""

    message: str
    type: str
    next_step: str
    retryable: bool
    code: str | None = None
    param: str | None = None


class ErrorReply(BaseModel):
    """A failed request."""

    error: ErrorRecord
