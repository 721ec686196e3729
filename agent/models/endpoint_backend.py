"""An OpenAI-compatible server: vLLM, SGLang, llama-server, Ollama, or one that others run.

Nothing is sent anywhere that the user did not name. The key comes from the environment only.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from agent.models.base import GREEDY, Finish, Message, Raw, Request, Usage
from agent.models.cancellable import pump
from agent.models.http import KEY_VARIABLE, WAITS, Call, Server, is_local
from agent.models.llama_backend import compact
from corpora.errors import (
    ModelAccess,
    ModelError,
    ModelNotFound,
    ModelRejected,
    ModelUnavailable,
)

# What is assumed of a server that does not say how long its window is.
_ASSUMED_WINDOW = 8_192
# Of a server that cannot count: English has some four characters a token, so this counts high.
_CHARACTERS_A_TOKEN, _TOKENS_A_TURN = 3, 8
_AT_ONCE = 4
# What a server may not know, by how it says so. The prompts tell the form of the JSON in words too.
_OPTIONAL = {
    "response_format": re.compile(r"response_format|json_schema|guided|structured", re.I),
    "stream_options": re.compile(r"stream_options", re.I),
    "seed": re.compile(r"\bseed\b", re.I),
    "top_k": re.compile(r"\btop_k\b", re.I),
    "temperature": re.compile(r"temperature'? (?:does not|is not) support", re.I),
    # Sent under its newer name then.
    "max_tokens": re.compile(r"max_completion_tokens", re.I),
    "system": re.compile(r"system.{0,20}role|role.{0,30}system", re.I),
}
_FINISH = {"length": Finish.LENGTH, "max_tokens": Finish.LENGTH}


class EndpointBackend:
    """One model of one server.

    Args:
        url: up to and including /v1.
        model: its name there; "" takes the only one the server has.
        key: None takes the environment's MEDCITE_API_KEY.
        connect, read: seconds; the first token may take as long as `read`.
        waits: seconds before a request that a busy or restarting server refused is sent again.

    Raises:
        ModelUnavailable: the server is not there.
        ModelNotFound: it does not have this model, or has several and none is named.
    """

    def __init__(
        self,
        url: str,
        model: str = "",
        *,
        key: str | None = None,
        connect: float = 10.0,
        read: float = 300.0,
        waits: Sequence[float] = WAITS,
    ) -> None:
        self._server = Server(
            url, key=key or os.environ.get(KEY_VARIABLE), connect=connect, read=read, waits=waits
        )
        self._url, self._model = url, model
        try:
            self.look_up()
        except ModelError:
            self._server.close()
            raise
        self._untaken: set[str] = set()
        self._counter: Callable[[list[dict[str, str]]], int] | None = None

    @property
    def name(self) -> str:
        return f"{self._model} at {urlsplit(self._url).netloc}"

    @property
    def model(self) -> str:
        """The model's name on its server."""
        return self._model

    @property
    def architecture(self) -> str:
        return ""

    @property
    def window(self) -> int:
        return self._window

    @property
    def remote(self) -> str | None:
        return None if is_local(self._url) else urlsplit(self._url).hostname

    @property
    def thinks_under_schema(self) -> bool | None:
        # Servers with a parser for reasoning do; others hold the model to the schema at once.
        return None

    def close(self) -> None:
        self._server.close()

    def look_up(self) -> None:
        """Ask the server for its model: first, and when it was started again.

        Raises:
            ModelUnavailable, ModelNotFound: as at first.
        """
        self._model, self._window, self._llama = self._find(self._model)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        turns = _turns(messages)
        if self._counter is None:
            self._counter = _estimated
            for counter in (self._count_llama, self._count_vllm):
                try:
                    counter(turns)
                except ModelError:
                    continue
                self._counter = counter
                break
        return self._counter(turns)

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        calls = [self._call(request)]

        def produce(emit: Callable[[Raw], None]) -> None:
            while True:
                try:
                    _read(calls[-1], emit, self._server.base, request)
                    return
                except ModelRejected as error:
                    # What it does not take it is asked without, now and from now on.
                    named = self._named(error)
                    if not named:
                        raise
                    self._untaken |= named
                    calls.append(self._call(request))

        def hang_up() -> None:
            calls[-1].hang_up()

        return pump(produce, cancel, hang_up)

    def _call(self, request: Request) -> Call:
        return self._server.call("/chat/completions", self._body(request))

    def _named(self, error: ModelRejected) -> set[str]:
        """What a rejection names that can be left out, and has not been yet."""
        found = {part for part, words in _OPTIONAL.items() if words.search(error.message)}
        return found - self._untaken

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(lambda request: list(self.complete(request, cancel)), requests))

    def _body(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling or GREEDY
        turns = _turns(request.messages)
        if "system" in self._untaken and turns[0]["role"] == "system":
            system, first, *rest = turns
            turns = [first | {"content": f"{system['content']}\n\n{first['content']}"}, *rest]
        body: dict[str, Any] = {
            "model": self._model,
            "messages": turns,
            "max_tokens": request.max_tokens,
            "temperature": sampling.temperature,
            "seed": request.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if not sampling.greedy:
            body["top_p"] = sampling.top_p
            if sampling.top_k:
                body["top_k"] = sampling.top_k
        if request.schema is not None:
            schema = compact(request.schema) if self._llama else request.schema
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": schema, "strict": True},
            }
        if "max_tokens" in self._untaken:
            body["max_completion_tokens"] = request.max_tokens
        return {name: value for name, value in body.items() if name not in self._untaken}

    def _find(self, wanted: str) -> tuple[str, int, bool]:
        """(name, window, whether llama.cpp runs it) of the model asked for."""
        try:
            listed = self._server.get("/models").get("data")
        except (ModelUnavailable, ModelAccess):
            raise
        except ModelError:
            if wanted:  # servers that list nothing still serve
                return wanted, _ASSUMED_WINDOW, False
            raise
        models = [each for each in listed or [] if isinstance(each, dict) and "id" in each]
        names = ", ".join(str(each["id"]) for each in models) or "none"
        for each in models:
            if wanted in (each["id"], *each.get("aliases", ())) or (
                not wanted and len(models) == 1
            ):
                return str(each["id"]), _window(each), each.get("owned_by") == "llamacpp"
        if not wanted:
            raise ModelNotFound(
                f"{self._url} has several models ({names}).", "Name one of them after a #."
            )
        raise ModelNotFound(
            f"{self._url} has no model {wanted}.", f"It has: {names}. Name one of them after the #."
        )

    def _count_llama(self, turns: list[dict[str, str]]) -> int:
        body = {"model": self._model, "messages": turns}
        return int(self._server.post("/chat/completions/input_tokens", body)["input_tokens"])

    def _count_vllm(self, turns: list[dict[str, str]]) -> int:
        body = {"model": self._model, "messages": turns}
        return int(self._server.post_beside("/tokenize", body)["count"])


def estimated_tokens(messages: Sequence[Message]) -> int:
    """What is assumed where a server cannot count; rather too many."""
    return _estimated(_turns(messages))


def _estimated(turns: list[dict[str, str]]) -> int:
    return sum(len(t["content"]) // _CHARACTERS_A_TOKEN + _TOKENS_A_TURN for t in turns)


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role.value, "content": message.text} for message in messages]


