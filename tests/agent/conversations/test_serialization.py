"""Records as JSON and back: all of them, and nothing else."""

import pytest

from agent.answer import Answer
from agent.assistant import Assistant
from agent.conversations.serialization import Records
from agent.state import State
from corpora.errors import Damaged
from corpora.evidence_level import EvidenceLevel
from retrieval.filters import Filters
from tests.fakes.encoder import HashingEncoder


def test_every_state_of_a_run_comes_back_equal(assistant: Assistant) -> None:
    records = Records(State)
    for question in ("Does navorelimab lower mortality in pneumonia?", "Is zolaprexib safe?"):
        for step in assistant.stream(question, Filters(designs=tuple(EvidenceLevel))):
            back = records.loads(records.dumps(dict(step.update)))
            assert back == dict(step.update)
            assert [type(v) for v in back.values()] == [type(v) for v in step.update.values()]


def test_a_dictionary_that_looks_like_a_record_stays_one() -> None:
    records = Records(Answer)
    value = {"$": "Answer", "v": {"a": (1, {2.5})}} | {"x": frozenset({"y"})}
    value["v"] = {"a": (1, [2.5, None, True])}
    assert records.loads(records.dumps(value)) == value


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04\x95",
        b'{"$": "Popen", "v": {"args": "true"}}',
        b'{"$": "Filters", "v": {"no_such_field": 1}}',
        b'{"$": "Label", "v": "MAYBE"}',
        b'{"$": "Filters"}',
        b'{"$": ["tuple"], "v": []}',
    ],
)
def test_what_is_no_known_record_is_never_made(data: bytes) -> None:
    with pytest.raises(Damaged):
        Records(Answer, Filters).loads(data)


def test_what_is_no_record_is_not_written() -> None:
    with pytest.raises(TypeError):
        Records(Answer).dumps({"encoder": HashingEncoder()})
