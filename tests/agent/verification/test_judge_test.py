"""The self-test of judging: what it asks, whom it trusts, and what is kept of it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.answer import Label
from agent.assistant import Assistant
from agent.judging import Judging
from agent.language.stems import stems
from agent.models.chat_model import ChatModel
from agent.models.choice import parse_model
from agent.verification.asking import ask_opinions
from agent.verification.classifier import Opinion, Thresholds
from agent.verification.extract import ClaimWithSentences
from agent.verification.judge_test import (
    JudgeResult,
    exercises,
    judge,
    judging_of,
    keep_result,
    read_result,
)
from agent.verification.llm import ModelVerifier
from agent.verification.local_verifier import LocalVerifier
from corpora.errors import ModelUnavailable
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.judges import JudgingBackend, Rule, always, at_random, by_key
from tests.fakes.model import ScriptedBackend

_CLAIMS = [
    (claim, holds, each)
    for each in exercises()
    for claim, holds in zip(each.claims, each.holds, strict=True)
]


def _tested(rule: Rule, home: Home) -> JudgeResult:
    model = ChatModel(JudgingBackend(rule, name="judge"))
    return judge(model, parse_model("judge.gguf", home))


def _area(right: Sequence[float], wrong: Sequence[float]) -> float:
    """How well a figure tells right claims from wrong ones: 0.5 is not at all."""
    pairs = [(a > b) + (a == b) / 2 for a in right for b in wrong]
    return sum(pairs) / len(pairs)


def test_half_of_the_claims_are_right_in_other_words() -> None:
    assert len(exercises()) == 6
    assert [holds for _, holds, _ in _CLAIMS].count(True) == len(_CLAIMS) / 2 == 18
    assert len({claim.text for claim, _, _ in _CLAIMS}) == 36
    for claim, _, each in _CLAIMS:
        assert claim.sentences
        assert claim.text not in each.evidence[0].article.text


@pytest.mark.parametrize("figure", ["words", "numbers", "cited", "overlap"])
def test_nothing_but_its_meaning_tells_a_right_claim(figure: str) -> None:
    def of(claim: object) -> float:
        text, sentences = claim.text, claim.sentences  # type: ignore[attr-defined]
        cited = stems(" ".join(quote.text for quote in sentences))
        return {
            "words": len(text.split()),
            "numbers": len(re.findall(r"\d[\d.,]*", text)),
            "cited": len(sentences),
            "overlap": len(stems(text) & cited) / len(stems(text)),
        }[figure]

    right = [of(claim) for claim, holds, _ in _CLAIMS if holds]
    wrong = [of(claim) for claim, holds, _ in _CLAIMS if not holds]
    assert 0.4 <= _area(right, wrong) <= 0.6


def test_who_judges_by_the_key_passes(tmp_path: Path) -> None:
    result = _tested(by_key(), Home(tmp_path))
    assert (result.supported, result.refused, result.unanswered) == (18, 18, 0)
    assert result.judging is Judging.PASSED
    assert result.supports.low < 0.85 < result.supports.value  # 18 claims leave room for doubt


@pytest.mark.parametrize(
    ("supports", "refuses", "judging"),
    [(16, 14, Judging.PASSED), (15, 18, Judging.FAILED), (18, 13, Judging.FAILED)],
)
def test_the_limits(supports: int, refuses: int, judging: Judging, tmp_path: Path) -> None:
    result = _tested(by_key(supports=supports, refuses=refuses), Home(tmp_path))
    assert (result.supported, result.refused) == (supports, refuses)
    assert result.judging is judging


def test_who_always_says_the_same_fails(tmp_path: Path) -> None:
    lenient = _tested(always("supports"), Home(tmp_path))
    assert (lenient.supported, lenient.refused) == (18, 0)
    assert lenient.judging is Judging.FAILED
    for stance in ("supports in part", "contradicts", "does not say"):
        strict = _tested(always(stance), Home(tmp_path))
        assert (strict.supported, strict.refused) == (0, 18)
        assert strict.judging is Judging.FAILED


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_who_answers_at_random_fails(share: float, tmp_path: Path) -> None:
    results = [_tested(at_random(seed, share), Home(tmp_path)) for seed in range(20)]
    assert {result.judging for result in results} == {Judging.FAILED}
    assert max(r.supports.value + r.refuses.value for r in results) < 0.85 + 0.75


class _Partly:
    thresholds = Thresholds(carried=0.8, refuted=0.7, partly=0.4)

    def opinions(self, asked: Sequence[ClaimWithSentences]) -> list[Opinion]:
        return [Opinion(0.5, 0.0)] * len(asked)


def test_the_model_is_asked_as_in_an_answer(tmp_path: Path) -> None:
    backend, other = JudgingBackend(by_key()), JudgingBackend(by_key())
    judge(ChatModel(backend), parse_model("judge.gguf", Home(tmp_path)))
    verifier = ModelVerifier(
        ChatModel(other), LocalVerifier(_Partly(), checks=()), judging=Judging.PASSED
    )
    for each in exercises():
        labels = [verdict.label for verdict in verifier.verify(each.claims, each.evidence)]
        assert Label.QUOTED not in labels
    assert backend.requests == other.requests
    assert len(backend.requests) == 6


def test_what_cannot_be_read_counts_as_no_judgement(tmp_path: Path) -> None:
    result = judge(
        ChatModel(ScriptedBackend(["no JSON"])), parse_model("judge.gguf", Home(tmp_path))
    )
    assert (result.supported, result.refused, result.unanswered) == (0, 0, 36)
    assert result.judging is Judging.FAILED


def test_a_model_that_is_gone_has_no_result(tmp_path: Path) -> None:
    died = ScriptedBackend([ModelUnavailable("The server died.", "Start it.")])
    with pytest.raises(ModelUnavailable):
        judge(ChatModel(died), parse_model("judge.gguf", Home(tmp_path)))


def test_a_sentence_that_is_not_there_supports_nothing() -> None:
    each = exercises()[0]
    reply = '{"verdicts": [{"claim": 1, "sentence": "9.9", "stance": "supports", "differs": ""}]}'
    first, *rest = ask_opinions(ChatModel(ScriptedBackend([reply])), each.claims, each.evidence)
    assert first is not None
    assert first.quote is None
    assert rest == [None] * 5


def test_a_result_is_kept_for_its_model_and_engine(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    choice = parse_model("judge.gguf", home)
    assert judging_of(home, choice) is Judging.UNTESTED
    good = _tested(by_key(), home)
    keep_result(home, good)
    assert read_result(home, choice) == good
    assert judging_of(home, choice) is Judging.PASSED
    for other in ("other.gguf", "transformers:judge.gguf", "http://localhost:8080/v1#judge"):
        assert judging_of(home, parse_model(other, home)) is Judging.UNTESTED
    keep_result(home, replace(good, model="other"))
    keep_result(home, _tested(always("supports"), home))
    assert judging_of(home, choice) is Judging.FAILED
    assert judging_of(home, parse_model("other.gguf", home)) is Judging.PASSED


@pytest.mark.parametrize(
    ("named", "opened"),
    [
        ("http://a:1/v1#m", "m at a:1"),
        ("http://a:1/v1,http://b:2/v1*4#m", "m at a:1 and 1 more"),
        ("http://a:1/v1", ""),
        ("models/judge.gguf@8k", "judge"),
        ("hf:org/judge", "judge"),
    ],
)
def test_a_model_is_known_by_its_name_before_it_is_opened(
    named: str, opened: str, tmp_path: Path
) -> None:
    assert parse_model(named, Home(tmp_path)).opened_name == opened


def test_another_version_of_the_test_says_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    keep_result(home, replace(_tested(by_key(), home), test="of another day"))
    assert judging_of(home, parse_model("judge.gguf", home)) is Judging.UNTESTED
    home.judging.write_text("[{")
    assert judging_of(home, parse_model("judge.gguf", home)) is Judging.UNTESTED


def test_an_assistant_takes_up_a_new_result(searcher: Searcher) -> None:
    choice = parse_model("judge.gguf", searcher.home)
    model = ChatModel(JudgingBackend(by_key(), name="judge"))
    tools = local_assistant(searcher).on(model)
    assistant = Assistant(searcher, tools._dependencies, model=model, choice=choice)
    question = "Does navorelimab lower mortality in severe viral pneumonia?"
    assert assistant.ask(question).provenance.judging is Judging.UNTESTED
    keep_result(searcher.home, judge(model, choice))
    try:
        assistant.read_judging()
        assert assistant.ask(question).provenance.judging is Judging.PASSED
    finally:
        searcher.home.judging.unlink()
    assert local_assistant(searcher).ask(question).provenance.judging is None
