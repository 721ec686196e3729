"""Conversations on disk: kept, found, branched, resumed; also after the process was killed."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from agent.answer import Answer, Status
from agent.assistant import Assistant
from agent.conversations.ratings import Ratings
from agent.conversations.threads import Threads
from agent.plan import Scope
from agent.planning.rule_based import LocalPlanner
from corpora.errors import BadInput, Busy, Damaged, UnknownThread
from corpora.home import Home
from retrieval.filters import Filters
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.encoder import HashingEncoder
from tests.fakes.interrupted import CountingPlanner, HungWriter
from tests.fakes.literature import article, indexed

_QUESTION = "Does navorelimab lower mortality in severe pneumonia?"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A data directory of its own, since conversations change it."""
    articles = [
        article("1", "Navorelimab in severe pneumonia", "Navorelimab lowered mortality in severe pneumonia in women and in men alike."),
        article("2", "Safety of navorelimab", "Navorelimab was safe in severe pneumonia in a cohort of children."),
    ]  # fmt: skip
    return indexed(tmp_path / "home", articles, _encoder())


def _encoder() -> HashingEncoder:
    return HashingEncoder(dimension=512, window=256)


def _checkpoints(home: Home) -> int:
    with closing(sqlite3.connect(home.threads)) as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM checkpoints) + count(*) FROM writes"
        )
        return int(counts.fetchone()[0])


@pytest.fixture
def assistant(home: Home) -> Iterator[Assistant]:
    with local_assistant(Searcher(home, _encoder())) as assistant:
        yield assistant


@pytest.fixture
def threads(home: Home) -> Iterator[Threads]:
    with Threads(home) as threads:
        yield threads


def test_a_thread_keeps_questions_and_answers(assistant: Assistant, home: Home) -> None:
    thread = assistant.threads.create("Pneumonia")
    filters = Filters(first_year=2000)
    answer = assistant.ask(_QUESTION, filters, thread.id)
    follow = assistant.ask("is it safe in children?", thread=thread.id)
    assert follow.question == "Is navorelimab safe in children?"
    assert follow.plan.asked == "is it safe in children?"
    with Threads(home) as again:
        (found,) = again.all()
        assert (found.name, found.turns, found.unanswered) == ("Pneumonia", 2, 0)
        first, second = again.turns(found.id)
        assert (first.asked, first.filters, first.answer) == (_QUESTION, filters, answer)
        assert second.answer == follow
        assert again.history(found.id) == (_QUESTION, follow.question)


def test_questions_outside_a_thread_leave_no_trace(assistant: Assistant, home: Home) -> None:
    assistant.ask(_QUESTION)
    assert not home.threads.exists()


def test_an_answered_question_leaves_no_checkpoint(assistant: Assistant, home: Home) -> None:
    assistant.ask(_QUESTION, thread=assistant.threads.create().id)
    assert _checkpoints(home) == 0


def test_what_was_turned_away_is_nothing_to_follow_up(assistant: Assistant) -> None:
    thread = assistant.threads.create()
    assistant.ask(_QUESTION, thread=thread.id)
    away = assistant.ask("My father has crushing chest pain", thread=thread.id)
    assert away.plan.scope is Scope.EMERGENCY
    assert assistant.threads.history(thread.id) == (_QUESTION,)


def test_threads_are_found_by_name_id_and_beginning(threads: Threads) -> None:
    one, other = threads.create("Gout"), threads.create("Asthma in  children")
    assert other.name == "Asthma in children"
    assert threads.find("gout") == threads.find(one.id) == threads.find(one.id[:6]) == one
    assert threads.latest().id == other.id
    for unknown in ("migraine", one.id[:2], ""):
        with pytest.raises(UnknownThread):
            threads.find(unknown)


def test_names_are_one_line_and_one_threads(threads: Threads) -> None:
    gout, other = threads.create("Gout"), threads.create()
    for name in ("", "  ", "x" * 81, "GOUT"):
        with pytest.raises(BadInput):
            threads.rename(other.id, name)
    assert threads.rename(gout.id, "gout").name == "gout"
    assert threads.rename(other.id, "Gouty arthritis").name == "Gouty arthritis"


def test_no_thread_is_nothing_to_continue(threads: Threads) -> None:
    with pytest.raises(UnknownThread):
        threads.latest()


def test_a_branch_goes_its_own_way(assistant: Assistant) -> None:
    threads = assistant.threads
    thread = threads.create("Pneumonia")
    for question in (_QUESTION, "is it safe in children?", "and in women?"):
        assistant.ask(question, thread=thread.id)
    branch = threads.branch(thread, 2, "Safety")
    assert [t.answer for t in threads.turns(branch.id)] == [
        t.answer for t in threads.turns(thread.id)[:2]
    ]
    assistant.ask("and in men?", thread=branch.id)
    assert (threads.find("Safety").turns, threads.find("Pneumonia").turns) == (3, 3)
    assert threads.branch(thread).turns == 3
    for impossible in (0, 4):
        with pytest.raises(BadInput):
            threads.branch(thread, impossible)
    threads.delete(thread.id)
    assert threads.find("Safety").turns == 3
    assert threads.turns(thread.id) == []


