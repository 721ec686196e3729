"""The evidence table, its rows and cells, for every front end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.reading.reader import LocalReader
from agent.reading.sentences import Sentence
from agent.table.abstract import Abstract, TextSpan
from agent.table.columns import COLUMNS
from agent.table.learned import shipped_cells
from corpora.article import Article
from corpora.article_kind import ArticleKind, article_kind
from corpora.errors import BadInput
from retrieval.passage import Evidence, Passage, Retriever

MOST_STUDIES = 200
MOST_OWN = 10
_LONGEST_OWN = 300


@dataclass(frozen=True, slots=True)
class Edit:
    """A person's text that overrides a cell; `at` is an ISO time in UTC."""

    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Cell:
    """Verbatim spans, empty where the abstract does not say; `edit` overrides them.

    `model` names the language model that chose the spans, "" where a rule or the reader did.
    """

    spans: tuple[TextSpan, ...] = ()
    edit: Edit | None = None
    model: str = ""

    @property
    def text(self) -> str:
        """The text to show: a person's edit, otherwise the spans."""
        return self.edit.text if self.edit else "; ".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class ColumnHeading:
    """A column's name in files and title for readers; `own` marks a user's question as column."""

    name: str
    title: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A study with a cell for each column, by its name."""

    article: Article
    cells: Mapping[str, Cell]

    def edited(self, edits: Mapping[str, Edit]) -> TableRow:
        """The row with the edits applied to the cells of these columns."""
        cells = {name: replace(cell, edit=edits.get(name)) for name, cell in self.cells.items()}
        return replace(self, cells=cells)


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """Studies in search order; `question` is "" for a table of a result set."""

    question: str
    columns: tuple[ColumnHeading, ...]
    rows: tuple[TableRow, ...]

    def edited(self, edits: Mapping[str, Mapping[str, Edit]]) -> EvidenceTable:
        """The table with edits, by PMID and column, applied to its cells."""
        rows = (
            row.edited(edits[row.article.pmid]) if row.article.pmid in edits else row
            for row in self.rows
        )
        return replace(self, rows=tuple(rows))

    @property
    def cells_by_model(self) -> int:
        """The number of cells that show words chosen by a language model."""
        cells = [row.cells[column.name] for row in self.rows for column in self.columns]
        return sum(bool(cell.model and not cell.edit) for cell in cells)

    def only(self, names: Sequence[str]) -> EvidenceTable:
        """The table with only these columns, in this order.

        Raises:
            BadInput: the table has no column of that name.
        """
        by_name = {column.name: column for column in self.columns}
        for name in names:
            if name not in by_name:
                raise BadInput(
                    f"The table has no column “{name}”.", f"Choose from: {', '.join(by_name)}."
                )
        return replace(self, columns=tuple(by_name[name] for name in names))

    def to_dict(self) -> dict[str, Any]:
        """The table as a JSON object, each span with its offsets in `Article.text`."""
        return {
            "question": self.question,
            "columns": [{"name": c.name, "title": c.title, "own": c.own} for c in self.columns],
            "rows": [
                {
                    "pmid": row.article.pmid,
                    "title": row.article.title,
                    "year": row.article.year,
                    "design": row.article.design.level.label,
                    "retracted": row.article.retracted,
                    "cells": {c.name: _cell_dict(row.cells[c.name]) for c in self.columns},
                }
                for row in self.rows
            ],
        }


def _cell_dict(cell: Cell) -> dict[str, Any]:
    spans = [
        {
            "text": span.text,
            "section": span.section,
            "start": span.start,
            "end": span.end,
            **{part.name: part.text for part in span.parts},
        }
        for span in cell.spans
    ]
    edit = {"text": cell.edit.text, "at": cell.edit.at} if cell.edit else None
    return {"text": cell.text, "spans": spans, "edit": edit, "model": cell.model}


def cells_of(article: Article) -> dict[str, Cell]:
    """The cells of one article, by column; all empty for a notice."""
    return cells_of_each([article])[0]


def cells_of_each(articles: Sequence[Article]) -> list[dict[str, Cell]]:
    """The cells of each article: learned ones where the column is learned, otherwise its rule's."""
    notices = [article_kind(article) is ArticleKind.NOTICE for article in articles]
    abstracts = [
        Abstract(article) for article, is_notice in zip(articles, notices, strict=True)
        if not is_notice
    ]  # fmt: skip
    learned = shipped_cells().read(abstracts) if abstracts else []
    tabulated = iter(
        {
            column.name: Cell(spans[column.name] if column.name in spans else column.find(abstract))
            for column in COLUMNS
        }
        for abstract, spans in zip(abstracts, learned, strict=True)
    )
    empty = {column.name: Cell() for column in COLUMNS}
    return [dict(empty) if is_notice else next(tabulated) for is_notice in notices]


