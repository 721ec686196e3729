"""The published files, and the memory they need, against what is really allotted."""

import re
from pathlib import Path

import gguf
import pytest
import torch
from transformers import DynamicCache, Gemma3ForCausalLM, Gemma3TextConfig

from agent.models.catalogue import (
    CONFIG_27B,
    FILES,
    GIB,
    Machine,
    Placement,
    best_for,
    find_file,
    kv_cache_bytes,
    kv_cache_formula,
    need_of,
    need_of_full_model,
    parameters,
    place_of,
)
from agent.models.gguf_file import read_header
from agent.models.hardware import this_machine
from agent.models.llama_backend import LlamaBackend, LlamaSettings
from agent.models.transformers_loading import complete, number_type
from tests.fakes import tiny_gemma


@pytest.fixture(scope="module")
def full() -> Gemma3ForCausalLM:
    """The 27B from its config, without its weights."""
    with torch.device("meta"):
        return Gemma3ForCausalLM(Gemma3TextConfig(**CONFIG_27B))


def test_all_24_files_are_there_with_their_names() -> None:
    assert len({file.quant for file in FILES}) == 24
    assert sum(file.gib for file in FILES) == pytest.approx(347.46)
    recommended = find_file("q4-k-m")
    assert recommended is not None
    assert recommended.name == "medgemma-27b-text-it-Q4_K_M.gguf"
    assert find_file("Q4") is None


def test_listed_sizes_are_gib_of_the_weights_that_the_config_gives() -> None:
    # Q8_0 holds 32 weights in 34 bytes; norms and metadata come on top.
    q8 = find_file("Q8_0")
    assert q8 is not None
    assert q8.bytes == pytest.approx(parameters(CONFIG_27B) * 34 / 32, rel=0.001)


def test_names_and_shapes_of_all_62_layers(full: Gemma3ForCausalLM) -> None:
    weights = {name: tuple(weight.shape) for name, weight in full.named_parameters()}
    assert len(weights) == 62 * 13 + 2
    layers = {int(m[1]) for name in weights if (m := re.match(r"model\.layers\.(\d+)\.", name))}
    assert layers == set(range(62))
    assert weights["model.embed_tokens.weight"] == (262_144, 5376)
    for layer in range(62):
        at = f"model.layers.{layer}."
        assert weights[at + "self_attn.q_proj.weight"] == (32 * 128, 5376)
        assert weights[at + "self_attn.k_proj.weight"] == (16 * 128, 5376)
        assert weights[at + "mlp.down_proj.weight"] == (5376, 21_504)
        attention = full.model.layers[layer].self_attn
        assert attention.scaling == pytest.approx(168**-0.5)
        assert attention.is_sliding is ((layer + 1) % 6 != 0)


def test_weights_and_number_type_of_the_full_model(full: Gemma3ForCausalLM) -> None:
    assert sum(weight.numel() for weight in full.parameters()) == parameters(CONFIG_27B)
    assert need_of_full_model(16_384).weights == pytest.approx(54.0e9, rel=0.01)
    assert number_type(full.config, on_gpu=False) is torch.bfloat16


@pytest.mark.parametrize("window", [100, 1024, 3000, 16_384])
def test_the_full_models_cache_is_what_transformers_allots(
    full: Gemma3ForCausalLM, window: int
) -> None:
    cache = DynamicCache(config=full.config)
    for layer in range(62):
        shape = (1, 16, window, 128)
        keys = torch.empty(shape, dtype=torch.bfloat16, device="meta")
        cache.update(keys, keys.clone(), layer)
    allotted = sum(
        part.numel() * part.element_size()
        for layer in cache.layers
        for part in (layer.keys, layer.values)
    )
    # A sliding layer keeps one position less: the next token brings its own.
    slack = 52 * 2 * 16 * 128 * 2 if window >= 1024 else 0
    assert kv_cache_bytes(CONFIG_27B, window) - allotted == slack


def test_a_small_gemmas_cache_is_what_transformers_really_allots() -> None:
    model = tiny_gemma.model()
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        model(torch.full((1, 200), 300), past_key_values=cache)
    allotted = sum(
        part.untyped_storage().nbytes()
        if part.is_contiguous()
        else part.numel() * part.element_size()
        for layer in cache.layers
        for part in (layer.keys, layer.values)
    )
    config = {**model.config.to_dict(), "sliding_window_pattern": 6}
    expected = kv_cache_bytes(config, 200, number=4)
    one_position = 6 * 2 * 2 * 64 * 4
    assert expected - one_position <= allotted <= expected


