"""The benchmark of decoding, on a Gemma 3 that a CPU decodes in a moment."""

import pytest
import torch

from evaluation.performance.decode_limit import measure
from tests.fakes import tiny_gemma


@pytest.mark.slow
def test_rates_are_of_one_run_and_stay_below_the_limit() -> None:
    config = tiny_gemma.config().to_dict()
    rates = measure(config, "cpu", prompt=32, tokens=16, compiled=False)
    assert torch.get_default_dtype() is torch.float32
    made = tiny_gemma.model()
    assert rates.weights == 2 * sum(weight.numel() for weight in made.parameters())
    assert rates.limit == pytest.approx(rates.bandwidth / rates.weights)
    assert 0 < rates.share == pytest.approx(rates.decode / rates.limit)
    assert rates.share < 1
