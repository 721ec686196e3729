"""A server that others run, and every way in which it can fail."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event, Timer

import pytest

from agent.models.base import Finish, Generation, Message, Request, Role, Sampling, Usage
from agent.models.chat_model import ChatModel
from agent.models.endpoint_backend import EndpointBackend
from corpora.errors import (
    BadModelOutput,
    ModelAccess,
    ModelBusy,
    ModelError,
    ModelNotFound,
    ModelOutOfMemory,
    ModelRejected,
    ModelUnavailable,
    PromptTooLong,
)
from tests.fakes import model_server as fake
from tests.fakes.model_server import Behaviour, model_server

pytestmark = pytest.mark.enable_socket

_REQUEST = Request((Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Does it help?")))


Connect = Callable[..., ChatModel]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Models of servers, closed in the end."""
    with ExitStack() as opened:

        def make(url: str, name: str = "", read: float = 5.0, key: str | None = None) -> ChatModel:
            model = ChatModel(EndpointBackend(url, name, key=key, read=read, waits=(0.01, 0.01)))
            opened.callback(model.close)
            return model

        yield make


def test_an_answer_comes_in_pieces_with_the_servers_own_counts(connect: Connect) -> None:
    with model_server(fake.says("It ", "helps", ".")) as server:
        model = connect(server.url)
        items = list(model.stream(_REQUEST))
        assert items[-1] == Generation("It helps.", "", Finish.STOP, Usage(11, 3, 7))
        assert "".join(i.text for i in items[:-1]) == "It helps."
        assert model.generate(_REQUEST).text == "It helps."
        assert model.window == 4096
        assert model.remote is None


def test_what_is_sent_is_what_was_asked_and_nothing_else(connect: Connect) -> None:
    with model_server() as server:
        model = connect(server.url, key="secret")
        schema = {"type": "object", "properties": {}}
        model.generate(Request(_REQUEST.messages, 50, Sampling(0.7, 0.9, 40), 3, schema=schema))
        model.generate(_REQUEST)
        sampled, greedy = server.asked
        assert sampled["model"] == "medgemma"
        assert (sampled["temperature"], sampled["top_p"], sampled["top_k"]) == (0.7, 0.9, 40)
        assert (sampled["seed"], sampled["max_tokens"]) == (3, 50)
        assert sampled["response_format"]["json_schema"]["schema"] == schema
        assert greedy["temperature"] == 0
        assert not {"top_k", "top_p", "response_format"} & set(greedy)
        assert greedy["messages"] == [{"role": "user", "content": "Be brief.\n\nDoes it help?"}]
        assert server.keys == ["Bearer secret"] * 2


def test_a_server_without_streaming_works(connect: Connect) -> None:
    with model_server(fake.says_at_once("Yes.")) as server:
        assert connect(server.url).generate(_REQUEST).text == "Yes."


def test_several_models_need_a_name_and_a_wrong_name_is_said(connect: Connect) -> None:
    with model_server(models=("alpha", "beta")) as server:
        with pytest.raises(ModelNotFound, match="alpha, beta"):
            connect(server.url)
        with pytest.raises(ModelNotFound, match="no model gamma") as caught:
            connect(server.url, "gamma")
        assert not caught.value.retryable
        assert connect(server.url, "beta").name.startswith("beta at 127.0.0.1")


def test_no_server_is_said(connect: Connect) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ModelUnavailable, match="No server answers") as caught:
        connect(f"http://127.0.0.1:{port}/v1")
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("behaviour", "error", "retryable"),
    [
        (fake.fails(429, "slow down"), ModelBusy, True),
        (fake.fails(500, "oops"), ModelUnavailable, True),
        (fake.fails(503, "loading"), ModelUnavailable, True),
        (fake.fails(401, "bad key"), ModelAccess, False),
        (fake.fails(404, "The model `x` does not exist"), ModelNotFound, False),
        (fake.fails(400, "model x not found, try pulling it first"), ModelNotFound, False),
        (fake.fails(400, "maximum context length is 4096 tokens"), PromptTooLong, False),
        (fake.fails(400, "request (9000 tokens) exceeds the available context size"), PromptTooLong, False),
        (fake.fails(500, "CUDA out of memory"), ModelOutOfMemory, False),
        (fake.fails(400, "seed must be positive"), ModelRejected, False),
        (fake.web_page, ModelNotFound, False),
        (fake.half_a_json, ModelUnavailable, True),
        (fake.dies_in_mid_stream, ModelUnavailable, True),
        (fake.ends_without_an_end, ModelUnavailable, True),
        (fake.error_in_mid_stream, ModelOutOfMemory, False),
        (fake.only_newlines, BadModelOutput, False),
        (fake.says(), BadModelOutput, False),
    ],
)  # fmt: skip
def test_each_failure_is_an_error_that_says_whether_a_retry_helps(
    connect: Connect, behaviour: Behaviour, error: type[ModelError], retryable: bool
) -> None:
    with model_server(behaviour) as server, pytest.raises(ModelError) as caught:
        connect(server.url).generate(_REQUEST)
    assert type(caught.value) is error
    assert caught.value.retryable is retryable
    assert caught.value.next_step


def test_a_slow_server_is_given_up(connect: Connect) -> None:
    with model_server(fake.never_answers) as server:
        with pytest.raises(ModelUnavailable, match="in time") as caught:
            connect(server.url, read=0.3).generate(_REQUEST)
        assert caught.value.retryable
        assert len(server.asked) == 1


def test_a_busy_server_is_asked_again_as_it_wishes(connect: Connect) -> None:
    with model_server(fake.fails(429, "busy", retry_after="0.1"), fake.says("Yes.")) as server:
        assert connect(server.url).generate(_REQUEST).text == "Yes."
        assert len(server.asked) == 2


