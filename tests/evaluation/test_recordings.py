"""The recorded replies that come with Medcite can be read, and are of graded questions."""

from pathlib import Path

import orjson
import pytest

from evaluation.drafts.recordings import read_judged, read_replies
from evaluation.drafts.score import graded
from evaluation.reading.questions import read_questions
from ui.cli.question_files import read_questions as read_asked

_DATA = Path(__file__).parents[2] / "evaluation" / "drafts" / "data"


@pytest.mark.parametrize(("name", "questions"), [("strong", 84), ("middling", 48)])
def test_recorded_replies_and_judged_claims_are_whole(name: str, questions: int) -> None:
    replies, judged = read_replies(_DATA / name), read_judged(_DATA / name)
    asked = read_asked(_DATA / name / "questions.jsonl")
    assert len(graded(read_questions(), [each.id for each in asked])) == len(asked) == questions
    claims = [c for reply in replies.values() for c in orjson.loads(reply).get("claims", [])]
    assert all(claim["sources"] and claim["text"] for claim in claims)
    # What was judged was written, under one of these questions.
    texts = {" ".join(claim["text"].split()) for claim in claims}
    assert {identifier for identifier, _ in judged} <= {each.id for each in asked}
    assert {claim for _, claim in judged} <= texts