def _window(model: dict[str, Any]) -> int:
    """What vLLM, SGLang and llama-server say of a model's window; else what is assumed."""
    meta = model.get("meta")
    found = model.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, dict) else None)
    return int(found) if found else _ASSUMED_WINDOW


def _read(call: Call, emit: Callable[[Raw], None], base: str, request: Request) -> None:
    finish: Finish | None = None
    usage = Usage()
    answered, thoughts = False, ""
    for event in call.events():
        if counted := event.get("usage"):
            usage = _usage(counted)
        for choice in event.get("choices") or ():
            said = choice.get("delta") or choice.get("message") or {}
            if thought := said.get("reasoning_content") or said.get("reasoning"):
                thoughts += thought
                emit(Raw(thought, thinking=True))
            if text := said.get("content"):
                answered = True
                emit(Raw(text))
            if reason := choice.get("finish_reason"):
                finish = _FINISH.get(reason, Finish.STOP)
    if finish is None:
        raise ModelUnavailable(
            f"{base} broke off in the middle of its answer.",
            "Try again; if it goes on, look at the server's own log.",
        )
    if not answered and request.schema is not None and finish is Finish.STOP:
        # A parser for reasoning that found no end of it takes the answer along.
        emit(Raw(_document(thoughts)))
    emit(Raw(finish=finish, usage=usage))


def _document(text: str) -> str:
    """The JSON document at the end of a text; "" where there is none."""
    start = text.find("{")
    return text[start:] if start >= 0 and text.rstrip().endswith("}") else ""


def _usage(counted: dict[str, Any]) -> Usage:
    details = counted.get("prompt_tokens_details") or {}
    return Usage(
        int(counted.get("prompt_tokens") or 0),
        int(counted.get("completion_tokens") or 0),
        details.get("cached_tokens"),
    )