def test_a_refusal_is_not_asked_again(connect: Connect) -> None:
    with model_server(fake.fails(401, "bad key")) as server:
        with pytest.raises(ModelAccess):
            connect(server.url).generate(_REQUEST)
        assert len(server.asked) == 1


@pytest.mark.parametrize("behaviour", [fake.never_answers, fake.never_ends])
def test_cancelling_hangs_up_within_a_second(connect: Connect, behaviour: Behaviour) -> None:
    with model_server(behaviour) as server:
        model, cancel = connect(server.url), Event()
        Timer(0.2, cancel.set).start()
        began = time.monotonic()
        made = model.generate(_REQUEST, cancel)
        assert made.finish is Finish.CANCELLED
        assert time.monotonic() - began < 1.2
        assert server.hung_up.wait(2)


def test_leaving_a_stream_hangs_up(connect: Connect) -> None:
    with model_server(fake.never_ends) as server:
        for _ in connect(server.url).stream(_REQUEST):
            break
        assert server.hung_up.wait(2)


def test_many_requests_are_answered_in_order(connect: Connect) -> None:
    def echo(handler: fake.Handler, body: dict[str, list[dict[str, str]]]) -> None:
        handler.begin()
        handler.piece(body["messages"][0]["content"])
        handler.end_stream()

    with model_server(echo) as server:
        requests = [Request((Message(Role.USER, f"Number {i}"),)) for i in range(9)]
        made = connect(server.url).generate_many(requests)
        assert [m.text for m in made] == [f"Number {i}" for i in range(9)]


@pytest.mark.parametrize("path", ["/v1/chat/completions/input_tokens", "/tokenize"])
def test_tokens_are_counted_by_servers_that_can(connect: Connect, path: str) -> None:
    with model_server() as server:
        server.counter = path
        assert connect(server.url).count_tokens((Message(Role.USER, "one two three"),)) == 3


def test_what_a_server_cannot_count_is_counted_high(connect: Connect) -> None:
    with model_server() as server:
        text = "Randomised trials of antihypertensive treatment in adults. " * 50
        assert connect(server.url).count_tokens((Message(Role.USER, text),)) > len(text) / 4


_JSON = '{"a": "one\u2028two"}'
_CONSTRAINED = Request(_REQUEST.messages, schema={"type": "object"}, seed=3)


def _without(part: str, message: str, status: int = 400) -> Behaviour:
    """A server that rejects what it does not know, and answers what it does."""

    def behave(handler: fake.Handler, body: dict[str, object]) -> None:
        roles = {turn["role"] for turn in body["messages"]}  # type: ignore[index, attr-defined]
        if part in body or part in roles:
            handler.reply(status, {"error": {"message": message}})
        else:
            fake.says(_JSON)(handler, body)

    return behave


@pytest.mark.parametrize(
    ("part", "message", "status"),
    [
        ("response_format", "'response_format.type' must be 'json_object' or 'text'", 400),
        ("stream_options", '[{"loc":["body","stream_options"],"msg":"Extra inputs"}]', 422),
        ("seed", "Unrecognized request argument supplied: seed", 400),
        ("system", "System role not supported", 400),
    ],
)
def test_what_a_server_does_not_take_it_is_asked_without_from_then_on(
    part: str, message: str, status: int, connect: Connect
) -> None:
    with model_server(_without(part, message, status), models=("mistral",)) as server:
        model = connect(server.url)
        assert [model.generate(_CONSTRAINED).text for _ in range(2)] == [_JSON, _JSON]
        assert len(server.asked) == 3
        assert "Be brief." in server.asked[-1]["messages"][0]["content"]


def test_a_rejection_that_names_nothing_optional_is_an_error(connect: Connect) -> None:
    with (
        model_server(_without("seed", "max_tokens is too large")) as server,
        pytest.raises(ModelError, match="rejected"),
    ):
        connect(server.url).generate(_CONSTRAINED)
    assert len(server.asked) == 1


def _events(*events: object) -> Behaviour:
    def behave(handler: fake.Handler, body: dict[str, object]) -> None:
        handler.begin()
        for event in events:
            handler.event(event)
        handler.end_stream()

    return behave


def test_line_separators_of_unicode_do_not_end_an_event(connect: Connect) -> None:
    raw = '{"choices": [{"delta": {"content": "one\u2028two\x85three"}, "finish_reason": null}]}'
    with model_server(_events(raw)) as server:
        assert connect(server.url).generate(_REQUEST).text == "one\u2028two\x85three"


def test_fields_that_are_null_are_nothing(connect: Connect) -> None:
    said = {"choices": [{"delta": {"content": "Yes."}, "finish_reason": None}], "usage": None}
    empty = [{"choices": None}, {"choices": [{"delta": None, "finish_reason": None}]}]
    with model_server(_events(*empty, said)) as server:
        assert connect(server.url).generate(_REQUEST).text == "Yes."


def test_an_answer_that_arrives_as_reasoning_is_found_or_the_server_blamed(
    connect: Connect,
) -> None:
    def reasons(text: str) -> Behaviour:
        return _events({"choices": [{"delta": {"content": "", "reasoning": text}}]})

    with model_server(reasons('Let me see. {"a": 1}')) as server:
        assert connect(server.url).generate(_CONSTRAINED).text == '{"a": 1}'
    with (
        model_server(reasons("It helps.")) as server,
        pytest.raises(BadModelOutput, match="as reasoning"),
    ):
        connect(server.url).generate(_REQUEST)
