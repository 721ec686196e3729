"""Files of questions: `{"id", "question"}`, one per line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import BadInput
from corpora.lines import read_lines

_SHAPE = 'Write {"id": "q1", "question": "…"} on each line.'


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """A question, with the id that its answer or run carries."""

    id: str
    question: str


def read_questions(path: Path) -> list[BatchQuestion]:
    """Read all questions of a file.

    Raises:
        BadInput: the file cannot be read, a line has another shape, or an id is repeated.
    """
    questions: dict[str, BatchQuestion] = {}
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            question = BatchQuestion(str(fields["id"]), str(fields["question"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path}, line {number} is not a question.", _SHAPE) from error
        if not question.id or any(c.isspace() for c in question.id):
            raise BadInput(
                f"{path}, line {number}: an id must be non-empty, without white space.", _SHAPE
            )
        if question.id in questions:
            raise BadInput(f"{path}, line {number}: the id {question.id} is repeated.", _SHAPE)
        questions[question.id] = question
    if not questions:
        raise BadInput(f"{path} contains no questions.", _SHAPE)
    return list(questions.values())
