"""The shipped cross-encoder: computed in batches and in part, it says what the plain model says."""

from __future__ import annotations

import numpy as np
import torch

from agent.verification.cross_encoder import MOST_TOKENS, Network, weights_folder

_LONG = "Mortality fell in the treated group. " * 60
_PAIRS = [
    ("Aspirin lowered fever.", "Aspirin lowered fever in adults."),
    ("Aspirin lowered fever.", _LONG),
    (_LONG, "Aspirin lowered fever."),
    ("Statins reduce mortality.", ""),
    *((f"Dose {i} was safe.", "It was safe at every dose. " * (i % 7)) for i in range(40)),
]


def test_outputs_are_those_of_the_whole_model_on_each_pair_alone() -> None:
    network = Network.load(weights_folder(), dtype=torch.float32)
    found = network.outputs(_PAIRS)
    with torch.inference_mode():
        alone = [network.model(**network.encode([pair])).logits[0].numpy() for pair in _PAIRS]
    np.testing.assert_allclose(found, alone, atol=1e-4)
    assert np.ptp(found, axis=0).max() > 0.5


def test_no_more_than_the_stated_tokens_are_read() -> None:
    network = Network.load(weights_folder(), dtype=torch.float32)
    longer = [("Aspirin lowered fever.", _LONG), ("Aspirin lowered fever.", _LONG + "It rose.")]
    assert network.encode(longer)["input_ids"].shape == (2, MOST_TOKENS)
    first, second = network.outputs(longer)
    np.testing.assert_allclose(first, second, atol=1e-4)