def test_a_thread_in_work_is_not_touched_by_others(assistant: Assistant, home: Home) -> None:
    thread = assistant.threads.create()
    steps = assistant.stream(_QUESTION, thread=thread.id)
    next(steps)
    with Threads(home) as others:
        with pytest.raises(Busy):
            others.delete(thread.id)
        other = local_assistant(Searcher(home, _encoder()))
        with pytest.raises(Busy):
            other.ask(_QUESTION, thread=thread.id)
        with pytest.raises(Busy):
            list(other.resume(thread.id))
        other.close()
    assert next(s.update["answer"] for s in steps if "answer" in s.update).status is Status.ANSWERED


def test_two_threads_are_worked_on_at_once(assistant: Assistant) -> None:
    ids = [assistant.threads.create(name).id for name in ("one", "two", "three", "four")]
    workers = [
        threading.Thread(target=assistant.ask, args=(_QUESTION, None, thread)) for thread in ids
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    answers = [assistant.threads.turns(thread)[0].answer for thread in ids]
    assert {a.text for a in answers if a} == {assistant.ask(_QUESTION).text}
    assert None not in answers


def test_an_abandoned_answer_goes_on_from_its_last_step(assistant: Assistant, home: Home) -> None:
    whole = assistant.ask(_QUESTION)
    thread = assistant.threads.create().id
    steps = assistant.stream(_QUESTION, thread=thread)
    assert [next(steps).node for _ in range(4)] == ["rewrite", "triage", "plan", "retrieve"]
    steps.close()
    assert assistant.threads.find(thread).unanswered == 1
    resumed = list(assistant.resume(thread))
    assert [step.node for step in resumed][-3:] == ["write", "verify", "finish"]
    answer = resumed[-1].update["answer"]
    assert (answer.verdicts, answer.evidence) == (whole.verdicts, whole.evidence)
    assert answer.id
    assert answer.provenance.encoder == "hashing"
    assert assistant.threads.turns(thread)[0].answer == answer
    assert _checkpoints(home) == 0
    with pytest.raises(BadInput):
        next(assistant.resume(thread))


def test_a_checkpoint_that_cannot_be_read_costs_the_work_only(
    assistant: Assistant, home: Home
) -> None:
    thread = assistant.threads.create().id
    steps = assistant.stream(_QUESTION, thread=thread)
    next(steps)
    steps.close()
    with sqlite3.connect(home.threads) as connection:
        connection.execute("UPDATE checkpoints SET checkpoint = 'garbage'")
    connection.close()
    assert [s.node for s in assistant.resume(thread)][:2] == ["rewrite", "triage"]
    assert assistant.threads.find(thread).unanswered == 0


def test_deleting_a_thread_deletes_its_checkpoints(assistant: Assistant, home: Home) -> None:
    thread = assistant.threads.create().id
    steps = assistant.stream(_QUESTION, thread=thread)
    next(steps)
    steps.close()
    assert _checkpoints(home) > 0
    assistant.threads.delete(thread)
    assert _checkpoints(home) == 0
    assert assistant.threads.all() == []


_KILLED = """
import sys
from pathlib import Path
from corpora.home import Home
from retrieval.search import Searcher
from tests.fakes.assistant import local_assistant
from tests.fakes.encoder import HashingEncoder
from tests.fakes.interrupted import HungWriter

searcher = Searcher(Home(Path(sys.argv[1])), HashingEncoder(dimension=512, window=256))
assistant = local_assistant(searcher, writer=HungWriter())
assistant.ask(sys.argv[2], thread=assistant.threads.create("Killed").id)
"""


def test_a_killed_process_leaves_an_answer_that_goes_on(home: Home) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(home.root), _QUESTION],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == HungWriter.SAYS
    process.kill()
    process.communicate(timeout=60)

    planner = CountingPlanner(LocalPlanner())
    encoder = _encoder()
    with local_assistant(Searcher(home, encoder), planner=planner) as assistant:
        thread = assistant.threads.find("Killed")
        assert thread.unanswered == 1
        resumed = list(assistant.resume(thread.id))
        assert [step.node for step in resumed][-3:] == ["write", "verify", "finish"]
        assert planner.plans == 0
        answer: Answer | None = assistant.threads.turns(thread.id)[0].answer
        assert answer is not None
        assert answer.status is Status.ANSWERED
        assert answer.text == assistant.ask(_QUESTION).text


def test_a_file_of_another_version_is_refused(home: Home) -> None:
    Threads(home).close()
    with sqlite3.connect(home.threads) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(Damaged):
        Threads(home)


