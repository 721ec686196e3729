"""Questions at work: many at once, waiting, stopped, failing; with real threads."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.answer import Status
from agent.assistant import Assistant
from corpora.errors import Busy, NoIndex
from corpora.home import Home
from retrieval.filters import Filters
from retrieval.search import Searcher
from tests.fakes.assistant import HeldWriter, local_assistant
from tests.fakes.literature import indexed
from tests.ui.conftest import ARTICLES, encoder
from ui.services.library import Library
from ui.services.runs import Run, Runs, Stage
from ui.services.search_log import SearchLog

QUESTION = "Does navorelimab reduce mortality in severe pneumonia?"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return indexed(tmp_path / "home", ARTICLES, encoder())


@pytest.fixture
def held() -> Iterator[HeldWriter]:
    """A writer that waits until it is let go."""
    writer = HeldWriter()
    yield writer
    writer.go.set()


@pytest.fixture
def assistant(home: Home, held: HeldWriter) -> Iterator[Assistant]:
    with local_assistant(Searcher(home, encoder()), writer=held) as assistant:
        yield assistant


def _asked(runs: Runs, assistant: Assistant, question: str = QUESTION) -> Run:
    return runs.ask(assistant.threads.start(question).id, question, Filters())


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_ten_ask_at_once_and_all_get_their_answers(assistant: Assistant, held: HeldWriter) -> None:
    runs = Runs(lambda: assistant, most=4)
    begun = [_asked(runs, assistant) for _ in range(10)]
    _until(lambda: held.waiting == 4)
    # Four are at work, the others wait in their order, and nobody who asked was held up.
    assert [run.stage for run in begun].count(Stage.WAITING) == 6
    assert [runs.ahead(run) for run in begun[4:]] == [0, 1, 2, 3, 4, 5]
    assert [step.node for step in begun[0].steps] == [
        "rewrite",
        "triage",
        "plan",
        "retrieve",
        "read",
    ]
    held.go.set()
    for run in begun:
        assert run.ended.wait(60)
        assert run.stage is Stage.DONE
    assert held.most == 4
    answers = [assistant.threads.turns(run.thread)[0].answer for run in begun]
    assert {answer.status for answer in answers if answer} == {Status.ANSWERED}
    assert len({answer.text for answer in answers if answer}) == 1


def test_one_question_of_a_conversation_at_a_time(assistant: Assistant, held: HeldWriter) -> None:
    runs = Runs(lambda: assistant)
    run = _asked(runs, assistant)
    assert runs.of(run.thread) is run
    with pytest.raises(Busy):
        runs.ask(run.thread, "and in women?", Filters())
    held.go.set()
    assert run.ended.wait(60)
    follow = runs.ask(run.thread, "and in women?", Filters())
    assert follow.ended.wait(60)
    assert [turn.asked for turn in assistant.threads.turns(run.thread)] == [
        QUESTION,
        "and in women?",
    ]


def test_a_stopped_run_ends_after_its_step_and_goes_on_later(
    assistant: Assistant, held: HeldWriter
) -> None:
    runs = Runs(lambda: assistant)
    run = _asked(runs, assistant)
    _until(lambda: held.waiting == 1)
    runs.stop(run.thread)
    held.go.set()
    assert run.ended.wait(60)
    assert run.stage is Stage.STOPPED
    turn = assistant.threads.interrupted(run.thread)
    resumed = runs.resume(run.thread, turn.asked, turn.filters)
    assert resumed.ended.wait(60)
    assert resumed.stage is Stage.DONE
    assert assistant.threads.turns(run.thread)[0].answer is not None
    assert held.calls == 1


def test_one_that_waits_is_stopped_at_once(assistant: Assistant, held: HeldWriter) -> None:
    runs = Runs(lambda: assistant, most=1)
    first, second, third = (_asked(runs, assistant) for _ in range(3))
    _until(lambda: held.waiting == 1)
    runs.stop(second.thread)
    assert second.stage is Stage.STOPPED
    assert runs.ahead(third) == 0
    held.go.set()
    for run in (first, third):
        assert run.ended.wait(60)
        assert run.stage is Stage.DONE
    assert assistant.threads.turns(second.thread) == []


def test_what_fails_says_why_and_lets_the_next_one_in(
    assistant: Assistant, held: HeldWriter
) -> None:
    held.go.set()
    error = NoIndex("There is no index.", "Build one.")

    def fails() -> Assistant:
        if not failed:
            failed.append(True)
            raise error
        return assistant

    failed: list[bool] = []
    runs = Runs(fails, most=1)
    run, other = _asked(runs, assistant), _asked(runs, assistant)
    assert run.ended.wait(60)
    assert (run.stage, run.error) == (Stage.FAILED, error)
    assert other.ended.wait(60)
    assert other.stage is Stage.DONE


def test_a_fault_of_our_own_ends_the_run_and_not_the_server(assistant: Assistant) -> None:
    def breaks() -> Assistant:
        raise RuntimeError("a fault")

    runs = Runs(breaks)
    run = _asked(runs, assistant)
    assert run.ended.wait(60)
    assert (run.stage, run.error) == (Stage.FAILED, None)
    assert runs.ask(run.thread, QUESTION, Filters()) is not run


def test_a_question_is_in_the_search_log_of_who_asked_it(library: Library) -> None:
    thread = library.workspace.threads("ann@example.org").start(QUESTION)
    run = library.workspace.runs.ask(thread.id, QUESTION, Filters(), "ann@example.org")
    assert run.ended.wait(60)
    assert [e.text for e in SearchLog(library.home, "ann@example.org").entries()] == [QUESTION]
    assert SearchLog(library.home).entries() == []
