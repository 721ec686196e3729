"""The local verifier: what it passes, what it catches, and that its quotes are real."""

import pytest

from agent.answer import Claim, Label
from agent.verification.checks import compare, numbers
from agent.verification.local import LocalVerifier
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article

_ABSTRACT = (
    "We enrolled 400 patients. Tocilizumab reduced mortality at 28 days (HR 0.56, 95% CI 0.40 to"
    " 0.78). No increase in serious infection was seen."
)
_ARTICLE = article("1", "A trial", _ABSTRACT)
_START = _ARTICLE.text.index("We enrolled")
_EVIDENCE = Evidence(
    Passage("1:0", "1", "", _START, len(_ARTICLE.text), _ARTICLE.text[_START:]), _ARTICLE, 1, 1.0
)


def _label(text: str, keys: tuple[str, ...] = ("1:0",)) -> Label:
    (verdict,) = LocalVerifier().verify([Claim(text, keys)], [_EVIDENCE])
    for quote in verdict.quotes:
        assert _ARTICLE.text[quote.start : quote.end] == quote.text
    return verdict.label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("We enrolled 400 patients.", Label.SUPPORTED),
        ("Tocilizumab reduced mortality at 28 days.", Label.SUPPORTED),
        ("Tocilizumab reduced mortality at 90 days.", Label.UNSUPPORTED),
        ("Tocilizumab increased mortality at 28 days.", Label.CONTRADICTED),
        ("Tocilizumab did not reduce mortality at 28 days.", Label.CONTRADICTED),
        ("Serious infection increased.", Label.CONTRADICTED),
        ("Aspirin prevents colon cancer in mice.", Label.UNSUPPORTED),
        ("Tocilizumab reduced mortality in intensive care.", Label.PARTIALLY_SUPPORTED),
    ],
)
def test_labels(text: str, label: Label) -> None:
    assert _label(text) is label


def test_missing_and_unknown_citations_are_caught() -> None:
    assert _label("We enrolled 400 patients.", ()) is Label.UNSUPPORTED
    assert _label("We enrolled 400 patients.", ("7:0",)) is Label.UNSUPPORTED
    assert _label("We enrolled 400 patients.", ("1:0", "7:0")) is Label.UNSUPPORTED


def test_numbers_are_compared_by_value() -> None:
    assert numbers("0·56, 1,234 patients, 30 %, −5 and 2.0") == {"0.56", "1234", "30", "5", "2"}
    assert compare("It fell by 44%.", "It fell (HR 0.56).")[0].name == "numbers"
    assert compare("Among 1,234 adults", "Among 1234 adults") == ()
