"""What clients send and get, apart from answers, whose form is docs/answer.schema.json."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from agent.question import LONGEST_QUESTION
from agent.table.table import MOST_OWN, MOST_STUDIES
from retrieval.passage import Filters
from ui.server.library import make_filters

# Of a text that is verified: a long review has so many characters.
LONGEST_TEXT = 200_000
MOST_CLAIMS = 200
MOST_ARTICLES = 100
_MOST_HISTORY = 50

Name = Annotated[str, StringConstraints(max_length=300)]
Names = Annotated[list[Name], Field(max_length=50)]
QuestionText = Annotated[str, StringConstraints(max_length=LONGEST_QUESTION * 2)]
# An identifier, a query and the like: never a document.
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Year = Annotated[int, Field(ge=1000, le=2999)]


class Form(BaseModel):
    """A request: what it does not know, it refuses."""

    model_config = ConfigDict(extra="forbid")


class FilterForm(Form):
    """Conditions on articles; all must hold."""

    since: Year | None = Field(default=None, description="First publication year.")
    until: Year | None = Field(default=None, description="Last publication year.")
    types: Names = Field(
        default=[], description="PubMed publication types, such as “Meta-Analysis”."
    )
    designs: Names = Field(
        default=[], description="Study designs, such as systematic-review or randomised-trial."
    )
    languages: Names = Field(default=[], description="Three letters, such as eng.")
    journals: Names = Field(default=[], description="Full titles or abbreviations.")
    people_only: bool = Field(default=False, description="Leave out animal and laboratory studies.")
    include_retracted: bool = Field(default=False, description="Keep retracted articles, marked.")

    def filters(self) -> Filters:
        """Raises:
        BadInput: a study design is unknown, or no year can be both.
        """
        return make_filters(
            self.since, self.until, self.types, self.designs, self.languages, self.journals,
            self.people_only, self.include_retracted,
        )  # fmt: skip


class AnswerForm(Form):
    """A question."""

    question: QuestionText = Field(examples=["Does tocilizumab lower mortality in COVID-19?"])
    history: Annotated[list[QuestionText], Field(max_length=_MOST_HISTORY)] = Field(
        default=[], description="Earlier questions of the conversation, the latest last."
    )
    filters: FilterForm = FilterForm()
    stream: bool = Field(
        default=True, description="Server-sent events as the work goes on, or one answer."
    )


class SearchForm(Form):
    """A search."""

    query: QuestionText = Field(examples=["tocilizumab severe COVID-19 mortality"])
    k: int = Field(default=10, ge=1, le=MOST_ARTICLES, description="Articles at the most.")
    filters: FilterForm = FilterForm()


class TableForm(Form):
    """What an evidence table is of: a question, or a query in PubMed's syntax."""

    question: QuestionText | None = Field(
        None, examples=["Does tocilizumab lower mortality in COVID-19?"]
    )
    query: QuestionText | None = Field(None, description="Instead of a question: “psoriasis[mh]”.")
    k: int = Field(default=50, ge=1, le=MOST_STUDIES, description="Studies at the most.")
    columns: Annotated[list[Identifier], Field(max_length=MOST_OWN)] = Field(
        default=[], description="Columns of one's own: questions such as “adverse events?”."
    )
    fill: bool = Field(
        default=False,
        description="Let the language model fill what is empty, with words of the article.",
    )
    filters: FilterForm = FilterForm()


class PairForm(Form):
    """A claim, and the texts that it is said to rest on."""

    claim: Annotated[str, StringConstraints(min_length=1, max_length=5_000)]
    evidence: Annotated[
        list[Annotated[str, StringConstraints(max_length=50_000)]],
        Field(min_length=1, max_length=20),
    ]


class VerifyForm(Form):
    """Either a text whose sentences cite articles of the corpus, or claims with their texts."""

    text: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] | None = Field(
        None,
        description="Sentences with citations such as [PMID 33301246] or [doi:10.1000/x].",
    )
    claims: Annotated[list[PairForm], Field(max_length=MOST_CLAIMS)] | None = None


class PassageRecord(BaseModel):
    """Words of an article; `start` and `end` are offsets in its text."""

    key: str
    section: str
    start: int
    end: int
    text: str


class FoundRecord(BaseModel):
    """An article that a search found, with the passage nearest to the query."""

    rank: int
    pmid: str = Field(description="PubMed's identifier, or the one that the user's file gave.")
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
    """What a search found, best first."""

    query: str
    results: list[FoundRecord]


class SectionRecord(BaseModel):
    """A part of an article's text."""

    label: str
    text: str
    body: bool = Field(description="Of the full text, not of the abstract.")


class SpanRecord(BaseModel):
    """Verbatim words; `start` and `end` are offsets in the article's text."""

    text: str
    section: str
    start: int
    end: int
    value: str = Field(default="", description="Of an effect: measure and number.")
    interval: str = ""
    p: str = ""


class CellRecord(BaseModel):
    """A cell: spans of title or abstract, none where they do not say."""

    text: str
    spans: list[SpanRecord]
    model: str = Field(
        default="", description="The language model that chose the spans, if one did."
    )


class ColumnRecord(BaseModel):
    """A column; `own` says that a question fills it."""

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
    """An article as the corpus has it now."""

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
    """Verdicts as docs/answer.schema.json has them, one a claim, in order."""

    verdicts: list[dict[str, Any]]
    retracted: list[str] = Field(description="What the text cites that is retracted.")


class IndexRecord(BaseModel):
    """The corpus and the index in use."""

    articles: int = Field(description="In the corpus.")
    snapshot: str
    index_version: str
    built: str
    indexed_articles: int
    passages: int
    encoder: str
    model: str = Field(description="The language model; none without one.")


class ErrorRecord(BaseModel):
    """Why a request failed, and what to do next; also what OpenAI's clients read."""

    message: str
    type: str
    next_step: str
    retryable: bool
    code: str | None = None
    param: str | None = None


class ErrorReply(BaseModel):
    """A failed request."""

    error: ErrorRecord
