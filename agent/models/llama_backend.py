"""Run GGUF files on llama.cpp: a server on loopback, from the package xllamacpp.

It uses the native /completion instead of the chat API, because that takes the exact prompt, keeps
the thinking marks in the text, and reports how many tokens of the prompt were cached.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Lock
from typing import Any

from agent.models.base import GREEDY, Finish, JsonSchema, Message, Raw, Request, Usage
from agent.models.cancellable import cancellable
from agent.models.catalogue import CHECKPOINTS
from agent.models.chat_model import CHAT_TEMPLATE
from agent.models.gguf_file import read_header
from agent.models.http import Call, Server
from corpora.errors import (
    ModelDamaged,
    ModelError,
    ModelNotFound,
    ModelOutOfMemory,
    ModelUnavailable,
)

DEFAULT_WINDOW = 16_384
# Special tokens that the server must return as text.
_THINKING_MARKS = ["<unused94>", "<unused95>"]
_TOKENS_OF_MARKS = 8
_NO_MEMORY = re.compile(
    r"out of memory|failed to allocate|unable to allocate|cudaMalloc|bad_alloc", re.IGNORECASE
)
_LOG_TAIL = 2_000


@dataclass(frozen=True, slots=True)
class LlamaSettings:
    """Settings of the server.

    `window` is in tokens; `gpu_layers` -1 puts as many on the GPU as fit; `threads` 0 uses all
    cores but one: llama.cpp's threads wait for each other by spinning, so one thread too few costs
    little, while one too many makes a busy machine many times slower.
    """

    window: int = DEFAULT_WINDOW
    gpu_layers: int = -1
    threads: int = 0
    verbosity: int = 3


def usable_cores() -> int:
    """The number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def has_llama() -> bool:
    """Whether xllamacpp is installed."""
    return importlib.util.find_spec("xllamacpp") is not None