def test_an_owner_sees_and_names_only_their_own(threads: Threads) -> None:
    mine, theirs = threads.of("a@x.org"), threads.of("b@x.org")
    gout = mine.create("Gout")
    assert theirs.all() == threads.all() == []
    for reach in (theirs, threads):
        for named in (gout.id, "Gout", gout.id[:6]):
            with pytest.raises(UnknownThread):
                reach.find(named)
    assert theirs.create("Gout").id != gout.id
    assert [t.owner for t in mine.all()] == ["a@x.org"]
    assert theirs.search("gout")[0].owner == "b@x.org"


_VERSION_1 = """
CREATE TABLE thread (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE,
    created TEXT NOT NULL, updated TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE turn (thread TEXT NOT NULL REFERENCES thread (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, asked TEXT NOT NULL, created TEXT NOT NULL, filters BLOB NOT NULL,
    answer BLOB, PRIMARY KEY (thread, number)) WITHOUT ROWID;
INSERT INTO thread VALUES ('0a1b2c3d', 'Gout', '2026-01-01', '2026-01-02');
INSERT INTO turn VALUES ('0a1b2c3d', 1, 'What of gout?', '2026-01-01', '{"$":"Filters","v":{}}', NULL);
PRAGMA user_version=1;
"""


def test_a_file_of_the_version_before_is_taken_over_whole(home: Home) -> None:
    with closing(sqlite3.connect(home.threads)) as connection:
        connection.executescript(_VERSION_1)
    for _ in range(2):
        with Threads(home) as threads:
            (thread,) = threads.all()
            assert (thread.name, thread.owner, thread.turns) == ("Gout", "", 1)
            assert threads.turns(thread.id)[0].filters == Filters()
    with Threads(home) as threads:
        assert threads.of("a@x.org").create("Gout").name == "Gout"
        with pytest.raises(BadInput):
            threads.create("gout")
        threads.delete("0a1b2c3d")
        assert threads.turns("0a1b2c3d") == []


def test_threads_are_searched_by_name_and_questions(threads: Threads) -> None:
    one = threads.create("Émile's gout")
    threads.begin(one.id, "Does colchicine help?", Filters())
    threads.create("Asthma")
    assert [t.name for t in threads.search("COLCHICINE émile")] == ["Émile's gout"]
    assert threads.search("colchicine asthma") == []
    assert len(threads.search("")) == 2


def test_a_thread_is_called_after_its_question_once(threads: Threads) -> None:
    names = [threads.start(_QUESTION).name for _ in range(3)]
    assert names == [_QUESTION, f"{_QUESTION} (2)", f"{_QUESTION} (3)"]
    long = [threads.start("why " * 100).name for _ in range(2)]
    assert len(set(long)) == 2
    assert all(len(name) <= 80 for name in long)


def test_an_interrupted_question_can_be_discarded(assistant: Assistant, home: Home) -> None:
    threads = assistant.threads
    thread = threads.start(_QUESTION).id
    assistant.ask(_QUESTION, thread=thread)
    steps = assistant.stream("and in women?", thread=thread)
    next(steps)
    with pytest.raises(Busy):
        threads.discard(threads.interrupted(thread))
    steps.close()
    threads.discard(threads.interrupted(thread))
    assert [turn.number for turn in threads.turns(thread)] == [1]
    assert _checkpoints(home) == 0
    threads.discard(threads.turns(thread)[0])
    assert threads.find(thread).turns == 1


def test_ratings_are_their_owners_and_go_with_the_thread(threads: Threads) -> None:
    mine = threads.of("a@x.org")
    thread = mine.start(_QUESTION).id
    mine.begin(thread, _QUESTION, Filters())
    Ratings(mine).rate(thread, 1, good=False, note="  misses the largest trial ")
    Ratings(mine).rate(thread, 1, good=True, note="better")
    (rating,) = Ratings(mine).all()
    assert (rating.good, rating.note, rating.asked) == (True, "better", _QUESTION)
    assert Ratings(mine).of(thread, 1) == rating
    assert Ratings(threads).all() == []
    Ratings(mine).withdraw(thread, 1)
    assert Ratings(mine).of(thread, 1) is None
    Ratings(mine).rate(thread, 1, good=True)
    mine.delete(thread)
    assert Ratings(mine).all() == []


def test_conversations_of_an_age_are_pruned_but_not_at_work(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Threads(home) as threads:
        kept_at = "agent.conversations.threads.now_to_the_microsecond"
        monkeypatch.setattr(kept_at, lambda: "2020-01-01T00:00:00.000000+00:00")
        old, busy = threads.create("old"), threads.create("busy")
        threads.begin(old.id, _QUESTION, Filters())
        monkeypatch.undo()
        new = threads.create("new")
        with threads.working(busy.id):
            assert [thread.name for thread in threads.prune(timedelta(days=90))] == ["old"]
        assert {thread.id for thread in threads.all()} == {busy.id, new.id}
