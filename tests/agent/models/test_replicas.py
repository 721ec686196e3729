"""Several servers of one model: who is asked, what is spared, and what if one of them dies."""

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from threading import Barrier, Event, Lock, Timer

import pytest

from agent.models.base import Finish, Generation, Message, Request, Role
from agent.models.chat_model import ChatModel
from agent.models.choice import open_model, parse_model
from agent.models.http import Address
from agent.models.replicas import ReplicaBackend
from corpora.errors import ModelBusy, ModelError, ModelNotFound, ModelRejected, ModelUnavailable
from corpora.home import Home
from tests.fakes import model_server as fake
from tests.fakes.model_server import FakeServer, model_server

pytestmark = pytest.mark.enable_socket

_NOWHERE = "http://127.0.0.1:9/v1"
Connect = Callable[..., ReplicaBackend]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Replicas behind one name, closed in the end; a look at their health every 20 ms."""
    with ExitStack() as opened:

        def make(*addresses: str | Address, **settings: object) -> ReplicaBackend:
            settings = {"waits": (0.05, 0.5), "interval": 0.02, "read": 5.0} | settings
            places = [Address(each) if isinstance(each, str) else each for each in addresses]
            backend = ReplicaBackend(places, **settings)  # type: ignore[arg-type]
            opened.callback(backend.close)
            return backend

        yield make


def _request(text: str = "Does it help?") -> Request:
    return Request((Message(Role.USER, text),))


def _evidence(question: int) -> str:
    """Some 3,500 characters that no other question has."""
    words = random.Random(question)
    return " ".join(str(words.randrange(10**6)) for _ in range(500))


def _ask(backend: ReplicaBackend, text: str = "Does it help?") -> Generation:
    return ChatModel(backend).generate(_request(text))


def _until(condition: Callable[[], bool]) -> None:
    """Wait for what happens behind the scenes; the test ends by its own timeout if it never does."""
    while not condition():
        time.sleep(0.01)


def test_questions_are_shared_out_and_each_stays_where_its_evidence_was_read(
    connect: Connect,
) -> None:
    with model_server(fake.says_as_vllm) as one, model_server(fake.says_as_vllm) as two:
        backend = connect(one.url, two.url)
        for question in range(6):
            evidence = _evidence(question)
            answers = [_ask(backend, f"{evidence} {task}") for task in ("Write.", "Verify it.")]
            assert answers[0].text == answers[1].text
            assert answers[0].usage.reused == 0
            assert answers[1].usage.reused == 500
        assert len(one.asked) == len(two.asked) == 6


def test_a_full_replica_passes_questions_on_and_no_limit_is_exceeded(connect: Connect) -> None:
    together, at_work, most, lock = Barrier(6), Counter[int](), Counter[int](), Lock()

    def meet(handler: fake.Handler, body: dict[str, object]) -> None:
        port = handler.server.server_port
        with lock:
            at_work[port] += 1
            most[port] = max(most[port], at_work[port])
        together.wait(60)  # six are at work, or the test fails
        with lock:
            at_work[port] -= 1
        fake.says("Yes.")(handler, body)

    with model_server(meet) as one, model_server(meet) as two:
        backend = connect(Address(one.url, 2), Address(two.url, 4), read=90.0)
        requests = [_request(f"{_evidence(1)} {n}") for n in range(24)]
        assert len(ChatModel(backend).generate_many(requests)) == 24
        assert most == {one.server_port: 2, two.server_port: 4}


@pytest.mark.parametrize(
    "failure",
    [fake.fails(500, "engine died"), fake.fails(429, "busy"), fake.web_page, fake.half_a_json],
    ids=["error 500", "busy", "web page", "after the first token"],
)
def test_what_fails_before_the_first_token_is_asked_elsewhere_and_nothing_else(
    connect: Connect, failure: fake.Behaviour
) -> None:
    with model_server(failure) as one, model_server(fake.says("Yes.")) as two:
        backend = connect(one.url, two.url)
        if failure in (fake.web_page, fake.half_a_json):
            with pytest.raises(ModelError):
                _ask(backend)
            assert not two.asked
        else:
            assert _ask(backend).text == "Yes."
        assert len(one.asked) == 1


def test_what_no_replica_can_do_is_said_after_every_round(connect: Connect) -> None:
    busy = fake.fails(429, "busy")
    with model_server(busy) as one, model_server(busy) as two:
        with pytest.raises(ModelBusy):
            _ask(connect(one.url, two.url, waits=(0.01, 0.01)))
        assert (len(one.asked), len(two.asked)) == (3, 3)


def test_a_rejected_request_is_not_sent_round(connect: Connect) -> None:
    bad = fake.fails(400, "bad request")
    with model_server(bad) as one, model_server(bad) as two:
        with pytest.raises(ModelRejected):
            _ask(connect(one.url, two.url))
        assert len(one.asked) + len(two.asked) == 1


def test_an_unwell_replica_gets_nothing_until_it_is_well(connect: Connect) -> None:
    with model_server() as one, model_server() as two:
        backend = connect(one.url, two.url)
        one.healthy = False
        _until(lambda: not backend.health[one.url])
        for _ in range(4):
            _ask(backend)
        assert (len(one.asked), len(two.asked)) == (0, 4)
        one.healthy = True
        _until(lambda: backend.health[one.url])
        for _ in range(4):
            _ask(backend)
        assert len(one.asked) >= 2


def test_a_replica_that_hangs_loses_what_it_has_not_begun(connect: Connect) -> None:
    """The server neither answers nor hangs up: only its health tells."""
    with model_server(fake.never_answers) as one, model_server(fake.says("Yes.")) as two:
        backend = connect(one.url, two.url, read=200.0)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(_ask, backend)
            _until(lambda: len(one.asked) == 1)
            one.healthy = False
            assert answer.result().text == "Yes."
        assert one.hung_up.wait(10)


def test_one_slow_look_takes_nothing_back(connect: Connect) -> None:
    """Unwell once and well again: the request that waits there goes on."""
    going_on = Event()

    def slow(handler: fake.Handler, body: dict[str, object]) -> None:
        going_on.wait(20)
        fake.says("Yes.")(handler, body)

    with model_server(slow) as one, model_server() as two:
        backend = connect(one.url, two.url)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(_ask, backend)
            _until(lambda: len(one.asked) == 1)
            one.unwell = 1
            before = one.looks
            _until(lambda: one.looks > before + 3)
            assert backend.health[one.url]
            going_on.set()
            assert answer.result().text == "Yes."
        assert not two.asked


def test_an_answer_that_has_begun_is_not_given_up_for_a_failed_look(connect: Connect) -> None:
    going_on = Event()

    def slow(handler: fake.Handler, body: dict[str, object]) -> None:
        handler.begin()
        handler.piece("It ")
        going_on.wait(20)
        handler.piece("helps.")
        handler.end_stream()

    with model_server(slow) as one, model_server() as two:
        backend = connect(one.url, two.url)
        stream = ChatModel(backend).stream(_request())
        pieces = list(islice(stream, 1))
        one.healthy = False
        before = one.looks
        _until(lambda: one.looks > before + 3)
        assert not backend.health[one.url]
        going_on.set()
        *_, answer = [*pieces, *stream]
        assert isinstance(answer, Generation)
        assert answer.text == "It helps."
        assert not two.asked


def test_a_request_that_waits_for_room_can_be_cancelled(connect: Connect) -> None:
    with model_server(fake.never_answers) as one:
        backend = connect(Address(one.url, 1))
        first, second = Event(), Event()
        with ThreadPoolExecutor(2) as pool:
            running = pool.submit(lambda: list(backend.complete(_request(), first)))
            _until(lambda: len(one.asked) == 1)
            waiting = pool.submit(lambda: list(backend.complete(_request(), second)))
            Timer(0.2, second.set).start()
            assert waiting.result()[-1].finish is Finish.CANCELLED
            assert len(one.asked) == 1
            first.set()
            assert running.result()[-1].finish is Finish.CANCELLED


def test_one_that_is_away_at_first_is_taken_in_and_one_with_another_model_is_not(
    connect: Connect,
) -> None:
    with model_server() as one, model_server(models=("other",)) as three:
        backend = connect(one.url, _NOWHERE, three.url)
        assert list(backend.health.values()) == [True, False, False]
        assert backend.name.startswith("medgemma at 127.0.0.1:")
        assert backend.name.endswith(" and 2 more")
        assert (backend.window, backend.remote) == (4096, None)
        assert _ask(backend).text == "Yes."
        three.models = ("medgemma", "other")
        three.window = 2048
        _until(lambda: backend.health[three.url])
        assert backend.window == 2048


def test_none_there_says_why(connect: Connect) -> None:
    with pytest.raises(ModelUnavailable, match="No server answers"):
        connect(_NOWHERE, "http://127.0.0.1:19/v1")
    with model_server() as one, pytest.raises(ModelNotFound, match="no model gemini"):
        connect(one.url, model="gemini")


def test_the_model_string_opens_them(tmp_path: object) -> None:
    with model_server(fake.says_as_vllm) as one, model_server(fake.says_as_vllm) as two:
        choice = parse_model(f"{one.url}*2,{two.url}#medgemma", Home(tmp_path))  # type: ignore[arg-type]
        model = open_model(choice)
        assert model is not None
        try:
            texts = {model.generate(_request()).text for _ in range(2)}
        finally:
            model.close()
        assert texts == {str(one.server_port), str(two.server_port)}


def _started(port: int) -> multiprocessing.Process:
    process = multiprocessing.get_context("spawn").Process(
        target=fake.serve_for_good, args=(port, fake.says_as_vllm), daemon=True
    )
    process.start()
    return process  # type: ignore[return-value]


def _free_port() -> int:
    with FakeServer((), ()) as server:
        return int(server.server_port)


def test_a_server_killed_and_started_again_in_the_middle_costs_no_answer(connect: Connect) -> None:
    """A process that gets SIGKILL while it is asked, and its successor on the same port."""
    port = _free_port()
    place = f"http://127.0.0.1:{port}/v1"
    first = _started(port)
    with model_server(fake.says_as_vllm) as one:
        backend = connect(Address(one.url, 2), Address(place, 2), waits=(0.05,) * 20)
        _until(lambda: backend.health[place])
        model = ChatModel(backend)
        answers: list[str] = []

        def ask(question: int) -> None:
            answers.append(model.generate(_request(f"{_evidence(question)} Write.")).text)

        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(ask, question) for question in range(40)]
            _until(lambda: answers.count(str(port)) >= 3)
            first.kill()
            _until(lambda: not backend.health[place])
            before = Counter(answers)[str(port)]
            second = _started(port)
            _until(lambda: backend.health[place])
            asked += [pool.submit(ask, question) for question in range(40, 60)]
            for each in asked:
                each.result()
        second.kill()
    assert len(answers) == 60
    assert Counter(answers)[str(port)] > before
