"""The verifier on a language model: what its word is worth beside quotes, hard checks and the score."""

import json
from collections.abc import Sequence

import pytest

from agent.answer import Claim, Label, Verdict
from agent.models.base import Generation, LanguageModel, Message, Request, Role
from agent.verification.judge import Asked, Opinion, Thresholds
from agent.verification.local import LocalVerifier
from agent.verification.model import ModelVerifier, find_quote
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


class Plain:
    """Evidence by number, then the task."""

    def fitting(self, model: LanguageModel, evidence: Sequence[Evidence]) -> list[Evidence]:
        return list(evidence)

    def over_evidence(self, evidence: Sequence[Evidence], task: str) -> tuple[Message, ...]:
        shown = "\n".join(f"[{n}] {e.passage.text}" for n, e in enumerate(evidence, 1))
        return (Message(Role.USER, f"{shown}\n\n{task}"),)


class Scripted:
    """A model that answers what it is given, and keeps what it was asked."""

    name, window, remote = "scripted", 8192, None

    def __init__(
        self, *verdicts: dict[str, object], text: str | None = None, error: Exception | None = None
    ) -> None:
        self._text = text if text is not None else json.dumps({"verdicts": verdicts})
        self._error = error
        self.requests: list[Request] = []

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.text.split()) for message in messages)

    def generate(self, request: Request, cancel: object = None) -> Generation:
        self.requests.append(request)
        if self._error:
            raise self._error
        return Generation(self._text)


class Likely:
    """A judge that finds everything carried to a given degree."""

    thresholds = Thresholds(carried=0.8, refuted=0.7, partly=0.4)

    def __init__(self, carried: float) -> None:
        self._opinion = Opinion(carried, 0.0)

    def opinions(self, asked: Sequence[Asked]) -> list[Opinion]:
        return [self._opinion] * len(asked)


def _said(stance: str, quote: str = _QUOTE, source: int = 1, claim: int = 1) -> dict[str, object]:
    return {"claim": claim, "source": source, "quote": quote, "stance": stance}


def _verdict(claim: str, said: dict[str, object], supports: float = 0.9) -> Verdict:
    verifier = ModelVerifier(Scripted(said), Plain(), LocalVerifier(Likely(supports)))
    (verdict,) = verifier.verify([Claim(claim, ("1:0",))], [_EVIDENCE])
    return verdict


_TRUE = "Pain was reduced by drug A in adults."


@pytest.mark.parametrize(
    ("claim", "said", "supports", "label"),
    [
        (_TRUE, _said("supports"), 0.9, Label.SUPPORTED),
        # Either alone supports in part.
        (_TRUE, _said("supports"), 0.1, Label.PARTIALLY_SUPPORTED),
        (_TRUE, _said("does not say"), 0.9, Label.PARTIALLY_SUPPORTED),
        (_TRUE, _said("supports in part"), 0.9, Label.PARTIALLY_SUPPORTED),
        # A quote that no passage has counts for nothing: what the local verifier found stands.
        (_TRUE, _said("supports", "Drug A abolished pain in adults."), 0.1, Label.UNSUPPORTED),
        (_TRUE, _said("supports", "Drug A abolished pain in adults."), 0.9, Label.SUPPORTED),
        (_TRUE, _said("supports", source=7), 0.9, Label.SUPPORTED),
        (_TRUE, _said("supports", claim=9), 0.9, Label.SUPPORTED),
        # No word of the model's outweighs a hard check.
        ("Drug A increased pain in adults at 28 days.", _said("supports"), 0.9, Label.PARTIALLY_SUPPORTED),
        (_TRUE, _said("contradicts"), 0.9, Label.PARTIALLY_SUPPORTED),
        (_TRUE, _said("contradicts"), 0.1, Label.CONTRADICTED),
        (_TRUE, _said("contradicts", "Drug A abolished pain."), 0.1, Label.UNSUPPORTED),
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
    model = Scripted(_said("supports"), _said("supports", "Drug B did not reduce fever.", claim=2))
    claims = [
        Claim(_QUOTE, ("1:0",)),
        Claim(_TRUE, ("1:0",)),
        Claim("Fever was not reduced by drug B.", ("1:0",)),
        Claim("Cites nothing.", ()),
        Claim("The evidence is limited.", ("1:0",)),
    ]
    found = ModelVerifier(model, Plain(), LocalVerifier(Likely(0.9))).verify(claims, [_EVIDENCE])
    (request,) = model.requests
    assert request.schema is not None
    asked = request.messages[-1].text
    assert asked.startswith("[1] We enrolled")
    assert f"1. {_TRUE} [1]" in asked
    assert "Cites nothing" not in asked
    assert [v.label for v in found] == [
        Label.QUOTED, Label.SUPPORTED, Label.SUPPORTED, Label.UNSUPPORTED, Label.UNVERIFIED
    ]  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [Scripted(text="no JSON"), Scripted(error=ModelUnavailable("The server died.", "Start it."))],
)
def test_a_model_that_fails_leaves_the_local_verdicts_and_says_so(model: Scripted) -> None:
    claims = [Claim(_TRUE, ("1:0",)), Claim(_QUOTE, ("1:0",))]
    found = ModelVerifier(model, Plain(), LocalVerifier(Likely(0.9))).verify(claims, [_EVIDENCE])
    assert [v.label for v in found] == [Label.SUPPORTED, Label.QUOTED]
    assert [[c.name for c in v.checks] for v in found] == [["model"], []]


def test_quotes_are_found_across_white_space_only() -> None:
    found = find_quote("“400 adults. Drug A reduced”", _EVIDENCE)
    assert found is not None
    assert found.text == "400 adults.\nDrug A reduced"
    assert _ARTICLE.text[found.start : found.end] == found.text
    assert find_quote("Drug A reduced Pain", _EVIDENCE) is None
    assert find_quote("adults", _EVIDENCE) is None
