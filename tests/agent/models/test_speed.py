"""Rates of a real small model, and what they say of MedGemma's files."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.models.catalogue import CONFIG_27B, GIB, Machine, Placement, find_file, parameters
from agent.models.gguf_file import read_header
from agent.models.speed import (
    ANSWER_TOKENS,
    PATIENCE,
    PROMPT_TOKENS,
    Rates,
    measure,
    read_rates,
    recommend,
    wait_for,
)
from corpora.errors import ModelNotFound
from corpora.home import Home

_WINDOW = 16_384
_MACHINE = Machine(0, 40 * GIB)
_FILE = find_file("Q4_K_M")
assert _FILE is not None
_WEIGHTS = parameters(CONFIG_27B)
# A file that is MedGemma's in all but name: what is carried over from it is what it did.
_ALIKE = Rates("alike.gguf", 100.0, 10.0, _WEIGHTS, _FILE.bytes, Placement.MEMORY, "2026-11-26")


def test_a_wait_is_prompt_over_prefill_and_answer_over_decode() -> None:
    wait = wait_for(_FILE, _MACHINE, _WINDOW, {"alike.gguf": _ALIKE})
    assert wait is not None
    assert wait.seconds == pytest.approx(PROMPT_TOKENS / 100 + ANSWER_TOKENS / 10)
    assert (wait.measured, wait.by) == (False, "alike.gguf")
    own = replace(_ALIKE, model=_FILE.name, decode=20.0)
    wait = wait_for(_FILE, _MACHINE, _WINDOW, {own.model: own, "alike.gguf": _ALIKE})
    assert wait is not None
    assert wait.measured
    assert wait.seconds == pytest.approx(PROMPT_TOKENS / 100 + ANSWER_TOKENS / 20)


def test_decode_falls_with_bytes_and_prefill_with_weights() -> None:
    prefill, decode = _ALIKE.carried_to(2 * _WEIGHTS, 4 * _FILE.bytes)
    assert (prefill, decode) == (pytest.approx(50.0), pytest.approx(2.5))


def test_what_ran_elsewhere_says_nothing() -> None:
    on_gpu = {"alike.gguf": replace(_ALIKE, place=Placement.GPU)}
    assert wait_for(_FILE, _MACHINE, _WINDOW, on_gpu) is None
    assert wait_for(_FILE, Machine(0, GIB), _WINDOW, {"alike.gguf": _ALIKE}) is None


def test_one_file_is_recommended_by_what_fits_and_by_the_wait() -> None:
    gpu = Machine(40 * GIB, 40 * GIB, "GPU")
    assert recommend(_MACHINE, _WINDOW, {}) == _FILE
    best = recommend(gpu, _WINDOW, {})
    assert best is not None
    assert best.gib > _FILE.gib
    slow = replace(_ALIKE, place=Placement.GPU, decode=ANSWER_TOKENS / (PATIENCE - 60))
    smaller = recommend(gpu, _WINDOW, {"alike.gguf": slow})
    assert smaller is not None
    assert smaller.gib < best.gib
    hopeless = replace(_ALIKE, prefill=0.1)
    assert recommend(_MACHINE, _WINDOW, {"alike.gguf": hopeless}) is None


@pytest.mark.enable_socket
def test_a_real_model_is_measured_and_its_rates_are_kept(smollm: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert read_rates(home) == {}
    rates = measure(home, Machine(0, 8 * GIB), str(smollm), seconds=1.0)
    assert rates.weights == read_header(smollm).weights == 134_515_008
    assert rates.prefill > 0
    assert rates.decode > 0
    assert read_rates(home) == {smollm.name: rates}
    home.speeds.write_text("[{")
    assert read_rates(home) == {}


def test_what_is_no_file_is_not_measured(tmp_path: Path) -> None:
    for named in ("http://localhost:1/v1", "none"):
        with pytest.raises(ModelNotFound):
            measure(Home(tmp_path), _MACHINE, named)
