"""The local verifier with its shipped weights: what it passes, what it catches, what it quotes."""

from collections.abc import Sequence

import numpy as np
import pytest

from agent.answer import Claim, Label, Verdict
from agent.verification.combine import of_parts, of_sentence
from agent.verification.cross_encoder import Probabilities, ShippedCrossEncoder, Thresholds
from agent.verification.extract import extract
from agent.verification.local import LocalVerifier
from agent.verification.plain import PlainClaim, verify_plain
from agent.verification.verifier import verdicts_of
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article

_ABSTRACT = (
    "We enrolled 400 adults with severe COVID-19 pneumonia. Tocilizumab reduced mortality at 28 days"
    " compared with usual care (HR 0.56, 95% CI 0.40 to 0.78). No increase in serious infection was"
    " seen. Longer follow-up may be useful."
)
_ARTICLE = article("1", "Tocilizumab in severe COVID-19: a randomised trial", _ABSTRACT)
_START = _ARTICLE.text.index("We enrolled")
_EVIDENCE = Evidence(
    Passage("1:0", "1", "", _START, len(_ARTICLE.text), _ARTICLE.text[_START:]), _ARTICLE, 1, 1.0
)
_OTHER_ABSTRACT = (
    "Dexamethasone shortened the stay in hospital by two days. Glucose rose in most patients."
)
_OTHER = article("2", "Dexamethasone in COVID-19", _OTHER_ABSTRACT)
_OTHER_START = len(_OTHER.title) + 1
_OTHER_EVIDENCE = Evidence(
    Passage("2:0", "2", "", _OTHER_START, len(_OTHER.text), _OTHER_ABSTRACT), _OTHER, 2, 0.5
)


class NeverAsked:
    """A scorer that must not be needed."""

    thresholds = Thresholds(0.5, 0.5, 0.5)

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        raise AssertionError(f"asked for {pairs}")


class Always:
    """A scorer that gives every pair the same probabilities."""

    thresholds = Thresholds(0.5, 0.5, 0.5)

    def __init__(self, supports: float, refutes: float) -> None:
        self._row = [supports, refutes, 1 - supports - refutes]

    def relations(self, pairs: Sequence[tuple[str, str]]) -> Probabilities:
        return np.tile(self._row, (len(pairs), 1))


def _verdict(text: str, keys: tuple[str, ...] = ("1:0",), **kwargs: object) -> Verdict:
    verifier = LocalVerifier(**kwargs)  # type: ignore[arg-type]
    (verdict,) = verifier.verify([Claim(text, keys)], [_EVIDENCE, _OTHER_EVIDENCE])
    texts = {"1:0": _ARTICLE.text, "2:0": _OTHER.text}
    for quote in (*verdict.quotes, *verdict.repair_quotes):
        assert texts[quote.key][quote.start : quote.end] == quote.text
    return verdict


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("Tocilizumab reduced mortality at 28 days.", [Label.SUPPORTED]),
        ("Tocilizumab lowered mortality at 28 days relative to usual care.", [Label.SUPPORTED]),
        ("Tocilizumab reduced mortality at 90 days.", [Label.UNSUPPORTED, Label.CONTRADICTED]),
        ("Tocilizumab increased mortality at 28 days.", [Label.CONTRADICTED]),
        ("Tocilizumab did not reduce mortality at 28 days.", [Label.CONTRADICTED]),
        ("An increase in serious infection was seen.", [Label.CONTRADICTED]),
        ("Sarilumab reduced mortality at 28 days.", [Label.UNSUPPORTED, Label.CONTRADICTED]),
        ("Tocilizumab reduced mortality in children at 28 days.", [Label.UNSUPPORTED, Label.PARTIALLY_SUPPORTED]),
        ("Longer follow-up is useful.", [Label.UNSUPPORTED, Label.PARTIALLY_SUPPORTED]),
        ("Aspirin prevents colon cancer in mice.", [Label.UNSUPPORTED]),
    ],
)  # fmt: skip
def test_labels(text: str, labels: list[Label]) -> None:
    assert _verdict(text).label in labels


def test_whole_sentences_need_no_model_and_quote_themselves() -> None:
    two = "We enrolled 400 adults with severe COVID-19 pneumonia. Tocilizumab reduced mortality at 28 days compared with usual care (HR 0.56, 95% CI 0.40 to 0.78)."
    verdict = _verdict(two, scorer=NeverAsked())
    assert (verdict.label, verdict.score, verdict.quotes[0].text) == (Label.QUOTED, 1.0, two)


def test_a_piece_of_a_sentence_is_not_taken_for_it() -> None:
    assert _verdict("increase in serious infection was seen.").label is Label.CONTRADICTED


def test_missing_and_unknown_citations_are_caught() -> None:
    text = "We enrolled 400 adults with severe COVID-19 pneumonia."
    for keys in ((), ("7:0",), ("1:0", "7:0")):
        verdict = _verdict(text, keys)
        assert verdict.label is Label.UNSUPPORTED
        assert verdict.checks[0].name == "citation"


def test_another_passage_that_carries_the_claim_is_offered() -> None:
    verdict = _verdict("Glucose rose in most patients.", ("1:0",))
    assert verdict.label is not Label.SUPPORTED
    assert verdict.repair == "2:0"
    assert verdict.repair_quotes[0].text == "Glucose rose in most patients."
    assert _verdict("Glucose rose in most patients.", ()).repair == "2:0"
    assert _verdict("Aspirin prevents colon cancer.", ("1:0",)).repair == ""


def test_one_citation_that_carries_is_enough() -> None:
    assert _verdict("Glucose rose in most patients.", ("1:0", "2:0")).label is Label.QUOTED


