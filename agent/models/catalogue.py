"""MedGemma 27B's published files, the memory each needs, and which one fits a machine.

Memory = weights + KV cache + overhead.

- Weights: the file's size; for the full model 2 bytes per parameter.
- KV cache: 2 (keys and values) x KV heads x head size x bytes per number x positions, summed over
  layers. A global layer keeps every position of the window; a local layer only its sliding window,
  and in llama.cpp the current batch as well, rounded up to 256.
- Overhead: an allowance for compute buffers, drivers, and the process itself.
- Aside, in main memory: copies of the local layers' windows, from which llama.cpp reuses a prefix
  that it has read before.

The sizes in the published list are labelled GB but are GiB: Q8_0 takes 8.5 bits per weight, which
is 28.7e9 bytes for 27.0e9 weights, and is listed as 26.74.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

GIB = 2**30
MOST_WINDOW = 131_072
HUB_NAME = "google/medgemma-27b-text-it"
GGUF_HUB_NAME = "unsloth/medgemma-27b-text-it-GGUF"
RECOMMENDED = "Q4_K_M"

# config.json of google/medgemma-27b-text-it: Gemma 3 27B's text model.
CONFIG_27B: Mapping[str, Any] = {
    "architectures": ["Gemma3ForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "attn_logit_softcapping": None,
    "bos_token_id": 2,
    "eos_token_id": [1, 106],
    "final_logit_softcapping": None,
    "head_dim": 128,
    "hidden_activation": "gelu_pytorch_tanh",
    "hidden_size": 5376,
    "initializer_range": 0.02,
    "intermediate_size": 21504,
    "max_position_embeddings": 131_072,
    "model_type": "gemma3_text",
    "num_attention_heads": 32,
    "num_hidden_layers": 62,
    "num_key_value_heads": 16,
    "pad_token_id": 0,
    "query_pre_attn_scalar": 168,
    "rms_norm_eps": 1e-06,
    "rope_local_base_freq": 10_000,
    "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
    "rope_theta": 1_000_000,
    "sliding_window": 1024,
    "sliding_window_pattern": 6,
    "use_cache": True,
    "vocab_size": 262_144,
}

_UBATCH, _PADDING = 512, 256
CHECKPOINTS = 3
# In addition to weights and cache: compute buffers and the driver.
OVERHEAD = int(1.2 * GIB)
# Main memory left to the rest of the machine when a model runs in it.
_LEFT_FREE = 2 * GIB


@dataclass(frozen=True, slots=True)
class GgufFile:
    """One published file: its quantisation and its size in GiB."""

    quant: str
    gib: float

    @property
    def name(self) -> str:
        return f"medgemma-27b-text-it-{self.quant}.gguf"

    @property
    def bytes(self) -> int:
        return int(self.gib * GIB)


FILES = tuple(
    GgufFile(quant, gib)
    for quant, gib in (
        ("UD-IQ1_S", 6.06),
        ("UD-IQ1_M", 6.51),
        ("UD-IQ2_XXS", 7.31),
        ("UD-IQ2_M", 8.96),
        ("Q2_K", 9.78),
        ("Q2_K_L", 9.78),
        ("UD-Q2_K_XL", 9.95),
        ("UD-IQ3_XXS", 10.07),
        ("Q3_K_S", 11.33),
        ("Q3_K_M", 12.51),
        ("UD-Q3_K_XL", 12.76),
        ("IQ4_XS", 13.75),
        ("IQ4_NL", 14.5),
        ("Q4_K_S", 14.6),
        ("Q4_K_M", 15.41),
        ("UD-Q4_K_XL", 15.67),
        ("Q4_1", 15.99),
        ("Q5_K_S", 17.48),
        ("Q5_K_M", 17.95),
        ("UD-Q5_K_XL", 17.99),
        ("Q6_K", 20.64),
        ("UD-Q6_K_XL", 22.1),
        ("Q8_0", 26.74),
        ("UD-Q8_K_XL", 29.62),
    )
)


def find_file(quant: str) -> GgufFile | None:
    """The published file of a quantisation, ignoring case and hyphens or underscores."""
    wanted = quant.casefold().replace("-", "_")
    for file in FILES:
        if file.quant.casefold().replace("-", "_") == wanted:
            return file
    return None


def parameters(config: Mapping[str, Any]) -> int:
    """The number of weights of a Gemma 3 text model; tied embeddings are counted once."""
    hidden, inner, head = config["hidden_size"], config["intermediate_size"], config["head_dim"]
    queries, keys = config["num_attention_heads"] * head, config["num_key_value_heads"] * head
    attention = hidden * (2 * queries + 2 * keys) + 2 * head
    layer = attention + 3 * hidden * inner + 4 * hidden
    total: int = config["num_hidden_layers"] * layer + config["vocab_size"] * hidden + hidden
    return total


def kv_cache_bytes(
    config: Mapping[str, Any], window: int, *, number: int = 2, llama: bool = False
) -> int:
    """Bytes of the KV cache for `window` positions.

    Args:
        config: a Gemma 3 text config.
        number: bytes per number; 2 for float16 and bfloat16.
        llama: as allocated by llama.cpp, otherwise as by transformers.
    """
    local: int = config["sliding_window"]
    if llama:
        window = -(-window // _PADDING) * _PADDING
        local = -(-(local + _UBATCH) // _PADDING) * _PADDING
    pattern: int = config["sliding_window_pattern"]
    layers: int = config["num_hidden_layers"]
    full = layers // pattern
    positions = full * window + (layers - full) * min(local, window)
    numbers: int = 2 * config["num_key_value_heads"] * config["head_dim"]
    return numbers * number * positions


def checkpoint_bytes(config: Mapping[str, Any], window: int) -> int:
    """Bytes of one copy of the windows of all local layers."""
    layers: int = config["num_hidden_layers"]
    pattern: int = config["sliding_window_pattern"]
    local = layers - layers // pattern
    heads: int = config["num_key_value_heads"]
    head: int = config["head_dim"]
    positions: int = min(config["sliding_window"], window)
    return 2 * 2 * heads * head * local * positions


def kv_cache_formula(window: int) -> str:
    """The formula of MedGemma 27B's KV cache on llama.cpp, with its numbers."""
    config = CONFIG_27B
    layers, pattern = config["num_hidden_layers"], config["sliding_window_pattern"]
    full = layers // pattern
    local = -(-(config["sliding_window"] + _UBATCH) // _PADDING) * _PADDING
    return (
        f"2 x {config['num_key_value_heads']} KV heads x {config['head_dim']} x 2 bytes x"
        f" ({full} global layers x {window:,} + {layers - full} local layers x"
        f" {min(local, window):,} positions)"
    )


@dataclass(frozen=True, slots=True)
class Need:
    """The bytes that a model needs, by purpose."""

    weights: int
    cache: int
    aside: int = 0
    overhead: int = OVERHEAD

    @property
    def fast(self) -> int:
        """The bytes needed on the device that computes the model."""
        return self.weights + self.cache + self.overhead

    @property
    def total(self) -> int:
        return self.fast + self.aside


def need_of(file: GgufFile, window: int) -> Need:
    """The memory that a file of MedGemma 27B needs on llama.cpp."""
    cache = kv_cache_bytes(CONFIG_27B, window, llama=True)
    return Need(file.bytes, cache, CHECKPOINTS * checkpoint_bytes(CONFIG_27B, window))


def need_of_full_model(window: int, *, bits: float = 16) -> Need:
    """The memory that the model needs in transformers, also from GGUF files, which are unpacked to
    bfloat16.
    """
    weights = int(parameters(CONFIG_27B) * bits / 8)
    return Need(weights, kv_cache_bytes(CONFIG_27B, window))


class Placement(StrEnum):
    """Where a model would run."""

    GPU = "GPU"
    BOTH = "GPU and memory"
    MEMORY = "memory"
    NOWHERE = "does not fit"


@dataclass(frozen=True, slots=True)
class Machine:
    """Free memory in bytes: of all GPUs together, and main memory.

    `shared`: the GPU uses main memory, as Apple's do.
    """

    gpu: int
    memory: int
    gpu_name: str = ""
    shared: bool = False


def place_of(need: Need, machine: Machine) -> Placement:
    """The fastest place on this machine that a model with this need fits into."""
    free = max(0, machine.memory - _LEFT_FREE)
    if machine.shared:
        return Placement.GPU if need.total <= free else Placement.NOWHERE
    if machine.gpu and need.fast <= machine.gpu and need.aside <= free:
        return Placement.GPU
    if need.total <= free:
        return Placement.BOTH if machine.gpu else Placement.MEMORY
    if machine.gpu and need.total <= machine.gpu + free:
        return Placement.BOTH
    return Placement.NOWHERE


def best_for(machine: Machine, window: int) -> GgufFile | None:
    """The best file: the largest that fits the GPU; otherwise the largest up to the recommended
    one, since each token reads all weights from slow memory; None where none fits.
    """
    places = {file: place_of(need_of(file, window), machine) for file in FILES}
    on_gpu = [file for file, place in places.items() if place is Placement.GPU]
    if on_gpu:
        return max(on_gpu, key=lambda file: file.gib)
    most = next(file.gib for file in FILES if file.quant == RECOMMENDED)
    rest = [f for f, place in places.items() if place is not Placement.NOWHERE and f.gib <= most]
    return max(rest, key=lambda file: file.gib, default=None)
