"""The verifier on a language model: what its word is worth beside quotes, hard checks and the score."""

import json
from collections.abc import Sequence

import pytest

from agent.addresses import Addresses
from agent.answer import Claim, Label, Quote, Verdict
from agent.judging import JUDGING_CHECK, Judging
from agent.models.base import Generation, Message, Request
from agent.verification.classifier import Opinion, Thresholds
from agent.verification.extract import ClaimWithSentences
from agent.verification.llm import ModelVerifier
from agent.verification.local_verifier import LocalVerifier
from corpora.errors import ModelUnavailable
from retrieval.passage import Evidence, Passage
from tests.fakes.literature import article

_ABSTRACT = "We enrolled 400 adults.\nDrug A reduced pain in adults at 28 days. Drug B did not reduce fever."
_ARTICLE = article("1", "A trial", _ABSTRACT)
_START = len(_ARTICLE.title) + 1
_EVIDENCE = Evidence(
    Passage("1:0", "1", "", _START, len(_ARTICLE.text), _ABSTRACT), _ARTICLE, 1, 1.0
)
_QUOTE = "Drug A reduced pain in adults at 28 days."
_DECIDES = "1.2"  # its address
_OTHER = article("2", "Another trial", "Drug A did nothing for 12 children.")
_ELSEWHERE = Evidence(
    Passage("2:0", "2", "", len(_OTHER.title) + 1, len(_OTHER.text), _OTHER.sections[0].text),
    _OTHER,
    2,
    1.0,
)


class Scripted:
    """A model that answers what it is given, and keeps what it was asked."""

    name, window, remote, thinks = "scripted", 8192, None, False

    def __init__(
        self,
        *verdicts: dict[str, object],
        texts: Sequence[str] = (),
        error: Exception | None = None,
    ) -> None:
        self._texts = texts or [json.dumps({"verdicts": verdicts})]
        self._error = error
        self.requests: list[Request] = []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.text.split()) for message in messages)

    def generate(self, request: Request, cancel: object = None) -> Generation:
        self.requests.append(request)
        if self._error:
            raise self._error
        return Generation(self._texts[min(len(self.requests), len(self._texts)) - 1])


class Likely:
    """A judge that is of one opinion on everything."""

    thresholds = Thresholds(carried=0.8, refuted=0.7, partly=0.4)

    def __init__(self, opinion: Opinion) -> None:
        self._opinion = opinion

    def opinions(self, asked: Sequence[ClaimWithSentences]) -> list[Opinion]:
        return [self._opinion] * len(asked)


def _said(
    stance: str, sentence: str = _DECIDES, claim: int = 1, differs: str = ""
) -> dict[str, object]:
    return {"claim": claim, "sentence": sentence, "stance": stance, "differs": differs}


def _verdict(
    claim: str,
    said: dict[str, object],
    local: Opinion | None = None,
    judging: Judging = Judging.PASSED,
) -> Verdict:
    judge = Likely(local or _SURE)
    verifier = ModelVerifier(Scripted(said), LocalVerifier(judge), judging=judging)
    (verdict,) = verifier.verify([Claim(claim, ("1:0",))], [_EVIDENCE, _ELSEWHERE])
    return verdict


_TRUE = "Pain was reduced by drug A in adults."
_OPPOSITE = "Drug A increased pain in adults at 28 days."
# What the local verifier makes of a claim: SUPPORTED, in part, CONTRADICTED, UNSUPPORTED.
_SURE, _HALF, _AGAINST, _NOTHING = (
    Opinion(0.9, 0.0), Opinion(0.5, 0.0), Opinion(0.5, 0.9), Opinion(0.1, 0.0),
)  # fmt: skip
_G, _P, _C, _U = (
    Label.SUPPORTED, Label.PARTIALLY_SUPPORTED, Label.CONTRADICTED, Label.UNSUPPORTED,
)  # fmt: skip