def test_a_sentence_of_two_findings_has_two() -> None:
    text = "Tocilizumab reduced mortality at 28 days, but serious infection increased."
    verdict = _verdict(text)
    assert [finding.text for finding in verdict.findings] == [
        "Tocilizumab reduced mortality at 28 days",
        "serious infection increased.",
    ]
    assert verdict.findings[0].label is Label.SUPPORTED
    assert verdict.findings[1].label is not Label.SUPPORTED
    assert verdict.label is not Label.SUPPORTED


def test_no_score_outweighs_a_hard_check() -> None:
    sure = Always(0.99, 0.0)
    assert (
        _verdict("Tocilizumab reduced mortality at 90 days.", scorer=sure).label
        is Label.UNSUPPORTED
    )
    assert (
        _verdict("Tocilizumab reduced mortality at 90 days.", scorer=sure, checks=False).label
        is Label.SUPPORTED
    )


def test_the_score_decides_where_no_check_fires() -> None:
    text = "Mortality was reduced by tocilizumab."
    assert _verdict(text, scorer=Always(0.9, 0.05)).label is Label.SUPPORTED
    assert _verdict(text, scorer=Always(0.45, 0.2)).label is Label.PARTIALLY_SUPPORTED
    assert _verdict(text, scorer=Always(0.2, 0.2)).label is Label.UNSUPPORTED
    assert _verdict(text, scorer=Always(0.1, 0.8)).label is Label.CONTRADICTED


@pytest.mark.parametrize(
    "text", ["Aspirin prevents colon cancer in mice.", "Masks slow the spread of influenza."]
)
def test_a_passage_on_something_else_does_not_contradict(text: str) -> None:
    assert _verdict(text, scorer=ShippedCrossEncoder()).label is Label.UNSUPPORTED


def test_a_sentence_that_holds_most_of_a_claim_is_read_alone() -> None:
    sentences = ("We enrolled 400 adults.", "The drug reduced mortality.", "No harm was seen.")
    assert extract("The drug lowered mortality a lot.", sentences) == " ".join(sentences)
    assert extract("The drug reduced mortality.", sentences) == sentences[1]


def test_what_claims_nothing_is_neither_passed_nor_failed() -> None:
    verdict = _verdict("The evidence is limited.", scorer=NeverAsked())
    assert (verdict.label, verdict.checks[0].name) == (Label.UNVERIFIED, "no claim")


def test_a_verifier_that_breaks_leaves_claims_unverified() -> None:
    (verdict,) = verdicts_of(
        LocalVerifier(NeverAsked()), [Claim("Pain fell.", ("1:0",))], [_EVIDENCE]
    )
    assert verdict.label is Label.UNVERIFIED


def test_parts_are_combined() -> None:
    def of(*labels: Label) -> Label:
        from agent.answer import Finding

        found = [Finding(str(i), "k", label) for i, label in enumerate(labels)]
        return of_sentence(Claim("", ()), of_parts(found)).label

    assert of(Label.SUPPORTED, Label.SUPPORTED) is Label.SUPPORTED
    assert of(Label.QUOTED) is Label.QUOTED
    assert of(Label.QUOTED, Label.SUPPORTED) is Label.SUPPORTED
    assert of(Label.QUOTED, Label.UNSUPPORTED) is Label.PARTIALLY_SUPPORTED
    assert of(Label.SUPPORTED, Label.UNSUPPORTED) is Label.PARTIALLY_SUPPORTED
    assert of(Label.PARTIALLY_SUPPORTED, Label.UNSUPPORTED) is Label.PARTIALLY_SUPPORTED
    assert of(Label.SUPPORTED, Label.CONTRADICTED) is Label.CONTRADICTED
    assert of(Label.UNSUPPORTED) is Label.UNSUPPORTED
    assert of() is Label.UNSUPPORTED


def test_plain_texts_are_quoted_by_their_own_offsets() -> None:
    texts = ("Nothing here is of use.", _OTHER_ABSTRACT)
    (verdict,) = verify_plain(
        LocalVerifier(), [PlainClaim("a", "Glucose rose in most patients.", texts)]
    )
    (quote,) = verdict.quotes
    assert verdict.label is Label.QUOTED
    assert quote.key == "0:1"
    assert texts[1][quote.start - 1 : quote.end - 1] == quote.text


def test_probabilities_do_not_depend_on_company_or_order() -> None:
    scorer = ShippedCrossEncoder()
    pairs = [
        ("Aspirin reduced pain.", "Aspirin reduced pain in adults."),
        ("Pain fell.", _ABSTRACT),
    ]
    together = scorer.relations(pairs)
    assert np.allclose(together.sum(axis=1), 1.0)
    alone = np.concatenate([scorer.relations([pair]) for pair in reversed(pairs)])[::-1]
    assert np.abs(together - alone).max() < 0.03


@pytest.mark.parametrize(
    "sentence",
    [
        "Death was rarer (odds ratio [OR] = 0.71, 95% confidence interval [CI]: 0.55-0.92, I²=72%).",
        "It fell in both groups [mean difference 0.4, 95% CI 0.1 to 0.7], but not in controls.",
        "Of all (n = 30) [see Table 2], 12 improved.",
    ],
)
def test_brackets_of_the_paper_are_no_citations(sentence: str) -> None:
    own = article("9", "Brackets", f"We asked. {sentence} We stopped.")
    start = own.text.index("We asked")
    passage = Passage("9:0", "9", "", start, len(own.text), own.text[start:])
    (verdict,) = LocalVerifier().verify(
        [Claim(sentence, ("9:0",))], [Evidence(passage, own, 1, 1.0)]
    )
    assert (verdict.label, verdict.score) == (Label.QUOTED, 1.0)
