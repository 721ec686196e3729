"""The backend for OpenAI-compatible servers: vLLM, SGLang, llama-server, Ollama, hosted services.

Nothing is sent anywhere except to the address that the user named. The key comes only from the
environment.
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
from agent.models.cancellable import cancellable
from agent.models.http import KEY_VARIABLE, WAITS, Call, Server, is_local
from agent.models.llama_backend import compact
from corpora.errors import (
    ModelAccess,
    ModelError,
    ModelNotFound,
    ModelRejected,
    ModelUnavailable,
)

# Assumed for a server that does not report its window.
_ASSUMED_WINDOW = 8_192
# For a server that cannot count tokens: English has about four characters per token, so this
# overestimates.
_CHARACTERS_A_TOKEN, _TOKENS_A_TURN = 3, 8
_PARALLEL = 4
# Parameters that a server may not support, and how it rejects them. The prompts also describe the
# form of the JSON in words.
_OPTIONAL = {
    "response_format": re.compile(r"response_format|json_schema|guided|structured", re.I),
    "stream_options": re.compile(r"stream_options", re.I),
    "seed": re.compile(r"\bseed\b", re.I),
    "top_k": re.compile(r"\btop_k\b", re.I),
    "temperature": re.compile(r"temperature'? (?:does not|is not) support", re.I),
    # Then sent under its newer name.
    "max_tokens": re.compile(r"max_completion_tokens", re.I),
    "system": re.compile(r"system.{0,20}role|role.{0,30}system", re.I),
}
_FINISH = {"length": Finish.LENGTH, "max_tokens": Finish.LENGTH}


class EndpointBackend:
    """One model of one server.

    Args:
        url: up to and including /v1.
        model: its name on the server; "" selects the server's only model.
        key: None uses the environment variable MEDCITE_API_KEY.
        connect, read: timeouts in seconds; the first token may take as long as `read`.
        waits: seconds before each retry while the server is busy or restarting.

    Raises:
        ModelUnavailable: the server does not answer.
        ModelNotFound: the server does not have this model, or has several and none is named.
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
        self._unsupported: set[str] = set()
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
        # Servers with a reasoning parser do; others apply the schema from the start.
        return None

    def close(self) -> None:
        self._server.close()

    def look_up(self) -> None:
        """Ask the server for its model, at first and after a restart.

        Raises:
            ModelUnavailable, ModelNotFound: as the constructor.
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
                    # Omit parameters that the server rejects, now and in later requests.
                    unsupported = self._named(error)
                    if not unsupported:
                        raise
                    self._unsupported |= unsupported
                    calls.append(self._call(request))

        def hang_up() -> None:
            calls[-1].hang_up()

        return cancellable(produce, cancel, hang_up)

    def _call(self, request: Request) -> Call:
        return self._server.call("/chat/completions", self._body(request))

    def _named(self, error: ModelRejected) -> set[str]:
        """The parameters named by a rejection that can be omitted and have not been yet."""
        named = {part for part, words in _OPTIONAL.items() if words.search(error.message)}
        return named - self._unsupported

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        with ThreadPoolExecutor(_PARALLEL) as pool:
            return list(pool.map(lambda request: list(self.complete(request, cancel)), requests))

    def _body(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling or GREEDY
        turns = _turns(request.messages)
        if "system" in self._unsupported and turns[0]["role"] == "system":
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
        if "max_tokens" in self._unsupported:
            body["max_completion_tokens"] = request.max_tokens
        return {name: value for name, value in body.items() if name not in self._unsupported}

    def _find(self, wanted: str) -> tuple[str, int, bool]:
        """(name, window, whether llama.cpp runs it) of the requested model."""
        try:
            listed = self._server.get("/models").get("data")
        except (ModelUnavailable, ModelAccess):
            raise
        except ModelError:
            if wanted:  # a server may serve models without listing any
                return wanted, _ASSUMED_WINDOW, False
            raise
        models = [entry for entry in listed or [] if isinstance(entry, dict) and "id" in entry]
        names = ", ".join(str(entry["id"]) for entry in models) or "none"
        for entry in models:
            if wanted in (entry["id"], *entry.get("aliases", ())) or (
                not wanted and len(models) == 1
            ):
                return str(entry["id"]), _window(entry), entry.get("owned_by") == "llamacpp"
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
    """An overestimate of the prompt's tokens, for servers that cannot count."""
    return _estimated(_turns(messages))


def _estimated(turns: list[dict[str, str]]) -> int:
    return sum(len(t["content"]) // _CHARACTERS_A_TOKEN + _TOKENS_A_TURN for t in turns)


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role.value, "content": message.text} for message in messages]


def _window(model: dict[str, Any]) -> int:
    """The window as vLLM, SGLang and llama-server report it, otherwise the assumed one."""
    meta = model.get("meta")
    window = model.get("max_model_len") or (meta.get("n_ctx") if isinstance(meta, dict) else None)
    return int(window) if window else _ASSUMED_WINDOW


def _read(call: Call, emit: Callable[[Raw], None], base: str, request: Request) -> None:
    finish: Finish | None = None
    usage = Usage()
    answered, thoughts = False, ""
    for event in call.events():
        if counts := event.get("usage"):
            usage = _usage(counts)
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or choice.get("message") or {}
            if thought := delta.get("reasoning_content") or delta.get("reasoning"):
                thoughts += thought
                emit(Raw(thought, thinking=True))
            if text := delta.get("content"):
                answered = True
                emit(Raw(text))
            if reason := choice.get("finish_reason"):
                finish = _FINISH.get(reason, Finish.STOP)
    if finish is None:
        raise ModelUnavailable(
            f"{base} broke off in the middle of its answer.",
            "Try again; if it persists, check the server's own log.",
        )
    if not answered and request.schema is not None and finish is Finish.STOP:
        # A reasoning parser that found no end mark returns the answer as reasoning.
        emit(Raw(_document(thoughts)))
    emit(Raw(finish=finish, usage=usage))


def _document(text: str) -> str:
    """The JSON document at the end of a text, "" where there is none."""
    start = text.find("{")
    return text[start:] if start >= 0 and text.rstrip().endswith("}") else ""


def _usage(counts: dict[str, Any]) -> Usage:
    details = counts.get("prompt_tokens_details") or {}
    return Usage(
        int(counts.get("prompt_tokens") or 0),
        int(counts.get("completion_tokens") or 0),
        details.get("cached_tokens"),
    )