@pytest.mark.parametrize(
    ("claim", "said", "local", "trusted", "untrusted"),
    [
        # A trusted model's word is enough, but where nothing of the claim is found beside it.
        (_TRUE, _said("supports"), _SURE, _G, _G),
        (_TRUE, _said("supports"), _HALF, _G, _P),
        (_TRUE, _said("supports"), _AGAINST, _G, _P),
        (_TRUE, _said("supports"), _NOTHING, _P, _U),
        (_TRUE, _said("supports in part"), _SURE, _P, _P),
        (_TRUE, _said("supports in part"), _HALF, _P, _P),
        (_TRUE, _said("supports in part"), _AGAINST, _P, _P),
        (_TRUE, _said("supports in part"), _NOTHING, _P, _U),
        # Doubts count of any model.
        (_TRUE, _said("does not say"), _SURE, _P, _P),
        (_TRUE, _said("does not say"), _HALF, _U, _U),
        (_TRUE, _said("does not say"), _AGAINST, _C, _C),
        (_TRUE, _said("contradicts"), _SURE, _P, _P),
        (_TRUE, _said("contradicts"), _HALF, _U, _U),
        (_TRUE, _said("contradicts"), _NOTHING, _C, _C),
        # A sentence that is not there counts for nothing: what the local verifier found stands.
        (_TRUE, _said("contradicts", "1.9"), _NOTHING, _U, _U),
        (_TRUE, _said("supports", "1.9"), _NOTHING, _U, _U),
        (_TRUE, _said("supports", "7.1"), _SURE, _G, _G),
        (_TRUE, _said("supports", claim=9), _SURE, _G, _G),
        # Nor does an article that is not cited carry it.
        (_TRUE, _said("supports", "2.1"), _HALF, _U, _U),
        # No word of any model's outweighs a hard check.
        (_OPPOSITE, _said("supports"), _SURE, _P, _P),
        (_OPPOSITE, _said("supports"), _AGAINST, _C, _C),
    ],
)
def test_two_verdicts_become_one(
    claim: str, said: dict[str, object], local: Opinion, trusted: Label, untrusted: Label
) -> None:
    for judging in Judging:
        verdict = _verdict(claim, said, local, judging)
        assert verdict.label is (trusted if judging.trusted else untrusted)
        for quote in verdict.quotes:
            assert _ARTICLE.text[quote.start : quote.end] == quote.text


@pytest.mark.parametrize("judging", [Judging.FAILED, Judging.UNTESTED])
@pytest.mark.parametrize("local", [_HALF, _AGAINST, _NOTHING])
def test_a_word_that_does_not_count_is_told_with_the_reason(
    judging: Judging, local: Opinion
) -> None:
    verdict = _verdict(_TRUE, _said("supports"), local, judging)
    (alone,) = LocalVerifier(Likely(local)).verify([verdict.claim], [_EVIDENCE, _ELSEWHERE])
    assert verdict.checks[:-1] == alone.checks
    assert verdict.checks[-1].name == JUDGING_CHECK
    assert judging.words in verdict.checks[-1].finding


def test_where_both_agree_nothing_has_to_be_said_of_the_model() -> None:
    for judging in Judging:
        assert _verdict(_TRUE, _said("supports"), _SURE, judging).checks == ()


def test_all_open_claims_are_asked_in_one_constrained_call_and_settled_ones_are_not() -> None:
    model = Scripted(_said("supports"), _said("supports", "1.3", claim=2))
    cited = Quote(
        "1:0",
        _START + _ABSTRACT.index("Drug B"),
        len(_ARTICLE.text),
        "Drug B did not reduce fever.",
    )
    claims = [
        Claim(_QUOTE, ("1:0",)),
        Claim(_TRUE, ("1:0",)),
        Claim("Fever was not reduced by drug B.", ("1:0",), (cited,)),
        Claim("Cites nothing.", ()),
        Claim("The evidence is limited.", ("1:0",)),
    ]
    found = ModelVerifier(model, LocalVerifier(Likely(_SURE))).verify(claims, [_EVIDENCE])
    (request,) = model.requests
    assert request.schema is not None
    verdict = request.schema["properties"]["verdicts"]["items"]["properties"]
    assert verdict["sentence"]["enum"] == ["1.1", "1.2", "1.3"]
    asked = request.messages[-1].text
    assert "[1.1] We enrolled 400 adults.\n[1.2] Drug A reduced" in asked
    assert f"1. {_TRUE} [1.1, 1.2, 1.3]" in asked
    assert "2. Fever was not reduced by drug B. [1.3]" in asked
    assert "Cites nothing" not in asked
    assert [v.label for v in found] == [
        Label.QUOTED, Label.SUPPORTED, Label.SUPPORTED, Label.UNSUPPORTED, Label.UNVERIFIED
    ]  # fmt: skip
    assert [quote.text for quote in found[1].quotes] == [_QUOTE]


