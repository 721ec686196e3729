"""The Verify page: a pasted or uploaded text, its verdicts, and the way to what it cites."""

import json

import pytest

from tests.ui.harness import app, buttons, html, press
from ui.services.library import Library

pytestmark = pytest.mark.encoder

_TEXT = """
- Navorelimab reduced mortality in severe pneumonia (risk ratio 0.74, 95% CI 0.58 to 0.95). [101]
- Navorelimab increased mortality in severe pneumonia (risk ratio 0.74). [101]
- Navorelimab halved mortality in severe pneumonia. [102]
- Navorelimab halved mortality in severe pneumonia. [101]
- Cake is sweet <img src=x onerror=y>. [999]
"""


def verify_page(library):
    import streamlit as st

    from ui.pages import verify

    verify.page(library, lambda pmid: st.write(f"opened {pmid}"))


def test_each_sentence_has_a_verdict_and_its_source(library: Library) -> None:
    test = app(verify_page, library)
    test.text_area[0].set_value(_TEXT)
    shown = html(press(test, "Check"))
    assert shown.count('<div class="sentence') == 5
    assert '<div class="sentence good' not in shown.partition("increased mortality")[2][:200]
    # Word for word, also where it stands in another article than the one cited.
    assert "“ 2 quoted" in shown
    assert shown.count("but supported by") == 1
    assert "cites what is not in the evidence: 999" in shown
    assert "&lt;img src=x" in shown
    assert "retracted" in shown.lower()
    cited = [label for label in buttons(test) if label.startswith("[")]
    assert len(cited) == 5
    press(test, cited[0])
    assert "opened 101" in [each.value for each in test.markdown]
    # What was found stays when something else on the page is pressed.
    assert '<div class="sentence' in html(test)


def test_a_file_is_read_instead_of_the_box(library: Library) -> None:
    test = app(verify_page, library)
    test.file_uploader[0].set_value(("answer.md", _TEXT.encode(), "text/markdown"))
    assert html(press(test, "Check")).count('<div class="sentence') == 5
    test.file_uploader[0].set_value(("answer.txt", b"\xff\xfe\x00", "text/plain"))
    shown = html(press(test, "Check"))
    assert "not UTF-8 text" in shown
    assert '<div class="sentence' not in shown


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "no sentence to check"), ("Pain rose. " * 20_000, "more than 200,000 characters")],
)
def test_what_cannot_be_checked_is_said(library: Library, text: str, said: str) -> None:
    test = app(verify_page, library)
    test.text_area[0].set_value(text)
    assert said in html(press(test, "Check"))


def test_without_literature_it_says_what_to_do(empty_library: Library) -> None:
    test = app(verify_page, empty_library)
    test.text_area[0].set_value(_TEXT)
    press(test, "Check")
    assert "medcite index build" in json.dumps([each.value for each in test.code])
