"""Runs that are looked at and stopped from another thread, a language model speaking or not."""

import json
import threading
import time
from collections.abc import Callable

import pytest

from agent.answer import Status
from agent.assistant import Assistant
from agent.models.chat_model import ChatModel
from agent.planning.rule_based import LocalPlanner
from agent.run_monitor import Watch
from agent.state import Dependencies, Fallback
from agent.verification.local_verifier import LocalVerifier
from agent.writing.extractive import LocalWriter
from corpora.errors import Stopped
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import SureReader, local_assistant
from tests.fakes.encoder import HashingEncoder
from tests.fakes.literature import article, indexed
from tests.fakes.model import Endless, ScriptedBackend

_QUESTION = "Does navorelimab lower mortality in severe pneumonia?"
_FINDING = "Navorelimab lowered mortality in severe pneumonia in women and in men alike."
_PLAN = [json.dumps({"population": "", "intervention": "", "comparison": "", "outcome": "", "searches": ["navorelimab", "pneumonia"]})]  # fmt: skip
_DRAFT = [json.dumps({"answerable": True, "claims": [{"text": _FINDING, "sources": ["1.1"]}]})]


@pytest.fixture
def searcher(tmp_path):
    encoder = HashingEncoder(dimension=512, window=256)
    home = indexed(tmp_path / "home", [article("1", "Navorelimab in pneumonia", _FINDING)], encoder)
    return Searcher(Home(home.root), encoder)


def _on_model(searcher: Searcher, *scripts: object, fallback: bool = True) -> Assistant:
    local = Fallback(LocalPlanner(), LocalWriter())
    tools = Dependencies(
        searcher,
        local.planner,
        SureReader(),
        local.writer,
        LocalVerifier(),
        fallback=local if fallback else None,
    )
    return Assistant(searcher, tools, model=ChatModel(ScriptedBackend(*scripts)))  # type: ignore[arg-type]


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_a_model_says_is_seen_as_it_says_it_and_stops_in_the_midst(searcher: Searcher) -> None:
    assistant = _on_model(searcher, _PLAN, Endless())
    thread = assistant.threads.start(_QUESTION).id
    watch, ended = Watch(), []

    def work() -> None:
        try:
            list(assistant.stream(_QUESTION, thread=thread, watch=watch))
        except Stopped as error:
            ended.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    _until(lambda: watch.pieces > 3)
    assert watch.text.startswith("word1 word2")
    watch.stop()
    worker.join(30)
    assert len(ended) == 1
    assert assistant.threads.find(thread).unanswered == 1

    good = _on_model(searcher, _DRAFT)
    resumed = list(good.resume(thread, Watch()))
    assert resumed[0].node == "write"
    answer = resumed[-1].update["answer"]
    assert answer.text == f"{_FINDING} [1]"
    assert answer.provenance.fallbacks == ()
    assert good.threads.turns(thread)[0].answer == answer


def test_without_a_model_a_run_stops_after_its_step(searcher: Searcher) -> None:
    assistant, watch = local_assistant(searcher), Watch()
    thread = assistant.threads.start(_QUESTION).id
    steps = assistant.stream(_QUESTION, thread=thread, watch=watch)
    assert next(steps).node == "rewrite"
    watch.stop()
    with pytest.raises(Stopped):
        next(steps)
    assert next(iter(assistant.resume(thread))).node == "triage"


def test_an_answer_that_is_there_is_not_taken_back(searcher: Searcher) -> None:
    assistant, watch = local_assistant(searcher), Watch()
    thread = assistant.threads.start(_QUESTION).id
    for step in assistant.stream(_QUESTION, thread=thread, watch=watch):
        if "answer" in step.update:
            watch.stop()
    turn = assistant.threads.turns(thread)[0]
    assert turn.answer is not None
    assert turn.answer.status is Status.ANSWERED
