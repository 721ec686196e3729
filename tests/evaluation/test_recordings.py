"""The recorded replies that come with Medcite can be read, and are of graded questions."""

from pathlib import Path

import orjson

from evaluation.drafts.recordings import read_replies
from evaluation.drafts.score import graded
from evaluation.reading.questions import read_questions
from ui.cli.question_files import read_questions as read_asked

_FOLDER = Path(__file__).parents[2] / "evaluation" / "drafts" / "data" / "strong"


def test_the_strong_writers_replies_are_whole() -> None:
    replies = read_replies(_FOLDER)
    asked = read_asked(_FOLDER / "questions.jsonl")
    assert len(graded(read_questions(), [each.id for each in asked])) == len(asked) == 36
    claims = [c for reply in replies.values() for c in orjson.loads(reply).get("claims", [])]
    assert all(claim["sources"] and claim["text"] for claim in claims)
    assert len(claims) >= 94
