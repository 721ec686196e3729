"""Which questions are turned away, and in what words."""

import numpy as np
import pytest

from agent.plan import Scope
from agent.triage.classifier import Decision, decided
from agent.triage.rules import lay
from agent.triage.scope import caution, turn_away
from evaluation.training.scope.questions import generated, listed
from evaluation.training.scope.train import measure
from retrieval.encoder import Meaning, load_encoder
from tests.agent.triage import scope_questions


@pytest.mark.parametrize(
    ("block", "scope"),
    [
        (scope_questions.EMERGENCY, Scope.EMERGENCY),
        (scope_questions.PERSONAL, Scope.PERSONAL),
        (scope_questions.OUTSIDE, Scope.OUTSIDE),
        (scope_questions.LITERATURE, None),
    ],
)
def test_questions_go_where_they_belong(block: str, scope: Scope | None) -> None:
    asked = scope_questions.lines(block)
    assert len(asked) >= 60
    wrong = [q for q in asked if (away.scope if (away := turn_away(q)) else None) is not scope]
    assert wrong == []


def test_an_emergency_is_told_to_get_help_before_anything_else() -> None:
    away = turn_away("My father has crushing chest pain")
    assert away is not None
    assert away.reason.index("Call your local emergency number now") < 40
    assert away.reason.index("emergency") < away.reason.index("Medcite")


def test_who_may_harm_themselves_hears_of_a_crisis_line() -> None:
    harm, pain = turn_away("I want to kill myself"), turn_away("my dad has crushing chest pain")
    assert harm is not None
    assert pain is not None
    assert "crisis line" in harm.reason
    assert "crisis line" not in pain.reason


@pytest.mark.parametrize("question", [scope_questions.PERSONAL, scope_questions.OUTSIDE])
def test_what_the_tool_can_do_instead_is_said(question: str) -> None:
    away = turn_away(scope_questions.lines(question)[0])
    assert away is not None
    assert "instance" in away.reason


@pytest.mark.encoder
def test_unseen_questions_go_where_they_belong_by_meaning() -> None:
    unseen = listed()
    counts, _ = measure(load_encoder(), unseen)
    asked = {scope: sum(own is scope for _, own in unseen) for scope in Scope}
    assert min(asked.values()) >= 50
    right = {scope: counts[f"{scope} as {scope}"] / asked[scope] for scope in Scope}
    assert right[Scope.LITERATURE] >= 0.98
    assert right[Scope.EMERGENCY] >= 0.95
    assert right[Scope.OUTSIDE] >= 0.9
    assert right[Scope.PERSONAL] >= 0.85
    assert counts["emergency as literature"] == counts["personal as literature"] == 0


@pytest.mark.encoder
def test_a_clinicians_question_is_never_turned_away_by_meaning() -> None:
    asked = scope_questions.lines(scope_questions.LITERATURE)
    counts, wrong = measure(load_encoder(), [(text, Scope.LITERATURE) for text in asked])
    assert wrong == []
    assert sum(counts.values()) == len(asked)


@pytest.mark.parametrize(
    ("text", "is_lay"),
    [
        ("should I stop aspirin before colonoscopy", False),
        ("Should I stop taking my statin?", True),
        ("my patient is on warfarin, INR 9", False),
        ("my father is on warfarin, INR 9", True),
        ("67M, stroke: do I bridge?", False),
        ("I have had a cough for weeks", True),
        ("I am a GP and have a child with croup", False),
    ],
)
def test_only_a_lay_persons_own_matter_is_personal(text: str, is_lay: bool) -> None:
    assert lay(text) is is_lay


def test_with_another_encoder_the_rules_decide() -> None:
    other = Meaning("another", np.zeros((1, 8), np.float32))
    for question in ("What is the capital of France?", "Do statins lower mortality?"):
        assert turn_away(question, other) == turn_away(question)


@pytest.mark.parametrize(
    ("literature", "emergency", "outside", "decision"),
    [
        (0.71, 0.29, 0.0, Decision(Scope.LITERATURE)),
        (0.31, 0.60, 0.0, Decision(Scope.EMERGENCY, sure=False)),
        (0.20, 0.01, 0.0, Decision(Scope.PERSONAL, sure=False)),
        (0.05, 0.31, 0.0, Decision(Scope.EMERGENCY)),
        (0.05, 0.10, 0.85, Decision(Scope.OUTSIDE)),
        (0.10, 0.00, 0.85, Decision(Scope.LITERATURE)),
    ],
)
def test_doubt_speaks_for_the_literature_and_then_for_danger(
    literature: float, emergency: float, outside: float, decision: Decision
) -> None:
    likely = {
        Scope.LITERATURE: literature,
        Scope.EMERGENCY: emergency,
        Scope.OUTSIDE: outside,
        Scope.PERSONAL: 1 - literature - emergency - outside,
    }
    assert decided(likely) == decision


@pytest.mark.encoder
def test_a_question_in_doubt_is_answered_with_a_caution() -> None:
    encoder = load_encoder()

    def cautioned(question: str) -> str:
        meaning = Meaning(encoder.identity.fingerprint, encoder.encode_queries([question]))
        assert turn_away(question, meaning) is None
        return caution(question, meaning)

    assert "danger now" in cautioned(
        "recommended follow-up for someone still breathless months after covid"
    )
    assert "about you" in cautioned(
        "Should I keep statins going in patients admitted with COVID? do they lower mortality"
    )
    assert cautioned("Do statins lower mortality in sepsis?") == ""


def test_nothing_made_up_for_training_is_on_the_unseen_list() -> None:
    trained_on = {question.casefold().rstrip("?.!") for question, _, _ in generated(12)}
    assert not [q for q, _ in listed() if q.casefold().rstrip("?.!") in trained_on]
