"""An evidence table: studies with their cells, for every front end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.reading.reader import LocalReader
from agent.reading.sentences import Sentence
from agent.table.abstract import Abstract, Span
from agent.table.columns import COLUMNS
from corpora.article import Article
from corpora.article_kind import ArticleKind, article_kind
from corpora.errors import BadInput
from retrieval.passage import Evidence, Passage, Retriever

MOST_STUDIES = 200
MOST_OWN = 10
_LONGEST_OWN = 300


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person wrote into a cell instead; `at` is an ISO time in UTC."""

    text: str
    at: str


@dataclass(frozen=True, slots=True)
class Cell:
    """Verbatim spans, none where the abstract does not say; `edit` is what a person wrote.

    `model` names the language model that chose the spans, "" where rule or reader did.
    """

    spans: tuple[Span, ...] = ()
    edit: Edit | None = None
    model: str = ""

    @property
    def text(self) -> str:
        """What is shown: a person's words, else the spans."""
        return self.edit.text if self.edit else "; ".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its name in files, its title for readers, and whether a question fills it."""

    name: str
    title: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A study with a cell for each column, by its name."""

    article: Article
    cells: Mapping[str, Cell]

    def edited(self, edits: Mapping[str, Edit]) -> Row:
        """The row with a person's words in the cells of these columns."""
        cells = {name: replace(cell, edit=edits.get(name)) for name, cell in self.cells.items()}
        return replace(self, cells=cells)


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """Studies in the order found; `question` is "" for a table of a result set."""

    question: str
    columns: tuple[Heading, ...]
    rows: tuple[Row, ...]

    def edited(self, edits: Mapping[str, Mapping[str, Edit]]) -> EvidenceTable:
        """The table with what a person wrote, by PMID and column, in its cells."""
        rows = (
            row.edited(edits[row.article.pmid]) if row.article.pmid in edits else row
            for row in self.rows
        )
        return replace(self, rows=tuple(rows))

    @property
    def cells_by_model(self) -> int:
        """How many cells show words that a language model chose."""
        cells = [row.cells[column.name] for row in self.rows for column in self.columns]
        return sum(bool(cell.model and not cell.edit) for cell in cells)

    def only(self, names: Sequence[str]) -> EvidenceTable:
        """The table with these columns alone, in this order.

        Raises:
            BadInput: it has no column of such a name.
        """
        known = {column.name: column for column in self.columns}
        for name in names:
            if name not in known:
                raise BadInput(
                    f"The table has no column “{name}”.", f"Choose from: {', '.join(known)}."
                )
        return replace(self, columns=tuple(known[name] for name in names))

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON has it, each span with its offsets in `Article.text`."""
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
    """The cells that are read by rule; a notice has none."""
    if article_kind(article) is ArticleKind.NOTICE:
        return {column.name: Cell() for column in COLUMNS}
    abstract = Abstract(article)
    return {column.name: Cell(column.find(abstract)) for column in COLUMNS}


def evidence_table(
    found: Sequence[Evidence],
    reader: LocalReader | None = None,
    retriever: Retriever | None = None,
    question: str = "",
    own: Sequence[str] = (),
) -> EvidenceTable:
    """A table of these studies.

    Args:
        reader: answers the columns in `own`, with `retriever`; without them these are empty.
        question: that the studies were found for.
        own: questions that are columns of their own, such as "adverse events?".

    Raises:
        BadInput: more studies or columns than a table has; an own column is empty or too long.
    """
    asked = check_own(own)
    if len(found) > MOST_STUDIES:
        raise BadInput(
            f"A table has at most {MOST_STUDIES} studies.", "Narrow the search, or ask for fewer."
        )
    headings = [Heading(column.name, column.title) for column in COLUMNS]
    cells = {each.article.pmid: cells_of(each.article) for each in found}
    answers: Sequence[Mapping[str, Cell]] = [{}] * len(asked)
    if asked and reader is not None and retriever is not None:
        answers = _answered(asked, found, reader, retriever)
    for name, answered in zip(asked, answers, strict=True):
        headings.append(Heading(name, name, True))
        for pmid, row in cells.items():
            row[name] = answered.get(pmid, Cell())
    rows = tuple(Row(each.article, cells[each.article.pmid]) for each in found)
    return EvidenceTable(question, tuple(headings), rows)


def check_own(own: Sequence[str]) -> list[str]:
    """The own columns, without white space around them, each once.

    Raises:
        BadInput: there are too many, or one is empty, too long or called as a column that is there.
    """
    asked = list(dict.fromkeys(" ".join(each.split()) for each in own))
    if len(asked) > MOST_OWN:
        raise BadInput(f"A table has at most {MOST_OWN} columns of one's own.", "Leave some out.")
    taken = {column.name for column in COLUMNS}
    for each in asked:
        if not each or len(each) > _LONGEST_OWN:
            raise BadInput(
                "A column of one's own is a question.",
                f"Write one of at most {_LONGEST_OWN} characters, such as “adverse events?”.",
            )
        if each in taken:
            raise BadInput(f"“{each}” is a column already.", "Ask it as a question.")
    return asked


def as_evidence(articles: Sequence[Article]) -> list[Evidence]:
    """Articles that no search ranked, as the reader takes them."""
    return [
        Evidence(
            Passage(f"{each.pmid}:0", each.pmid, "", 0, len(each.title), each.title), each, 1, 0.0
        )
        for each in articles
    ]


def _answered(
    questions: Sequence[str], found: Sequence[Evidence], reader: LocalReader, retriever: Retriever
) -> list[dict[str, Cell]]:
    """For each question, by PMID, the sentence that answers it, of articles with one that does."""
    taken = as_evidence([each.article for each in found])
    return [
        {pmid: Cell((_span(sentence),)) for pmid, sentence in answers.items()}
        for answers in reader.answers_in_each(questions, taken, retriever)
    ]


def _span(sentence: Sentence) -> Span:
    return Span(sentence.start, sentence.end, sentence.text, sentence.section)
