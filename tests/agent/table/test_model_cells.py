"""Cells that a language model fills: only with words of the article, and only where none were."""

import json
from dataclasses import replace
from threading import Event

import pytest

from agent.models.base import Raw
from agent.models.chat_model import ChatModel
from agent.table.abstract import verbatim
from agent.table.model_cells import ModelCells
from agent.table.table import EvidenceTable, as_evidence, evidence_table
from corpora.article import Article, Section
from corpora.errors import ModelError, ModelUnavailable
from tests.fakes.literature import article
from tests.fakes.model import ScriptedBackend

TRIAL = replace(
    article("1", "Zorblimab for wheezing"),
    sections=(
        Section("BACKGROUND", "Wheezing “at night” is common in school–age\nchildren."),
        Section("RESULTS", "Zorblimab beat placebo. Headache was seen in 3 children."),
        Section("FULL", "Of the body: secret words.", body=True),
    ),
)
EMPTY = ("population", "intervention", "comparator", "outcome")


def table(*articles: Article, own: tuple[str, ...] = ()) -> EvidenceTable:
    """The articles without any words of rules in the columns that a model is asked for."""
    made = evidence_table(as_evidence(articles), own=own)
    rows = tuple(
        replace(row, cells={**row.cells, **{n: type(row.cells[n])() for n in EMPTY}})
        for row in made.rows
    )
    return replace(made, rows=rows)


def replies(*texts: object, window: int = 8_192) -> ScriptedBackend:
    scripts = [[each if isinstance(each, str) else json.dumps(each)] for each in texts]
    return ScriptedBackend(*scripts, window=window)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Zorblimab for wheezing", "Zorblimab for wheezing"),
        ("school-age children", "school–age\nchildren"),
        ("\"wheezing 'at night'.\"", "Wheezing “at night”"),
        ("beat   PLACEBO.", "beat placebo"),
        ("beat plac", None),
        ("Zorblimab beat a placebo", None),
        ("wheezing Wheezing", None),  # over the end of the title
        ("common in school-age children. Zorblimab", None),  # over two sections
        ("secret words", None),  # of the full text
        ("…", None),
        ("", None),
        (".*", None),
    ],
)
def test_words_are_verbatim_but_for_case_white_space_and_kinds_of_signs(
    words: str, expected: str | None
) -> None:
    span = verbatim(TRIAL, words)
    assert (span.text if span else None) == expected
    assert span is None or TRIAL.text[span.start : span.end] == span.text


def test_a_cell_is_the_articles_words_at_their_place_or_empty() -> None:
    backend = replies(
        {
            "population": "School-age children",
            "intervention": "zorblimab",
            "comparator": "salbutamol",
            "outcome": "Wheezing at night in all of them",
            "q1": "Headache was seen in 3 children.",
        }
    )
    outcome = ModelCells(ChatModel(backend)).fill(table(TRIAL, own=("adverse events?",)))
    (row,) = outcome.table.rows
    texts = {name: cell.text for name, cell in row.cells.items() if cell.model}
    assert texts == {
        "population": "school–age\nchildren",
        "intervention": "Zorblimab",
        "adverse events?": "Headache was seen in 3 children",
    }
    for name in texts:
        (span,) = row.cells[name].spans
        assert TRIAL.text[span.start : span.end] == span.text
    assert row.cells["adverse events?"].spans[0].section == "RESULTS"
    assert row.cells["comparator"].text == row.cells["outcome"].text == ""
    assert (outcome.filled, outcome.dropped, outcome.failed) == (3, 2, 0)
    cell = outcome.table.to_dict()["rows"][0]["cells"]["population"]
    assert cell["model"] == "medgemma-27b-scripted"


def test_it_is_asked_under_a_schema_for_what_is_empty_alone() -> None:
    full = evidence_table(
        as_evidence([article("2", "Effect of zorblimab versus placebo on fever in adults")]),
        own=("cost?",),
    )
    there = {name for name in EMPTY if full.rows[0].cells[name].text}
    assert there
    full = replace(
        full,
        rows=(replace(full.rows[0], article=replace(TRIAL, title=full.rows[0].article.title)),),
    )
    backend = replies(dict.fromkeys((*EMPTY, "q1"), "zorblimab"))
    outcome = ModelCells(ChatModel(backend)).fill(full)
    assert {n: c for n, c in outcome.table.rows[0].cells.items() if n in there} == {
        n: c for n, c in full.rows[0].cells.items() if n in there
    }
    (request,) = backend.requests
    assert request.schema is not None
    assert not there & set(request.schema["properties"])
    assert "cost?" in request.messages[-1].text
    assert "secret" not in request.messages[-1].text


def test_the_same_words_for_several_cells_fill_none() -> None:
    outcome = ModelCells(ChatModel(replies(dict.fromkeys(EMPTY, "placebo")))).fill(table(TRIAL))
    assert (outcome.filled, outcome.dropped) == (0, 4)
    assert outcome.table == table(TRIAL)


@pytest.mark.parametrize("reply", ["no JSON at all", '{"population": ["a", "list"]}', '{"popul'])
def test_a_reply_that_is_broken_twice_leaves_the_table_as_it_was(reply: str) -> None:
    fine = {"population": "children"}
    backend = replies(reply, reply, fine)
    outcome = ModelCells(ChatModel(backend)).fill(table(TRIAL, replace(TRIAL, pmid="2")))
    assert (outcome.filled, outcome.failed) == (1, 1)
    first, second = outcome.table.rows
    assert first == table(TRIAL).rows[0]
    assert second.cells["population"].text == "children"


def test_an_article_that_does_not_fit_and_one_without_abstract_are_left() -> None:
    backend = replies({"population": "children"}, window=400)
    long = replace(TRIAL, sections=(Section("", "word " * 300),))
    outcome = ModelCells(ChatModel(backend)).fill(table(long, article("3", "Title alone", "")))
    assert (outcome.filled, outcome.failed, backend.requests) == (0, 1, [])


def test_a_model_that_is_gone_is_an_error_and_a_cancelled_run_is_none() -> None:
    error = ModelUnavailable("It is gone.", "Start it.")
    with pytest.raises(ModelError):
        ModelCells(ChatModel(ScriptedBackend([error]))).fill(table(TRIAL))
    cancelled = Event()
    cancelled.set()
    done: list[int] = []
    backend = ScriptedBackend([Raw("{}")])
    outcome = ModelCells(ChatModel(backend)).fill(table(TRIAL), cancelled, done.append)
    assert (outcome.table, done, backend.requests) == (table(TRIAL), [1], [])
