"""The evidence table beside an answer."""

import pytest
from streamlit.testing.v1 import AppTest

from agent.models.chat_model import ChatModel
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.model import ScriptedBackend
from tests.ui.conftest import encoder
from tests.ui.harness import html
from tests.ui.pages.test_ask import asked
from ui.services.library import Library
from ui.services.table_edits import TableEdits


def table_of(library: Library) -> AppTest:
    test = asked(library)
    next(g for g in test.segmented_control if g.label == "View").set_value("Evidence table")
    return test.run()


def test_a_row_a_study_with_the_articles_words(library: Library) -> None:
    test = table_of(library)
    html(test)
    frame = test.dataframe[0].value
    row = frame[frame["Study"].str.startswith("Navorelimab in severe pneumonia")].iloc[0]
    assert row["design"] == "randomised trial"
    assert row["effect"].startswith("risk ratio 0.74, 95% CI 0.58 to 0.95")


def test_what_was_written_by_hand_is_marked(library: Library) -> None:
    TableEdits(library.home).write("101", "comparator", "usual care")
    frame = table_of(library).dataframe[0].value
    assert "usual care [by hand]" in set(frame["comparator"])


def test_rows_are_filtered_and_columns_hidden(library: Library) -> None:
    test = table_of(library)
    filter_box = next(box for box in test.text_input if box.label == "Filter")
    filter_box.input("risk ratio")
    hide = next(box for box in test.multiselect if box.label == "Hide")
    hide.set_value(["funding"])
    frame = test.run().dataframe[0].value
    assert len(frame) == 1
    assert "funding" not in frame


def test_a_question_becomes_a_column(library: Library) -> None:
    test = table_of(library)
    box = next(box for box in test.text_input if box.label == "A column of your own")
    box.input("Does navorelimab reduce mortality?")
    next(b for b in test.button if b.label == "Add the column").click()
    frame = test.run().dataframe[0].value
    assert "Does navorelimab reduce mortality?" in frame


def test_a_model_fills_empty_cells_where_it_is_let(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = table_of(library)
    assert not any("fill empty cells" in each.label for each in test.toggle)
    reply = '{"intervention": "navorelimab", "comparator": "usual care"}'
    model = ChatModel(ScriptedBackend([reply], name="scripted"))
    library._opener = lambda home: local_assistant(Searcher(home, encoder())).on(model)
    monkeypatch.setenv("MEDCITE_MODEL", "smollm2")
    test.run()
    next(each for each in test.toggle if "smollm2 fill empty cells" in each.label).set_value(True)
    frame = test.run().dataframe[0].value
    assert "Navorelimab" in set(frame["intervention"])
    assert not any(frame.get("comparator", ()))
    assert any("chosen by smollm2" in each.value for each in test.caption)
