"""Which questions are turned away, and in what words."""

import pytest

from agent.planning.plan import Scope
from agent.planning.scope import turn_away
from tests.agent import scope_questions


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
