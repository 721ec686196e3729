"""The servers that people run, each in a conversation of its own form, through the real backend."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.models.base import Finish, Message, Request, Role
from agent.models.chat_model import ChatModel
from agent.models.endpoint_backend import EndpointBackend
from corpora.errors import ModelNotFound
from tests.fakes.recorded_server import RecordedServer, recorded_server

pytestmark = pytest.mark.enable_socket

_FOLDER = Path(__file__).parent / "conversations"
_CHAT = "/v1/chat/completions"
_MESSAGES = (
    Message(Role.SYSTEM, "Reply with JSON."),
    Message(Role.USER, "Does aspirin help?"),
)
_REQUEST = Request(
    _MESSAGES,
    max_tokens=40,
    schema={
        "type": "object",
        "properties": {"helps": {"type": "boolean"}},
        "required": ["helps"],
        "additionalProperties": False,
    },
)


@dataclass(frozen=True, slots=True)
class _Expected:
    """What is to be read from a conversation; `counted` None where tokens are only estimated."""

    server: str
    model: str = ""
    text: str = '{"helps": true}'
    thinking: str = ""
    window: int = 8_192
    counted: int | None = None
    reused: int | None = None


_CONVERSATIONS = (
    _Expected("llama-server", text='{"helps":true}', window=4_096, counted=23, reused=0),
    _Expected("ollama", thinking="Aspirin helps."),
    _Expected("vllm", window=32_768, counted=23),
    _Expected("lm-studio", "medgemma-27b-text-it"),
    _Expected("sglang", thinking="Aspirin helps.", window=40_960),
    _Expected("openai", "gpt-5-mini", reused=16),
)


@pytest.mark.parametrize("expected", _CONVERSATIONS, ids=lambda each: each.server)
def test_a_conversation_with_each_server(expected: _Expected) -> None:
    with recorded_server(_FOLDER / f"{expected.server}.txt") as server:
        model = ChatModel(EndpointBackend(server.url, expected.model, waits=()))
        assert model.window == expected.window
        made = model.generate(_REQUEST)
        assert (made.text, made.thinking, made.finish) == (
            expected.text,
            expected.thinking,
            Finish.STOP,
        )
        assert made.usage.prompt == 23
        assert made.usage.generated > 0
        assert made.usage.reused == expected.reused
        counted = model.count_tokens(_MESSAGES)
        if expected.counted is None:
            assert counted > len("Reply with JSON. Does aspirin help?") / 4
        else:
            assert counted == expected.counted
        model.close()
        _check_schema(server)


def _check_schema(server: RecordedServer) -> None:
    last = server.asked[_CHAT][-1]
    assert last["response_format"]["json_schema"]["schema"]["required"] == ["helps"]


def test_newer_models_of_openai_are_asked_in_their_own_words_from_then_on() -> None:
    with recorded_server(_FOLDER / "openai.txt") as server:
        model = ChatModel(EndpointBackend(server.url, "gpt-5-mini", waits=()))
        model.generate(_REQUEST)
        model.generate(_REQUEST)
        model.close()
        asked = server.asked[_CHAT]
        assert len(asked) == 4
        assert asked[-1]["max_completion_tokens"] == 40
        assert not {"max_tokens", "temperature"} & set(asked[-1])


def test_an_error_with_status_200_is_an_error() -> None:
    with recorded_server(_FOLDER / "lm-studio.txt") as server:
        bare = server.url.removesuffix("/v1")
        with pytest.raises(ModelNotFound, match="Unexpected endpoint"):
            EndpointBackend(bare)
        model = ChatModel(EndpointBackend(bare, "medgemma-27b-text-it", waits=()))
        with pytest.raises(ModelNotFound, match="Unexpected endpoint"):
            model.generate(_REQUEST)
        model.close()
