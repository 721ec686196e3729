"""Speed of each backend on the same GGUF file, and the overhead that Medcite adds.

All rates are from one run on one machine with the backends alternating, so they are comparable with
each other; absolute values mainly reflect the machine. Medians of `rounds`.

- decode: tokens per second after the first token, greedy, at Medcite's own interface.
- first token, cold: seconds until the first piece of an answer over new evidence.
- first token, warm: the same for another task over the same evidence; `reused` and `read` are the
  server's own counts of prompt tokens.
- overhead: time per token of Medcite and the transport beyond the model: time at our interface
  minus the server's own decoding time; in process, processor time minus that of the bare backend's
  batch call.
- manners: time per token of `ChatModel` alone, measured on recorded output.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from agent.models.base import (
    GREEDY,
    Backend,
    Finish,
    Generation,
    Message,
    Raw,
    Request,
    Role,
    Usage,
)
from agent.models.chat_model import ChatModel
from agent.models.endpoint_backend import EndpointBackend
from agent.models.llama_backend import LlamaBackend, LlamaSettings, usable_cores
from evaluation.report import Figure, Report

_WINDOW = 4_096
_STORY = "Tell a long story about a ship."
_TASKS = ("Write an answer in one sentence.", "Which of these drugs was given to most adults?")


@dataclass(frozen=True, slots=True)
class Speed:
    """One backend's figures; seconds, tokens per second, counts of prompt tokens."""

    backend: str
    decode: float
    prompt: int
    cold: float
    warm: float
    reused: int | None
    read: int | None
    milliseconds_a_token: float
    overhead_microseconds: float | None


def measure(file: Path, *, rounds: int = 3, passages: int = 40, tokens: int = 96) -> list[Speed]:
    """The speeds of transformers, llama.cpp and an endpoint on one file.

    Raises:
        ModelError: the file cannot be run.
    """
    import torch

    from agent.models.transformers_loading import load

    torch.set_num_threads(max(1, usable_cores() - 1))  # as many as llama.cpp uses
    with ExitStack() as stack:
        llama = stack.enter_context(closing(LlamaBackend(file, LlamaSettings(window=_WINDOW))))
        endpoint = stack.enter_context(closing(EndpointBackend(llama.url, key=llama.key)))
        in_process = load(str(file.parent), gguf=file.name, window=_WINDOW)
        stack.callback(in_process.close)
        backends: dict[str, Backend] = {
            "transformers": in_process,
            "llama.cpp": llama,
            "endpoint": endpoint,
        }
        results: dict[str, list[_Round]] = {name: [] for name in backends}
        for number in range(rounds):
            for name, backend in backends.items():
                evidence = _evidence(f"{name} {number}", passages)
                results[name].append(_round(backend, evidence, tokens))
        return [_speed(name, measured) for name, measured in results.items()]


def report(speeds: Sequence[Speed], manners: float) -> Report:
    """A row of figures for each backend, and the time per token of `ChatModel` alone."""
    fastest = max(speed.decode for speed in speeds)
    figures = []
    for s in speeds:
        values = {
            "tokens per second": s.decode,
            "of the fastest": s.decode / fastest,
            "first token, cold (s)": s.cold,
            "first token, warm (s)": s.warm,
            "prompt tokens": s.prompt,
            "reused": s.reused,
            "read": s.read,
            "ms per token": s.milliseconds_a_token,
            "overhead per token (µs)": s.overhead_microseconds,
        }
        figures += [Figure(name, value, group=s.backend) for name, value in values.items()]
    alone = Figure("overhead per token (µs)", manners, group="ChatModel alone")
    return Report("models", [*figures, alone])