class LlamaBackend:
    """One GGUF file on a server that lives as long as this object.

    Raises:
        ModelNotFound: the file does not exist, or xllamacpp is not installed.
        ModelDamaged: the file is truncated, corrupt, or of a kind llama.cpp does not support.
        ModelOutOfMemory: the model does not fit into memory.
    """

    def __init__(self, path: Path, settings: LlamaSettings | None = None) -> None:
        if not has_llama():
            raise ModelNotFound(
                "GGUF files need llama.cpp, which is not installed.",
                "Install it: pip install 'medcite[llama]'.",
            )
        self._path, self._header = path, read_header(path)
        self._log = tempfile.TemporaryFile(mode="w+b")  # noqa: SIM115 (closed with the server)
        self._lock = Lock()
        self.key = secrets.token_urlsafe(24)
        self._process = self._start(settings or LlamaSettings())
        self._server = Server(self._address(), key=self.key, read=3_600.0)
        self._properties = self._server.get("/props")
        self._meta: dict[str, Any] = (self._server.get("/v1/models")["data"] or [{}])[0].get(
            "meta", {}
        )

    @property
    def name(self) -> str:
        return self._path.stem

    @property
    def architecture(self) -> str:
        return self._header.architecture

    @property
    def window(self) -> int:
        return int(self._meta.get("n_ctx") or DEFAULT_WINDOW)

    @property
    def remote(self) -> str | None:
        return None

    @property
    def thinks_under_schema(self) -> bool | None:
        # A grammar can require the thinking marks, which only Gemma's tokenizer has.
        return "gemma" in self.architecture

    @property
    def url(self) -> str:
        """The URL of the server's OpenAI-compatible API, on loopback."""
        return f"{self._server.base}/v1"

    @property
    def log(self) -> str:
        """The log of llama.cpp, such as the sizes of its buffers."""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace")

    def close(self) -> None:
        """End the server."""
        with self._lock:
            self._end()
            self._server.close()

    def _end(self) -> None:
        if self._process.stdin:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._log.close()

    def count_tokens(self, messages: Sequence[Message]) -> int:
        body = {"content": self._prompt(messages), "add_special": True, "parse_special": True}
        return len(self._server.post("/tokenize", body)["tokens"])

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        call = self._server.call("/completion", self._body(request))

        def produce(emit: Callable[[Raw], None]) -> None:
            try:
                self._read(call, emit)
            except ModelUnavailable as error:
                if self._process.poll() is None or cancel.is_set():
                    raise
                raise self._died() from error

        return cancellable(produce, cancel, call.hang_up)

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        # One after another: they share a prefix, which the single slot keeps.
        return [list(self.complete(request, cancel)) for request in requests]

    def _prompt(self, messages: Sequence[Message]) -> str:
        turns = [{"role": m.role.value, "content": m.text} for m in messages]
        return str(self._server.post("/apply-template", {"messages": turns})["prompt"])

    def _body(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling or GREEDY
        body: dict[str, Any] = {
            "prompt": self._prompt(request.messages),
            "n_predict": request.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "min_p": 0.0,
            "seed": request.seed,
            "cache_prompt": True,
            "stream": True,
            "preserved_tokens": _THINKING_MARKS,
        }
        if request.schema is not None and request.thinking:
            body["grammar"] = _thinking_grammar(request.schema, request.thinking_tokens)
        elif request.schema is not None:
            body["json_schema"] = compact(request.schema)
        return body

    def _read(self, call: Call, emit: Callable[[Raw], None]) -> None:
        for event in call.events():
            if text := event.get("content"):
                emit(Raw(text))
            if event.get("stop"):
                emit(_end(event))
                return
        raise ModelUnavailable(
            f"The llama.cpp server of {self._path.name} broke off in the middle of its answer.",
            "Try again.",
        )

    def _start(self, settings: LlamaSettings) -> subprocess.Popen[bytes]:
        options = asdict(settings) | {"path": str(self._path), "key": self.key}
        options["checkpoints"] = CHECKPOINTS
        no_template = "tokenizer.chat_template" not in self._header.metadata
        options["chat_template"] = (
            CHAT_TEMPLATE if no_template and "gemma" in self.architecture else ""
        )
        options["threads"] = settings.threads or max(1, usable_cores() - 1)
        process = subprocess.Popen(
            [sys.executable, "-m", "agent.models.llama_server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        if process.stdin:
            process.stdin.write(json.dumps(options).encode() + b"\n")
            process.stdin.flush()
        return process

    def _address(self) -> str:
        """Wait until the model is loaded, and return the server's address."""
        if self._process.stdout is None:
            raise RuntimeError("the server was started without a pipe")
        for line in self._process.stdout:
            if line.startswith(b'{"address"'):
                return str(json.loads(line)["address"])
        self._process.wait()
        error = self._died()
        self._end()
        raise error

    def _died(self) -> ModelError:
        """The reason why the process ended, from the end of its log."""
        log_end = self.log[-_LOG_TAIL:]
        if _NO_MEMORY.search(log_end):
            return ModelOutOfMemory(
                f"{self._path.name} does not fit into memory.",
                "Use a smaller quantisation or a shorter window; see `medcite models`.",
            )
        if "failed to load model" in log_end.lower() or "invalid" in log_end.lower():
            return ModelDamaged(
                f"{self._path} cannot be loaded: {_reason(log_end)}",
                "Get it again (`medcite models pull`), or check that it is a GGUF file.",
            )
        return ModelUnavailable(
            f"The llama.cpp server of {self._path.name} died"
            f" (exit status {self._process.returncode}): {_reason(log_end)}",
            "Try again; if it persists, use a shorter window.",
        )


def compact(schema: JsonSchema) -> dict[str, Any]:
    """The schema for JSON without white space, in which a small model could loop. It takes effect
    where llama.cpp was built with llguidance, as xllamacpp is; elsewhere it is ignored.
    """
    return {**schema, "x-guidance": {"whitespace_flexible": False}}


def _thinking_grammar(schema: JsonSchema, tokens: int) -> str:
    """A grammar for at most this many tokens of thoughts between marks, then JSON by the schema.

    Source: https://github.com/guidance-ai/llguidance, docs/syntax.md
    """
    opening, ending = _THINKING_MARKS
    return (
        "%llguidance {}\n"
        f'start: {opening} "thought\\n" thoughts {ending} answer\n'
        f"thoughts[max_tokens={max(1, tokens - _TOKENS_OF_MARKS)}]: /(.|\\n)*/\n"
        f"answer: %json {json.dumps(compact(schema))}\n"
    )


def _end(event: dict[str, Any]) -> Raw:
    timings = event.get("timings", {})
    reused = int(timings.get("cache_n", 0))
    usage = Usage(
        prompt=reused + int(timings.get("prompt_n", 0)),
        generated=int(timings.get("predicted_n", 0)),
        reused=reused,
        seconds=float(timings.get("predicted_ms", 0.0)) / 1e3,
    )
    truncated = event.get("stop_type") == "limit" or event.get("truncated")
    return Raw(finish=Finish.LENGTH if truncated else Finish.STOP, usage=usage)


def _reason(log: str) -> str:
    """The most informative line of llama.cpp's log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"error|fail|invalid", line, re.IGNORECASE)]
    return (telling or lines or ["no reason given"])[0][:300]