@pytest.mark.enable_socket
@pytest.mark.model
@pytest.mark.parametrize("window", [512, 2048])
def test_a_small_gemmas_cache_is_what_llama_cpp_really_allots(tmp_path: Path, window: int) -> None:
    path = tiny_gemma.save_gguf(tmp_path / "tiny.gguf", gguf.GGMLQuantizationType.F16)
    backend = LlamaBackend(path, LlamaSettings(window=window, verbosity=5))
    allotted = sum(float(m) for m in re.findall(r"KV buffer size = +([\d.]+) MiB", backend.log))
    backend.close()
    config = {**tiny_gemma.config().to_dict(), "sliding_window_pattern": 6}
    assert allotted * 2**20 == kv_cache_bytes(config, window, llama=True)


def test_the_formula_shown_is_the_one_computed() -> None:
    for window in (16_384, 131_072):
        text = kv_cache_formula(window).replace(",", "").replace(" x ", " * ")
        numbers = [int(n) for n in re.findall(r"\d+", text)]
        two, heads, head, size, layers, positions, locals_, near = numbers
        shown = two * heads * head * size * (layers * positions + locals_ * near)
        assert shown == kv_cache_bytes(CONFIG_27B, window, llama=True)


def test_what_fits_where() -> None:
    q4, q8 = find_file("Q4_K_M"), find_file("Q8_0")
    assert q4 is not None
    assert q8 is not None
    big = Machine(gpu=80 * GIB, memory=100 * GIB)
    consumer = Machine(gpu=24 * GIB, memory=32 * GIB)
    laptop = Machine(gpu=8 * GIB, memory=20 * GIB)
    mac = Machine(0, memory=28 * GIB, shared=True)
    plain = Machine(0, memory=22 * GIB)
    small = Machine(0, memory=6 * GIB)
    assert place_of(need_of(q8, 16_384), big) is Placement.GPU
    assert place_of(need_of(q4, 16_384), consumer) is Placement.GPU
    assert place_of(need_of(q8, 16_384), consumer) is Placement.BOTH
    assert place_of(need_of(q4, 16_384), laptop) is Placement.BOTH
    assert place_of(need_of(q4, 16_384), mac) is Placement.GPU
    assert place_of(need_of(q4, 16_384), plain) is Placement.MEMORY
    assert place_of(need_of(q4, 131_072), plain) is Placement.NOWHERE
    best = {name: best_for(m, 16_384) for name, m in
            {"big": big, "consumer": consumer, "plain": plain, "small": small}.items()}  # fmt: skip
    named = {name: file.quant if file else None for name, file in best.items()}
    assert named == {"big": "UD-Q8_K_XL", "consumer": "Q6_K", "plain": "Q4_K_M", "small": None}


def test_this_machine_has_memory() -> None:
    assert GIB < this_machine().memory < 2**50


def test_a_files_header_gives_what_transformers_leaves_out(tmp_path: Path) -> None:
    path = tiny_gemma.save_gguf(tmp_path / "tiny.gguf", gguf.GGMLQuantizationType.F16)
    header = read_header(path)
    assert header.architecture == "gemma3"
    assert (header.query_scale(), header.rope_factor()) == (64, 8.0)
    config = Gemma3TextConfig(**{**CONFIG_27B, "rope_scaling": None, "query_pre_attn_scalar": 256})
    own = {
        "general.architecture": "gemma3",
        "gemma3.block_count": 62,
        "gemma3.embedding_length": 5376,
        "gemma3.attention.head_count": 32,
        "gemma3.attention.key_length": 128,
        "gemma3.rope.scaling.type": "linear",
        "gemma3.rope.scaling.factor": 8.0,
    }
    complete(config, object(), type(header)(own, frozenset()))  # type: ignore[arg-type]
    assert config.query_pre_attn_scalar == 168
    published = Gemma3TextConfig(**CONFIG_27B).rope_parameters["full_attention"]
    assert config.rope_parameters["full_attention"] == published
