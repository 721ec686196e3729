"""Tables: columns of one's own, edits, what is refused."""

import pytest

from agent.reading.reader import LocalReader
from agent.table.studies import studies
from agent.table.table import MOST_STUDIES, Edit, as_evidence, evidence_table
from corpora.article import Article
from corpora.errors import BadInput
from retrieval.filters import Filters
from retrieval.search import Searcher
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed

ARTICLES = [
    article("101", "Navorelimab in pneumonia", "Navorelimab reduced mortality in pneumonia."),
    article("102", "Invented statins", "Statins lowered cholesterol. Headache was common."),
]


@pytest.fixture(scope="module")
def searcher(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    encoder = HashingEncoder(dimension=256, window=256)
    return Searcher(indexed(tmp_path_factory.mktemp("table") / "home", ARTICLES, encoder), encoder)


def test_questions_become_columns_with_sentences_at_their_place(searcher: Searcher) -> None:
    found = studies("Does navorelimab reduce mortality in pneumonia?", Filters(), searcher, 5)
    reader = LocalReader(searcher.encoder)
    table = evidence_table(found, reader, searcher, "Does navorelimab work?", ["headache?"])
    assert [c.name for c in table.columns if c.own] == ["headache?"]
    for row in table.rows:
        for cell in row.cells.values():
            for span in cell.spans:
                assert row.article.text[span.start : span.end] == span.text


def test_learned_cells_do_not_depend_on_the_encoder_of_the_index(searcher: Searcher) -> None:
    of = article(
        "103",
        "Navorelimab in adults with pneumonia: a randomised trial",
        "We randomised 120 adults with pneumonia to navorelimab or placebo.",
    )
    without = evidence_table(as_evidence([of]))
    assert without.rows[0].cells["population"].text
    reader = LocalReader(searcher.encoder)
    beside = evidence_table(as_evidence([of]), reader, searcher, own=["headache?"])
    built_in = {column.name for column in without.columns}
    assert {n: c for n, c in beside.rows[0].cells.items() if n in built_in} == (
        without.rows[0].cells
    )


def test_an_edit_is_shown_marked_and_the_spans_stay(searcher: Searcher) -> None:
    table = evidence_table(as_evidence(ARTICLES))
    edited = table.edited({"101": {"n": Edit("12 adults", "2026-11-26T10:00:00+00:00")}})
    cell = edited.to_dict()["rows"][0]["cells"]["n"]
    assert (cell["text"], cell["spans"]) == ("12 adults", [])
    assert cell["edit"]["at"].startswith("2026")
    assert edited.rows[1].cells == table.rows[1].cells


def test_columns_are_chosen_by_name() -> None:
    table = evidence_table(as_evidence(ARTICLES)).only(["n", "design"])
    assert [column.name for column in table.columns] == ["n", "design"]
    with pytest.raises(BadInput, match="no column “colour”"):
        table.only(["colour"])


@pytest.mark.parametrize("own", [["  "], ["x" * 400], ["design"], [f"q{i}?" for i in range(11)]])
def test_columns_that_are_none(own: list[str]) -> None:
    with pytest.raises(BadInput):
        evidence_table((), own=own)


def test_more_studies_than_a_table_has() -> None:
    many = [Article(str(number), "Title") for number in range(MOST_STUDIES + 1)]
    with pytest.raises(BadInput, match="at most"):
        evidence_table(as_evidence(many))
