"""The verifier on a language model: what its word is worth beside quotes, hard checks and the score."""

import json
from collections.abc import Sequence

import pytest

from agent.addresses import Addresses
from agent.answer import Claim, Label, Quote, Verdict
from agent.models.base import Generation, Message, Request
from agent.verification.classifier import Asked, Opinion, Thresholds
from agent.verification.llm import ModelVerifier
from agent.verification.trained import LocalVerifier
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
    """A judge that finds everything carried to a given degree."""

    thresholds = Thresholds(carried=0.8, refuted=0.7, partly=0.4)

    def __init__(self, carried: float) -> None:
        self._opinion = Opinion(carried, 0.0)

    def opinions(self, asked: Sequence[Asked]) -> list[Opinion]:
        return [self._opinion] * len(asked)


def _said(
    stance: str, sentence: str = _DECIDES, claim: int = 1, differs: str = ""
) -> dict[str, object]:
    return {"claim": claim, "sentence": sentence, "stance": stance, "differs": differs}


def _verdict(claim: str, said: dict[str, object], supports: float = 0.9) -> Verdict:
    verifier = ModelVerifier(Scripted(said), LocalVerifier(Likely(supports)))
    (verdict,) = verifier.verify([Claim(claim, ("1:0",))], [_EVIDENCE, _ELSEWHERE])
    return verdict


_TRUE = "Pain was reduced by drug A in adults."


@pytest.mark.parametrize(
    ("claim", "said", "supports", "label"),
    [
        (_TRUE, _said("supports"), 0.9, Label.SUPPORTED),
        (_TRUE, _said("supports"), 0.5, Label.SUPPORTED),
        # Either alone supports in part.
        (_TRUE, _said("supports"), 0.1, Label.PARTIALLY_SUPPORTED),
        (_TRUE, _said("does not say"), 0.9, Label.PARTIALLY_SUPPORTED),
        (_TRUE, _said("supports in part"), 0.9, Label.PARTIALLY_SUPPORTED),
        # What the local verifier finds in part, and the model not at all, is not supported.
        (_TRUE, _said("does not say"), 0.5, Label.UNSUPPORTED),
        (_TRUE, _said("contradicts"), 0.5, Label.UNSUPPORTED),
        # A sentence that is not there counts for nothing: what the local verifier found stands.
        (_TRUE, _said("supports", "1.9"), 0.1, Label.UNSUPPORTED),
        (_TRUE, _said("supports", "7.1"), 0.9, Label.SUPPORTED),
        (_TRUE, _said("supports", claim=9), 0.9, Label.SUPPORTED),
        # Nor does an article that is not cited carry it.
        (_TRUE, _said("supports", "2.1"), 0.5, Label.UNSUPPORTED),
        # No word of the model's outweighs a hard check.
        ("Drug A increased pain in adults at 28 days.", _said("supports"), 0.9, Label.PARTIALLY_SUPPORTED),
        (_TRUE, _said("contradicts"), 0.9, Label.PARTIALLY_SUPPORTED),
        (_TRUE, _said("contradicts"), 0.1, Label.CONTRADICTED),
        (_TRUE, _said("contradicts", "1.9"), 0.1, Label.UNSUPPORTED),
    ],
)  # fmt: skip
def test_two_verdicts_become_one(
    claim: str, said: dict[str, object], supports: float, label: Label
) -> None:
    verdict = _verdict(claim, said, supports)
    assert verdict.label is label
    for quote in verdict.quotes:
        assert _ARTICLE.text[quote.start : quote.end] == quote.text


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
    found = ModelVerifier(model, LocalVerifier(Likely(0.9))).verify(claims, [_EVIDENCE])
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
    (verdict,) = ModelVerifier(model, LocalVerifier(Likely(0.5))).verify(claims, [_EVIDENCE])
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
    found = ModelVerifier(model, LocalVerifier(Likely(0.9))).verify(claims, [_EVIDENCE])
    assert [v.label for v in found] == [Label.SUPPORTED, Label.QUOTED]
    assert [[c.name for c in v.checks] for v in found] == [["model"], []]


class Recording:
    """A judge that keeps what it was asked, and finds a claim where a sentence says “pain”."""

    thresholds = Thresholds(carried=0.8, refuted=0.7, partly=0.4)

    def __init__(self) -> None:
        self.asked: list[Asked] = []

    def opinions(self, asked: Sequence[Asked]) -> list[Opinion]:
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
