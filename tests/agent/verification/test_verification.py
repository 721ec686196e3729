"""The local verifier with its shipped weights: what it passes, what it catches, what it quotes."""

from collections.abc import Sequence

import pytest

from agent.answer import Claim, Label, Verdict
from agent.verification.checks import substituted
from agent.verification.classifier import Opinion, ShippedJudge, Thresholds
from agent.verification.extract import MOST_WORDS, ClaimWithSentences, chosen
from agent.verification.local_verifier import LocalVerifier
from agent.verification.plain_text import PlainClaim, verify_plain
from agent.verification.protocol import verdicts_of
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
    """A judge that must not be needed."""

    thresholds = Thresholds(0.5, 0.5, 0.5)

    def opinions(self, asked: Sequence[ClaimWithSentences]) -> list[Opinion]:
        if asked:
            raise AssertionError(f"asked for {asked}")
        return []


class Always:
    """A judge that is of one opinion."""

    thresholds = Thresholds(carried=0.8, refuted=0.7, partly=0.4)

    def __init__(self, carried: float, refuted: float) -> None:
        self._opinion = Opinion(carried, refuted, ("relative to usual care",), ("reduced",))

    def opinions(self, asked: Sequence[ClaimWithSentences]) -> list[Opinion]:
        return [self._opinion] * len(asked)


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
        ("Tocilizumab reduced mortality at 28 days.", {Label.SUPPORTED, Label.PARTIALLY_SUPPORTED}),
        ("Tocilizumab increased mortality at 28 days.", {Label.CONTRADICTED, Label.UNSUPPORTED, Label.PARTIALLY_SUPPORTED}),
        ("Tocilizumab reduced mortality in mice with anthrax at 90 days.", {Label.UNSUPPORTED, Label.PARTIALLY_SUPPORTED, Label.CONTRADICTED}),
        ("Aspirin prevents colon cancer in mice.", {Label.UNSUPPORTED}),
    ],
)  # fmt: skip
def test_labels(text: str, labels: set[Label]) -> None:
    assert _verdict(text).label in labels


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("Patients took methotrexate 10 mg daily for 12 weeks.", "Patients took methotrexate 10 mg weekly for 12 weeks."),
        ("Apixaban 5 mg once daily was given to all patients.", "Apixaban 5 mg twice daily was given to all patients."),
        ("Therapeutic heparin lowered the risk of thrombosis.", "Prophylactic heparin lowered the risk of thrombosis."),
        ("Diastolic blood pressure fell by 8 mmHg.", "Systolic blood pressure fell by 8 mmHg."),
        ("The mean length of stay was 6 days.", "The median length of stay was 6 days."),
    ],
)  # fmt: skip
def test_a_word_of_a_closed_class_exchanged_is_never_green(claim: str, source: str) -> None:
    for judge in (None, Always(0.99, 0.0)):
        (verdict,) = verify_plain(LocalVerifier(judge), [PlainClaim("a", claim, (source,))])
        assert not verdict.label.carries


def test_whole_sentences_need_no_model_and_quote_themselves() -> None:
    two = "We enrolled 400 adults with severe COVID-19 pneumonia. Tocilizumab reduced mortality at 28 days compared with usual care (HR 0.56, 95% CI 0.40 to 0.78)."
    verdict = _verdict(two, judge=NeverAsked())
    assert (verdict.label, verdict.score, verdict.quotes[0].text) == (Label.QUOTED, 1.0, two)


def test_a_piece_of_a_sentence_is_not_taken_for_it() -> None:
    assert _verdict("increase in serious infection was seen.").label is not Label.QUOTED


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


def test_no_score_outweighs_a_hard_check() -> None:
    text, sure = "Tocilizumab increased mortality at 28 days.", Always(0.99, 0.0)
    verdict = _verdict(text, judge=sure)
    assert (verdict.label, verdict.checks[0].name) == (Label.PARTIALLY_SUPPORTED, "direction")
    assert _verdict(text, judge=sure, checks=()).label is Label.SUPPORTED


@pytest.mark.parametrize(
    ("claim", "fires"),
    [
        ("Specificity of the new test was high in adults.", True),
        ("Sensitivity of the new assay was high in children.", True),
        ("Sensitivities of the new test were high in adults.", False),
        ("The new test is sensitive.", False),
    ],
)
def test_a_word_put_for_another_where_a_sentence_is_repeated(claim: str, fires: bool) -> None:
    found = substituted.check(claim, ["Sensitivity of the new test was high in adults."])
    assert (found is not None) is fires
    rose = ["Mortality rose in both of the groups."]
    assert substituted.check("Mortality increased in both of the groups.", rose) is None
    assert substituted.check("Mortality decreased in both of the groups.", rose) is not None


def test_the_judge_decides_where_no_check_fires() -> None:
    text = "Tocilizumab lowered mortality relative to usual care."
    assert _verdict(text, judge=Always(0.9, 0.05)).label is Label.SUPPORTED
    partly = _verdict(text, judge=Always(0.6, 0.2))
    assert partly.label is Label.PARTIALLY_SUPPORTED
    assert partly.checks[0].finding == "the source does not say “relative to usual care”"
    silent = _verdict(text, judge=Always(0.2, 0.2))
    assert silent.label is Label.UNSUPPORTED
    assert silent.checks[-1].name == "nearest sentence"
    assert silent.quotes[0].text in silent.checks[-1].finding
    against = _verdict(text, judge=Always(0.1, 0.8))
    assert against.label is Label.CONTRADICTED
    assert "the source “reduced”" in against.checks[0].finding


def test_a_long_text_is_judged_by_the_sentences_that_hold_the_claim_s_words() -> None:
    sentences = ("The drug reduced mortality.", *(f"Other matter {i} was seen." for i in range(60)))
    assert sum(len(s.split()) for s in sentences) > MOST_WORDS
    assert chosen("The drug lowered mortality.", sentences) == (0,)
    assert chosen("The drug lowered mortality.", sentences[:3]) == (0, 1, 2)


def test_what_claims_nothing_is_neither_passed_nor_failed() -> None:
    verdict = _verdict("The evidence is limited.", judge=NeverAsked())
    assert (verdict.label, verdict.checks[0].name) == (Label.UNVERIFIED, "no claim")


def test_a_verifier_that_breaks_leaves_claims_unverified() -> None:
    (verdict,) = verdicts_of(
        LocalVerifier(NeverAsked()), [Claim("Pain fell.", ("1:0",))], [_EVIDENCE]
    )
    assert verdict.label is Label.UNVERIFIED


def test_plain_texts_are_quoted_by_their_own_offsets() -> None:
    texts = ("Nothing here is of use.", _OTHER_ABSTRACT)
    (verdict,) = verify_plain(
        LocalVerifier(), [PlainClaim("a", "Glucose rose in most patients.", texts)]
    )
    (quote,) = verdict.quotes
    assert verdict.label is Label.QUOTED
    assert quote.key == "0:1"
    assert texts[1][quote.start - 1 : quote.end - 1] == quote.text


def test_opinions_do_not_depend_on_company_or_order() -> None:
    judge = ShippedJudge()
    asked = [
        ("Aspirin reduced pain.", ("Aspirin reduced pain in adults.",)),
        ("Pain fell.", (_ABSTRACT, "Pain did not fall in children.")),
    ]
    together = judge.opinions(asked)
    alone = [judge.opinions([each])[0] for each in asked]
    for one, other in zip(together, alone, strict=True):
        assert abs(one.carried - other.carried) < 0.1
        assert 0 <= one.carried <= 1
        assert one.doubted[0] in asked[0][0] + asked[1][0]


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
