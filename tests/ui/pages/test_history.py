"""The History page run by Streamlit's own test harness."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from agent.conversations.threads import Threads
from retrieval.filters import Filters
from tests.ui.conftest import HOSTILE
from tests.ui.harness import app, buttons, html, press
from ui.services.library import Library

QUESTION = "Does navorelimab reduce mortality in severe pneumonia?"


def history_page(library):
    import streamlit as st

    from ui.pages import history

    history.page(library, lambda thread: st.query_params.update(thread=thread))


@pytest.fixture
def threads(library: Library) -> Threads:
    """Two conversations, the second with an answered and an interrupted question."""
    threads = library.workspace.threads("")
    threads.create("Gout")
    asthma = threads.create("Asthma in children")
    library.assistant().ask(QUESTION, thread=asthma.id)
    threads.begin(asthma.id, "and in women?", Filters())
    return threads


def names(test: AppTest) -> list[str]:
    return [b.label for b in test.button if b.key and b.key.startswith("thread-open-")]


def test_says_that_there_is_none_yet(library: Library) -> None:
    assert "No conversation yet" in html(app(history_page, library))


def test_lists_searches_and_opens(library: Library, threads: Threads) -> None:
    test = app(history_page, library)
    assert names(test) == ["Asthma in children", "Gout"]
    assert "2 questions, last used just now" in html(test)
    assert "1 interrupted" in html(test)
    test.text_input(key="history-search").input("WOMEN asthma").run()
    assert names(test) == ["Asthma in children"]
    test.text_input(key="history-search").input("migraine").run()
    assert "No match" in html(test)
    test.text_input(key="history-search").input("").run()
    press(test, "Gout")
    assert test.query_params["thread"] == threads.find("Gout").id


def test_shows_nobody_elses(library: Library, threads: Threads) -> None:
    threads.of("b@x.org").create("Theirs")
    assert "Theirs" not in names(app(history_page, library))


def test_renames_and_says_what_cannot_be_a_name(library: Library, threads: Threads) -> None:
    test = app(history_page, library)
    gout = threads.find("Gout").id
    test.text_input(key=f"name-{gout}").input("Gouty arthritis")
    rename = [b for b in test.button if b.label == "Rename"][names(test).index("Gout")]
    rename.click().run()
    assert names(test) == ["Asthma in children", "Gouty arthritis"]
    assert "Gouty arthritis" in test.toast[0].value
    test.text_input(key=f"name-{gout}").input("asthma in children")
    [b for b in test.button if b.label == "Rename"][1].click().run()
    assert "A thread named “asthma in children” already exists." in html(test)


def test_branches_from_what_is_answered(library: Library, threads: Threads) -> None:
    test = app(history_page, library)
    assert buttons(test).count("Branch") == 1
    press(test, "Branch")
    branch = next(t for t in threads.all() if "branch" in t.name)
    assert (branch.turns, branch.unanswered) == (1, 0)


def test_deletes_only_when_sure_and_not_what_is_worked_on(
    library: Library, threads: Threads
) -> None:
    test = app(history_page, library)
    gout = threads.find("Gout").id
    assert test.button(key=f"delete-{gout}").disabled
    test.checkbox(key=f"sure-{gout}").check().run()
    with threads.working(gout):
        test.button(key=f"delete-{gout}").click().run()
    assert "working on" in html(test)
    assert "Gout" in names(test)
    test.button(key=f"delete-{gout}").click().run()
    assert names(test) == ["Asthma in children"]
    assert len(threads.all()) == 1


def test_a_hostile_name_is_shown_as_text(library: Library) -> None:
    library.workspace.threads("").start(HOSTILE)
    test = app(history_page, library)
    assert names(test)[0].startswith("&lt;script&gt;alert\\(1\\)&lt;/script&gt; \\*\\*Navo")
    assert "<script>" not in html(test)


def test_many_are_shown_by_and_by(library: Library) -> None:
    threads = library.workspace.threads("")
    for number in range(23):
        threads.create(f"Thread {number}")
    test = app(history_page, library)
    assert len(names(test)) == 20
    press(test, "Show more")
    assert len(names(test)) == 23


def test_exports_are_made_when_they_are_asked_for(library: Library, threads: Threads) -> None:
    from ui.render.documents import thread_dict, thread_markdown, thread_page

    thread = threads.find("Asthma in children")
    turns = threads.turns(thread.id)
    assert json.loads(json.dumps(thread_dict(thread, turns)))["turns"][1]["answer"] is None
    assert "_Interrupted._" in thread_markdown(thread, turns)
    page = thread_page(thread, turns)
    assert page.count("<article>") == 2
    assert "Interrupted." in page
