"""Decoding speed of Gemma 3 relative to the limit set by memory bandwidth.

    medcite evaluate decode-limit

Decoding one token at a time reads every weight once, so it cannot be faster than bandwidth / bytes
of weights. Bandwidth is measured by copying, on the same device in the same run. Weights are
random, since speed does not depend on their values. Embeddings are tied, so they count once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, GenerationConfig, PreTrainedModel

from evaluation.report import Figure, Report

_COPIED = 1 << 28
_COPIES = 10


@dataclass(frozen=True, slots=True)
class Rates:
    """Seconds to create the model (`made`), bytes of its weights, and tokens per second.

    `limit` is the maximum that bandwidth allows, `share` the part of it that decoding reached.
    """

    made: float
    weights: int
    bandwidth: float
    prefill: float
    decode: float
    limit: float
    share: float


def report(measured: Mapping[str, Rates]) -> Report:
    """A row of figures for each way of decoding."""
    figures = [
        Figure(name, value, group=way)
        for way, rates in measured.items()
        for name, value in asdict(rates).items()
    ]
    return Report("decode-limit", figures)


def measure(
    config: Mapping[str, Any], device: str, *, prompt: int, tokens: int, compiled: bool
) -> Rates:
    """Rates of a random model of this config in bfloat16.

    Args:
        prompt: tokens to read first.
        tokens: tokens to decode.
        compiled: decode with a static cache and compiled code, else eagerly with a growing cache.

    Raises:
        torch.OutOfMemoryError: the model does not fit.
    """
    began = time.perf_counter()
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device(device):
            model = Gemma3ForCausalLM(Gemma3TextConfig(**config))
    finally:
        torch.set_default_dtype(default)
    model.generation_config = GenerationConfig()
    _wait(device)
    seconds_to_create = time.perf_counter() - began
    weights = sum(weight.numel() * weight.element_size() for weight in model.parameters())
    ids = torch.randint(3, int(config["vocab_size"]), (1, prompt), device=device)
    generate = cast("Callable[..., torch.Tensor]", cast("PreTrainedModel", model).generate)

    def take(count: int) -> float:
        settings: dict[str, Any] = {"cache_implementation": "static"} if compiled else {}
        # No token ends generation early, so the length is always the same.
        config = GenerationConfig(
            max_new_tokens=count, min_new_tokens=count, pad_token_id=0, **settings
        )
        _wait(device)
        start = time.perf_counter()
        with torch.inference_mode():
            generate(input_ids=ids, generation_config=config)
        _wait(device)
        return time.perf_counter() - start

    take(tokens)  # compiles, and warms caches
    take(1)
    first, whole = take(1), take(tokens)
    decode = (tokens - 1) / max(whole - first, 1e-9)
    bandwidth = _bandwidth(device)
    limit = bandwidth / weights
    return Rates(
        seconds_to_create, weights, bandwidth, prompt / first, decode, limit, decode / limit
    )


def _bandwidth(device: str) -> float:
    """Bytes per second read and written when copying memory."""
    source = torch.empty(_COPIED, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    target.copy_(source)
    _wait(device)
    began = time.perf_counter()
    for _ in range(_COPIES):
        target.copy_(source)
    _wait(device)
    return 2 * _COPIED * _COPIES / (time.perf_counter() - began)


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