def test_words_of_the_claim_that_are_not_said_become_the_reason() -> None:
    partly = _said("supports in part", differs="by drug A")
    (check,) = _verdict(_TRUE, partly).checks
    assert "“by drug A”" in check.finding
    # A comment of the model's own is no finding.
    assert "nonsense" not in str(_verdict(_TRUE, _said("supports in part", differs="nonsense")))


def test_broken_verdicts_are_repaired_once() -> None:
    good = json.dumps({"verdicts": [_said("supports")]})
    model = Scripted(texts=['{"verdicts": [', good])
    claims = [Claim(_TRUE, ("1:0",))]
    (verdict,) = ModelVerifier(model, LocalVerifier(Likely(_SURE))).verify(claims, [_EVIDENCE])
    assert verdict.label is Label.SUPPORTED
    assert len(model.requests) == 2


@pytest.mark.parametrize(
    "model",
    [
        Scripted(texts=["no JSON"]),
        Scripted(error=ModelUnavailable("The server died.", "Start it.")),
    ],
)
def test_a_model_that_fails_leaves_the_local_verdicts_and_says_so(model: Scripted) -> None:
    claims = [Claim(_TRUE, ("1:0",)), Claim(_QUOTE, ("1:0",))]
    found = ModelVerifier(model, LocalVerifier(Likely(_SURE))).verify(claims, [_EVIDENCE])
    assert [v.label for v in found] == [Label.SUPPORTED, Label.QUOTED]
    assert [[c.name for c in v.checks] for v in found] == [["model"], []]


class Recording:
    """A judge that keeps what it was asked, and finds a claim where a sentence says “pain”."""

    thresholds = Thresholds(carried=0.8, refuted=0.7, partly=0.4)

    def __init__(self) -> None:
        self.asked: list[ClaimWithSentences] = []

    def opinions(self, asked: Sequence[ClaimWithSentences]) -> list[Opinion]:
        self.asked += asked
        return [
            Opinion(0.9 if "pain" in " ".join(sentences) else 0.1, 0.0) for _, sentences in asked
        ]


_LONG = " ".join(f"Sentence {i} is about nothing at all." for i in range(9)) + " It eased pain."
_READ = article("3", "A long report", _LONG)
_LONG_EVIDENCE = Evidence(
    Passage("3:0", "3", "", len(_READ.title) + 1, len(_READ.text), _LONG), _READ, 1, 1.0
)


def _cites(place: int) -> Claim:
    line = Addresses.of([_LONG_EVIDENCE]).articles[0].lines[place]
    return Claim("The drug helped them a lot.", ("3:0",), (line.quote,))


def test_a_claim_is_judged_by_the_sentences_it_cites_and_their_neighbours() -> None:
    judge = Recording()
    (verdict,) = LocalVerifier(judge).verify([_cites(8)], [_LONG_EVIDENCE])
    ((_, sentences),) = judge.asked
    assert [s.split()[1] for s in sentences] == ["7", "8", "eased"]
    assert verdict.label is Label.SUPPORTED
    assert verdict.quotes == verdict.claim.sentences


def test_what_another_sentence_of_the_same_passage_says_is_found_there() -> None:
    judge = Recording()
    (verdict,) = LocalVerifier(judge).verify([_cites(2)], [_LONG_EVIDENCE])
    assert [len(sentences) for _, sentences in judge.asked] == [3, 11]
    assert verdict.label is Label.SUPPORTED
    assert verdict.claim == _cites(2)