def evidence_table(
    evidence: Sequence[Evidence],
    reader: LocalReader | None = None,
    retriever: Retriever | None = None,
    question: str = "",
    own: Sequence[str] = (),
) -> EvidenceTable:
    """Build a table of these studies.

    Args:
        reader: fills the columns in `own`, with `retriever`; they stay empty without both.
        question: the question that the studies were retrieved for.
        own: the user's questions as additional columns, such as "adverse events?".

    Raises:
        BadInput: there are too many studies or columns, or an own column is empty or too long.
    """
    questions = check_own(own)
    if len(evidence) > MOST_STUDIES:
        raise BadInput(
            f"A table has at most {MOST_STUDIES} studies.", "Narrow the search, or request fewer."
        )
    headings = [ColumnHeading(column.name, column.title) for column in COLUMNS]
    articles = [piece.article for piece in evidence]
    pmids = [article.pmid for article in articles]
    cells = dict(zip(pmids, cells_of_each(articles), strict=True))
    answers: Sequence[Mapping[str, Cell]] = [{}] * len(questions)
    if questions and reader is not None and retriever is not None:
        answers = _answered(questions, evidence, reader, retriever)
    for name, answered in zip(questions, answers, strict=True):
        headings.append(ColumnHeading(name, name, True))
        for pmid, row in cells.items():
            row[name] = answered.get(pmid, Cell())
    rows = tuple(TableRow(piece.article, cells[piece.article.pmid]) for piece in evidence)
    return EvidenceTable(question, tuple(headings), rows)


def check_own(own: Sequence[str]) -> list[str]:
    """The user's columns with white space normalised, without duplicates.

    Raises:
        BadInput: there are too many, or one is empty, too long or named like a built-in column.
    """
    questions = list(dict.fromkeys(" ".join(question.split()) for question in own))
    if len(questions) > MOST_OWN:
        raise BadInput(f"A table has at most {MOST_OWN} own columns.", "Leave some out.")
    reserved = {column.name for column in COLUMNS}
    for question in questions:
        if not question or len(question) > _LONGEST_OWN:
            raise BadInput(
                "An own column must be a question.",
                f"Write one of at most {_LONGEST_OWN} characters, such as “adverse events?”.",
            )
        if question in reserved:
            raise BadInput(f"“{question}” is already a column.", "Phrase it as a question.")
    return questions


def as_evidence(articles: Sequence[Article]) -> list[Evidence]:
    """Wrap articles that no search ranked as evidence for the reader."""
    return [
        Evidence(
            Passage(f"{article.pmid}:0", article.pmid, "", 0, len(article.title), article.title),
            article,
            1,
            0.0,
        )
        for article in articles
    ]


def _answered(
    questions: Sequence[str],
    evidence: Sequence[Evidence],
    reader: LocalReader,
    retriever: Retriever,
) -> list[dict[str, Cell]]:
    """For each question, PMID → the answering sentence; only articles that have one."""
    unranked = as_evidence([piece.article for piece in evidence])
    return [
        {pmid: Cell((_span(sentence),)) for pmid, sentence in answers.items()}
        for answers in reader.answers_in_each(questions, unranked, retriever)
    ]


def _span(sentence: Sentence) -> TextSpan:
    return TextSpan(sentence.start, sentence.end, sentence.text, sentence.section)
