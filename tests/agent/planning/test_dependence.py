"""Recognising follow-ups by meaning, and what must never be taken for one."""

import pytest

from agent.plan import Scope
from agent.planning.followup import LocalRewriter, depends
from agent.triage.scope import turn_away
from evaluation.answers.followups import read
from evaluation.training.scope.questions import BLIND, graded, listed
from retrieval.encoder import Encoder, Meaning, load_encoder

pytestmark = pytest.mark.encoder


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


def _meaning(encoder: Encoder, text: str) -> Meaning:
    return Meaning(encoder.identity.fingerprint, encoder.encode_queries([text]))


def test_an_emergency_or_a_personal_matter_is_no_follow_up(encoder: Encoder) -> None:
    asked = [
        (question, _meaning(encoder, question))
        for question, scope in [*listed(BLIND), *listed()]
        if scope in {Scope.EMERGENCY, Scope.PERSONAL}
    ]
    turned_away = [(text, meaning) for text, meaning in asked if turn_away(text, meaning)]
    assert len(turned_away) > 180
    assert [text for text, meaning in turned_away if depends(text, meaning)] == []


def test_few_questions_that_stand_alone_count_as_follow_ups(encoder: Encoder) -> None:
    alone = graded("tune")
    counted = [text for text in alone if depends(text, _meaning(encoder, text))]
    assert len(counted) <= 0.01 * len(alone), counted


def test_few_follow_ups_are_turned_away(encoder: Encoder) -> None:
    asked = [each.followup for each in read() if each.kind not in {"none", "change"}]
    meanings = [(text, _meaning(encoder, text)) for text in asked]
    away = [t for t, m in meanings if not depends(t, m) and turn_away(t, m)]
    assert len(away) <= 0.02 * len(asked), away


def test_what_only_its_meaning_reveals_as_a_follow_up_keeps_its_words(encoder: Encoder) -> None:
    def meanings(texts: list[str]) -> Meaning:
        return _meaning(encoder, texts[0])

    previous, asked = "antibiotic resistance in E. coli urinary isolates", "trimethoprim, England"
    assert LocalRewriter().rewrite(asked, [previous]) == asked
    read_as = LocalRewriter().rewrite(asked, [previous], meanings)
    assert read_as == f"Trimethoprim, England ({previous})?"
