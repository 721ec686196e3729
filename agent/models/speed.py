"""Estimate how long an answer takes on this machine, from rates measured with another model file.

An answer takes PROMPT_TOKENS / prefill rate + ANSWER_TOKENS / decode rate. Prefill is bound by
arithmetic, so its rate falls with the number of weights; decoding reads all weights for each token,
so its rate falls with their bytes. A very small model has a relatively high overhead per token, so
estimates from it are too long rather than too short.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import psutil

from agent.models.base import Generation, LanguageModel, Message, Request, Role
from agent.models.catalogue import (
    CONFIG_27B,
    FILES,
    GgufFile,
    Machine,
    Placement,
    best_for,
    need_of,
    parameters,
    place_of,
)
from agent.models.choice import ModelChoice, ModelKind, open_model, parse_model
from agent.models.gguf_file import read_header
from agent.models.llama_backend import has_llama, usable_cores
from agent.models.measurements import MeasurementFile
from corpora.errors import ModelNotFound
from corpora.home import Home

# For one question on the demo literature: plan, write, verify, revise. Prompt tokens that a prefix
# cache contains are not counted.
PROMPT_TOKENS, ANSWER_TOKENS = 3_200, 600
# A file that needs more seconds than this for an answer is not recommended.
PATIENCE = 600.0

_BUDGET = 10.0
_PROMPTS = (64, 512)  # approximate tokens; the longer one only if the shorter one was quick
_STORY = "Tell a long story about a ship."
_SMALL = "smollm2"


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of a model file on this machine, in tokens per second.

    `weights` is their number, `bytes` the file's size; `place` is where it ran; `measured` is a
    date; `busy` tells whether other work occupied the processors at that time.
    """

    model: str
    prefill: float
    decode: float
    weights: int
    bytes: int
    place: Placement
    measured: str
    busy: bool = False

    def carried_to(self, weights: int, size: int) -> tuple[float, float]:
        """(prefill, decode) estimated for a model of another size."""
        return self.prefill * self.weights / weights, self.decode * self.bytes / size


_RATES_FILE = MeasurementFile(Rates, lambda rates: rates.model)


@dataclass(frozen=True, slots=True)
class Wait:
    """The seconds that an answer takes, whether they were measured, and with which model."""

    seconds: float
    measured: bool
    by: str


def measure(home: Home, machine: Machine, named: str = "", *, seconds: float = _BUDGET) -> Rates:
    """Run a model for about this many seconds, and store its rates in the data directory.

    Args:
        named: a string for `parse_model`; "" selects an installed MedGemma file, otherwise SmolLM2.

    Raises:
        ModelNotFound: there is no model file, or the choice is not a file run on this machine.
        ModelError: the model cannot be run.
    """
    choice = _installed(home, named)
    path = Path(choice.where)
    if choice.kind is not ModelKind.GGUF:
        raise ModelNotFound(f"{named} is not a model file.", "Name a GGUF file, or smollm2.")
    if not has_llama():
        raise ModelNotFound(
            "Rates are measured on llama.cpp, which is not installed.",
            "Install it: pip install 'medcite[llama]'.",
        )
    busy = psutil.getloadavg()[0] > usable_cores() / 2
    model = open_model(choice)
    if model is None:
        raise RuntimeError("a model file was opened as no model")
    try:
        prefill, decode = _rates(model, seconds)
    finally:
        model.close()
    on_gpu = machine.shared or machine.gpu > path.stat().st_size
    rates = Rates(
        path.name,
        round(prefill, 2),
        round(decode, 2),
        read_header(path).weights,
        path.stat().st_size,
        Placement.GPU if on_gpu else Placement.MEMORY,
        datetime.now(UTC).date().isoformat(),
        busy,
    )
    _RATES_FILE.keep(home.speeds, rates)
    return rates


def read_rates(home: Home) -> dict[str, Rates]:
    """File name → stored rates; a file that cannot be read counts as not measured."""
    return _RATES_FILE.read(home.speeds)


def wait_for(
    file: GgufFile, machine: Machine, window: int, all_rates: Mapping[str, Rates]
) -> Wait | None:
    """Estimate how long an answer of a file takes; None without a measurement in the same place.

    Rates from one place do not carry over to a file that would run in another.
    """
    place = place_of(need_of(file, window), machine)
    if place is Placement.NOWHERE:
        return None
    if measured := all_rates.get(file.name):
        return Wait(_seconds(measured.prefill, measured.decode), True, measured.model)
    same_place = [rates for rates in all_rates.values() if rates.place is place]
    if not same_place:
        return None
    nearest = max(same_place, key=lambda rates: rates.bytes)
    prefill, decode = nearest.carried_to(parameters(CONFIG_27B), file.bytes)
    return Wait(_seconds(prefill, decode), False, nearest.model)


def recommend(machine: Machine, window: int, all_rates: Mapping[str, Rates]) -> GgufFile | None:
    """Recommend the best file that fits, or the largest below it that answers within `PATIENCE`.

    None where none fits, or all that fit take longer.
    """
    best = best_for(machine, window)
    if best is None:
        return None
    for file in sorted(FILES, key=lambda candidate: candidate.gib, reverse=True):
        if file.gib > best.gib or place_of(need_of(file, window), machine) is Placement.NOWHERE:
            continue
        wait = wait_for(file, machine, window, all_rates)
        if wait is None or wait.seconds <= PATIENCE:
            return best if file.gib == best.gib else file
    return None


def _seconds(prefill: float, decode: float) -> float:
    return PROMPT_TOKENS / prefill + ANSWER_TOKENS / decode


def _installed(home: Home, named: str) -> ModelChoice:
    if named:
        return parse_model(named, home)
    for file in FILES:
        if (home.models / file.name).is_file():
            return parse_model(f"medgemma-27b:{file.quant}", home)
    choice = parse_model(_SMALL, home)
    if not Path(choice.where).is_file():
        raise ModelNotFound(
            "There is no model file to measure with.",
            "Get the very small one: medcite models pull smollm2",
        )
    return choice


def _rates(model: LanguageModel, seconds: float) -> tuple[float, float]:
    """(prefill, decode) in tokens per second, measured in about this many seconds."""
    start = time.perf_counter()
    _stream(model, "Say yes.", 1)  # the first request includes the set-up
    prefill = 0.0
    for tokens in _PROMPTS:
        text = " ".join(f"In trial {n} of drug {n}, {n * 7} died." for n in range(tokens // 12))
        sent = time.perf_counter()
        generation = _stream(model, text, 1)
        elapsed = time.perf_counter() - sent
        prefill = max(1, generation.usage.prompt - (generation.usage.reused or 0)) / elapsed
        if elapsed > seconds / 8:
            break
    remaining = max(seconds / 4, seconds - (time.perf_counter() - start))
    return prefill, _decode(model, remaining)


def _stream(model: LanguageModel, text: str, tokens: int) -> Generation:
    return model.generate(Request((Message(Role.USER, text),), max_tokens=tokens))


def _decode(model: LanguageModel, seconds: float) -> float:
    """Tokens per second after the first, measured for at most this many seconds."""
    cancel, first, last, pieces = Event(), 0.0, 0.0, 0
    request = Request((Message(Role.USER, _STORY),), max_tokens=512)
    for item in model.stream(request, cancel):
        if isinstance(item, Generation):
            break
        last = time.perf_counter()
        first = first or last
        pieces += 1
        if last - first > seconds:
            cancel.set()
    return max(1, pieces - 1) / max(last - first, 1e-3)
