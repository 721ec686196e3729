"""How long an answer takes on this machine: rates that were measured, carried over to other files.

An answer takes PROMPT_TOKENS / prefill rate + ANSWER_TOKENS / decode rate. Reading a prompt is
bound by arithmetic, so its rate falls with the number of weights; decoding reads all weights for
each token, so its rate falls with their bytes. A very small model has costs a token that a large
one hides, so what is carried over from it is rather too long.
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
    Place,
    best_for,
    need_of,
    parameters,
    place_of,
)
from agent.models.choice import Kind, ModelChoice, open_model, parse_model
from agent.models.gguf_file import read_header
from agent.models.llama_backend import has_llama, usable_cores
from agent.models.measurements import MeasurementFile
from corpora.errors import ModelNotFound
from corpora.home import Home

# Of a question on the demo literature: plan, write, verify, revise. Of the prompts, only what a
# prefix cache does not hold already.
PROMPT_TOKENS, ANSWER_TOKENS = 3_200, 600
# A file that takes longer for an answer is not recommended, in seconds.
PATIENCE = 600.0

_SECONDS = 10.0
_PROMPTS = (64, 512)  # tokens, about; the longer one only where the shorter one was quick
_STORY = "Tell a long story about a ship."
_SMALL = "smollm2"


@dataclass(frozen=True, slots=True)
class Rates:
    """What a model file did on this machine, in tokens a second.

    `weights` are counted, `bytes` are the file's; `place` is where it ran; `measured` is a date;
    `busy` says that other work took processors at that time.
    """

    model: str
    prefill: float
    decode: float
    weights: int
    bytes: int
    place: Place
    measured: str
    busy: bool = False

    def carried_to(self, weights: int, size: int) -> tuple[float, float]:
        """(prefill, decode) of a model of another size."""
        return self.prefill * self.weights / weights, self.decode * self.bytes / size


_RATES_FILE = MeasurementFile(Rates, lambda rates: rates.model)


@dataclass(frozen=True, slots=True)
class Wait:
    """How long an answer takes, in seconds, and the model that this was measured with."""

    seconds: float
    measured: bool
    by: str


def measure(home: Home, machine: Machine, named: str = "", *, seconds: float = _SECONDS) -> Rates:
    """Run a model for about so many seconds, and keep its rates in the data directory.

    Args:
        named: as `parse_model` reads it; "" takes a file of MedGemma that is here, else SmolLM2.

    Raises:
        ModelNotFound: no model file is here, or it is not one that runs on this machine.
        ModelError: it cannot be run.
    """
    choice = _installed(home, named)
    path = Path(choice.where)
    if choice.kind is not Kind.GGUF:
        raise ModelNotFound(f"{named} is no model file.", "Name a GGUF file, or smollm2.")
    if not has_llama():
        raise ModelNotFound(
            "Rates are measured on llama.cpp, which is not installed.",
            "Install it: pip install 'medcite[llama]'.",
        )
    busy = psutil.getloadavg()[0] > usable_cores() / 2
    model = open_model(choice)
    if model is None:
        raise RuntimeError("a file was opened as no model")
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
        Place.GPU if on_gpu else Place.MEMORY,
        datetime.now(UTC).date().isoformat(),
        busy,
    )
    _RATES_FILE.keep(home.speeds, rates)
    return rates


def read_rates(home: Home) -> dict[str, Rates]:
    """File name → rates that were kept; what cannot be read counts as not measured."""
    return _RATES_FILE.read(home.speeds)


def wait_for(
    file: GgufFile, machine: Machine, window: int, known: Mapping[str, Rates]
) -> Wait | None:
    """How long an answer of a file takes; None where nothing was measured that says so.

    What ran in one place says nothing of a file that would run in another.
    """
    place = place_of(need_of(file, window), machine)
    if place is Place.NOWHERE:
        return None
    if own := known.get(file.name):
        return Wait(_seconds(own.prefill, own.decode), True, own.model)
    alike = [rates for rates in known.values() if rates.place is place]
    if not alike:
        return None
    nearest = max(alike, key=lambda rates: rates.bytes)
    prefill, decode = nearest.carried_to(parameters(CONFIG_27B), file.bytes)
    return Wait(_seconds(prefill, decode), False, nearest.model)


def recommend(machine: Machine, window: int, known: Mapping[str, Rates]) -> GgufFile | None:
    """The file to take: the best that fits, or the largest below it that answers in `PATIENCE`.

    None where none fits, or all that fit take longer.
    """
    best = best_for(machine, window)
    if best is None:
        return None
    for file in sorted(FILES, key=lambda each: each.gib, reverse=True):
        if file.gib > best.gib or place_of(need_of(file, window), machine) is Place.NOWHERE:
            continue
        wait = wait_for(file, machine, window, known)
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
            "No model file is here to measure with.",
            "Get the very small one: medcite models pull smollm2",
        )
    return choice


def _rates(model: LanguageModel, seconds: float) -> tuple[float, float]:
    """(prefill, decode) in tokens a second, found in about so many seconds."""
    began = time.perf_counter()
    _stream(model, "Say yes.", 1)  # the first request also sets things up
    prefill = 0.0
    for tokens in _PROMPTS:
        text = " ".join(f"In trial {n} of drug {n}, {n * 7} died." for n in range(tokens // 12))
        asked = time.perf_counter()
        made = _stream(model, text, 1)
        took = time.perf_counter() - asked
        prefill = max(1, made.usage.prompt - (made.usage.reused or 0)) / took
        if took > seconds / 8:
            break
    left = max(seconds / 4, seconds - (time.perf_counter() - began))
    return prefill, _decode(model, left)


def _stream(model: LanguageModel, text: str, tokens: int) -> Generation:
    return model.generate(Request((Message(Role.USER, text),), max_tokens=tokens))


def _decode(model: LanguageModel, seconds: float) -> float:
    """Tokens a second after the first, for at most so many seconds."""
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