def manners_microseconds(tokens: int = 20_000) -> float:
    """Microseconds per token of `ChatModel`: splitting, stop texts, loop detection."""
    backend = _Recorded(tokens)
    model = ChatModel(backend)
    began = time.perf_counter()
    for _ in model.stream(Request((Message(Role.USER, "x"),), max_tokens=tokens)):
        pass
    with_manners = time.perf_counter() - began
    began = time.perf_counter()
    for _ in backend.complete(Request(()), Event()):
        pass
    return 1e6 * (with_manners - (time.perf_counter() - began)) / tokens


@dataclass(frozen=True, slots=True)
class _Round:
    rate: float
    prompt: int
    cold: float
    warm: float
    reused: int | None
    overhead: float | None


def _round(backend: Backend, evidence: str, decoded: int) -> _Round:
    model = ChatModel(backend)
    cold, _, first = _stream(model, f"{evidence}\n\n{_TASKS[0]}", 4)
    warm, _, second = _stream(model, f"{evidence}\n\n{_TASKS[1]}", 4)
    worked = time.process_time()
    _, rate, story = _stream(model, _STORY, decoded)
    worked = time.process_time() - worked
    tokens = story.usage.generated
    overhead = None
    if story.usage.seconds:
        overhead = 1 / rate - story.usage.seconds / tokens
    elif backend.remote is None and not isinstance(backend, EndpointBackend):
        overhead = (worked - _bare(backend, decoded)) / tokens
    return _Round(rate, first.usage.prompt, cold, warm, second.usage.reused, overhead)


def _bare(backend: Backend, decoded: int) -> float:
    """Processor seconds of the same story without streaming and without `ChatModel`. Processor
    time, since other load changes wall-clock time by more than the difference to be measured.
    """
    request = Request((Message(Role.USER, _STORY),), max_tokens=decoded, sampling=GREEDY)
    worked = time.process_time()
    backend.complete_many([request], Event())
    return time.process_time() - worked


def _stream(model: ChatModel, text: str, tokens: int) -> tuple[float, float, Generation]:
    """(seconds to the first piece, tokens per second after it, the generation)."""
    request = Request((Message(Role.USER, text),), max_tokens=tokens, sampling=GREEDY)
    began = time.perf_counter()
    first = last = 0.0
    generation = Generation("")
    for item in model.stream(request):
        last = time.perf_counter()
        first = first or last
        if isinstance(item, Generation):
            generation = item
    return first - began, (generation.usage.generated - 1) / max(last - first, 1e-9), generation


def _speed(name: str, rounds: Sequence[_Round]) -> Speed:
    reused = rounds[-1].reused
    decode = statistics.median(r.rate for r in rounds)
    overheads = [r.overhead for r in rounds if r.overhead is not None]
    return Speed(
        name,
        decode,
        rounds[-1].prompt,
        statistics.median(r.cold for r in rounds),
        statistics.median(r.warm for r in rounds),
        reused,
        None if reused is None else rounds[-1].prompt - reused,
        1e3 / decode,
        1e6 * statistics.median(overheads) if overheads else None,
    )


def _evidence(seed: str, passages: int) -> str:
    """Evidence that differs from that of every earlier round from its first word on."""
    lines = [
        f"[{i}] Of {i * 31} adults given drug {i}, {i * 7} had died after {i} months."
        for i in range(1, passages + 1)
    ]
    return f"Passages for {seed}:\n\n" + "\n".join(lines)


class _Recorded:
    """A backend that emits recorded text at once."""

    name, architecture, window, remote = "recorded", "gemma3", 131_072, None
    thinks_under_schema = False

    def __init__(self, tokens: int) -> None:
        self._pieces = [f" word{i % 997}" for i in range(tokens)]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return 1

    def complete(self, request: Request, cancel: Event) -> Generator[Raw, None, None]:
        for piece in self._pieces:
            yield Raw(piece)
        yield Raw(finish=Finish.STOP, usage=Usage(1, len(self._pieces), 0))

    def complete_many(self, requests: Sequence[Request], cancel: Event) -> list[list[Raw]]:
        return [list(self.complete(request, cancel)) for request in requests]

    def close(self) -> None:
        """Nothing to release."""
