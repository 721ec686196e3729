"""The Screening page: records by key, alone and in two, to the flow chart."""

from corpora.home import Home
from corpora.store import open_corpus
from tests.ui.harness import app, buttons, html, press
from ui.services.library import Library
from ui.services.screening import Screenings, ScreeningVerdict

NUMBERS = {"records": 3, "duplicates": 0, "articles": 3, "by_source": {"PubMed": 3}}


def screening_page(library):
    from ui.pages import screening

    screening.page(library)


def begin(home: Home, *reviewers: str) -> None:
    Screenings(home).start(
        "pneumonia", "navorelimab[tiab]", ("101", "102", "104"), NUMBERS, reviewers
    )


def test_a_screening_is_started_from_a_query(library: Library) -> None:
    test = app(screening_page, library)
    test.text_input(key="screening-new-name").set_value("mine")
    test.text_input(key="screening-new-query").set_value("navorelimab[tiab]")
    shown = html(press(test, "Start"))
    assert Screenings(library.home).find("mine").reviewers == ("me",)
    assert "Navorelimab" in shown
    with open_corpus(library.home.corpus) as store:
        assert set(Screenings(library.home).find("mine").pmids()) <= set(store.pmids([1, 2, 3]))


def test_a_bad_query_is_said_and_starts_nothing(library: Library) -> None:
    test = app(screening_page, library)
    test.text_input(key="screening-new-name").set_value("mine")
    test.text_input(key="screening-new-query").set_value("(navorelimab[tiab]")
    press(test, "Start")
    assert test.toast
    assert Screenings(library.home).all() == []


def test_decisions_are_kept_one_by_one_and_can_be_gone_back_to(library: Library) -> None:
    begin(library.home)
    test = app(screening_page, library)
    press(test, "Exclude")
    kept = Screenings(library.home).find("pneumonia")
    assert [d.verdict for d in kept.decisions("me").values()] == [ScreeningVerdict.EXCLUDE]
    press(test, "Back")
    press(test, "Include")
    assert [d.verdict for d in kept.decisions("me").values()] == [ScreeningVerdict.INCLUDE]
    press(test, "Finish")
    assert any("Flow chart" in each.label for each in test.get("download_button"))
    assert "&lt;script&gt;" not in buttons(test)


def test_keys_that_arrive_together_decide_nothing(library: Library) -> None:
    """Streamlit calls their callbacks in any order, and the second may mean the next record."""
    begin(library.home)
    test = app(screening_page, library)
    test.button(key="screening-include").click()
    press(test, "Exclude")
    kept = Screenings(library.home).find("pneumonia")
    assert kept.decisions("me") == {}
    assert "nothing was decided" in test.toast[0].value
    press(test, "Exclude")
    assert [d.verdict for d in kept.decisions("me").values()] == [ScreeningVerdict.EXCLUDE]


def test_the_other_reviewers_decisions_are_shown_when_both_have_finished(library: Library) -> None:
    begin(library.home, "ann", "ben")
    kept = Screenings(library.home).find("pneumonia")
    for pmid in kept.pmids():
        kept.decide("ben", pmid, ScreeningVerdict.EXCLUDE, "secret reason")
    kept.finish("ben")
    test = app(screening_page, library)
    press(test, "Include")
    assert "secret reason" not in html(test)
    press(test, "Finish")
    shown = html(test)
    assert "secret reason" in shown
    assert "Cohen" in shown
