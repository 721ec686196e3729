"""Files of questions: `{"id", "question"}`, one a line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from corpora.errors import BadInput
from corpora.lines import read_lines

_SHAPE = 'Write {"id": "q1", "question": "…"} on each line.'


@dataclass(frozen=True, slots=True)
class BatchQuestion:
    """A question under the id that its answer or run will carry."""

    id: str
    question: str


def read_questions(path: Path) -> list[BatchQuestion]:
    """All questions of a file; the file is checked whole before anything is done with it.

    Raises:
        BadInput: it cannot be read, a line is not of this shape, or an id comes twice.
    """
    asked: dict[str, BatchQuestion] = {}
    for number, line in enumerate(read_lines(path), start=1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
            one = BatchQuestion(str(fields["id"]), str(fields["question"]))
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path}, line {number} is no question.", _SHAPE) from error
        if not one.id or any(c.isspace() for c in one.id):
            raise BadInput(f"{path}, line {number}: an id has no white space.", _SHAPE)
        if one.id in asked:
            raise BadInput(f"{path}, line {number}: the id {one.id} came before.", _SHAPE)
        asked[one.id] = one
    if not asked:
        raise BadInput(f"{path} holds no question.", _SHAPE)
    return list(asked.values())
