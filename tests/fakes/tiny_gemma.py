"""A random Gemma 3 small enough to make in a test: sliding and global layers, a character
tokenizer with Gemma's special tokens; as a folder of safetensors and as GGUF files."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from agent.models.chat_model import CHAT_TEMPLATE

_SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<unused94>", "<unused95>")
_TURNS = ("<start_of_turn>", "<end_of_turn>")
_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
_CHARACTERS = tuple("▁\n" + "".join(map(chr, range(33, 127))))
VOCABULARY = (*_SPECIAL, *_TURNS, *_BYTES, *_CHARACTERS)

LAYERS, WINDOW = 7, 32


def config(**changes: Any) -> Gemma3TextConfig:
    """Five local layers, a global one, and one more local; sizes that all quantisations can cut."""
    settings: dict[str, Any] = {
        "vocab_size": len(VOCABULARY),
        "hidden_size": 256,
        "intermediate_size": 512,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 64,
        "query_pre_attn_scalar": 64,
        "sliding_window": WINDOW,
        "max_position_embeddings": 2048,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 2,
        "rope_theta": 1_000_000.0,
        "rope_local_base_freq": 10_000.0,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
    }
    return Gemma3TextConfig(**(settings | changes))


def model(seed: int = 0, **changes: Any) -> Gemma3ForCausalLM:
    """Random weights, spread widely enough that greedy decoding has something to choose from."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = Gemma3ForCausalLM(config(**changes)).eval()
        for name, weight in made.named_parameters():
            scale = 0.3 if "norm" in name else 0.02 if "embed" in name else 0.12
            weight.data.normal_(0.0, scale)
        # Embeddings are tied: what has none is never generated, and text remains.
        made.model.embed_tokens.weight.data[: len(VOCABULARY) - len(_CHARACTERS)] *= 0.01
    return made


def scripted(*chain: str) -> Gemma3ForCausalLM:
    """A model that says each token of `chain` after the one before it, whatever came earlier.

    Attention and feed-forward add nothing, so what comes next depends on the last token alone.
    """
    made = model(tie_word_embeddings=False)
    state = made.state_dict()
    for name, weight in state.items():
        if "o_proj" in name or "down_proj" in name:
            weight.zero_()
    embeddings = state["model.embed_tokens.weight"].normal_()
    output = state["lm_head.weight"].zero_()
    tokens = [VOCABULARY.index(token) for token in chain]
    for last, following in itertools.pairwise(tokens):
        output[following] += embeddings[last] / embeddings[last].norm()
    return made


def save_folder(
    folder: Path, weights: Gemma3ForCausalLM | None = None, *, template: bool = True
) -> Path:
    """Weights, config and tokenizer as `from_pretrained` wants them."""
    (weights or model()).save_pretrained(folder)
    made = Tokenizer(
        models.BPE(
            {token: i for i, token in enumerate(VOCABULARY)},
            [],
            byte_fallback=True,
            unk_token="<unk>",
        )
    )
    made.normalizer = normalizers.Replace(" ", "▁")
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    made.add_special_tokens([AddedToken(t, special=True) for t in (*_SPECIAL[:4], *_TURNS)])
    made.add_tokens([AddedToken(t, special=False) for t in _SPECIAL[4:]])
    made.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": "<pad>",
        "eos_token": "<eos>",
        "bos_token": "<bos>",
        "unk_token": "<unk>",
        "clean_up_tokenization_spaces": False,
    }
    if template:
        settings["chat_template"] = CHAT_TEMPLATE
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def save_gguf(
    path: Path,
    kind: gguf.GGMLQuantizationType,
    weights: Gemma3ForCausalLM | None = None,
    *,
    template: bool = True,
) -> Path:
    """The same model as `save_folder`'s with its matrices in one tensor type.

    Types that gguf cannot make hold random blocks of small scales: they load and compute like any.
    """
    made = weights or model()
    settings = made.config
    out = gguf.GGUFWriter(path, "gemma3")
    out.add_context_length(settings.max_position_embeddings)
    out.add_embedding_length(settings.hidden_size)
    out.add_block_count(settings.num_hidden_layers)
    out.add_feed_forward_length(settings.intermediate_size)
    out.add_head_count(settings.num_attention_heads)
    out.add_head_count_kv(settings.num_key_value_heads)
    out.add_key_length(settings.head_dim)
    out.add_value_length(settings.head_dim)
    out.add_layer_norm_rms_eps(settings.rms_norm_eps)
    out.add_rope_freq_base(1_000_000.0)
    out.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
    out.add_rope_scaling_factor(8.0)
    out.add_sliding_window(settings.sliding_window)
    _add_tokenizer(out)
    if template:
        out.add_chat_template(CHAT_TEMPLATE)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA3, settings.num_hidden_layers)
    random = np.random.default_rng(0)
    for name, weight in made.state_dict().items():
        if name == "lm_head.weight" and settings.tie_word_embeddings:
            continue
        target = names.get_name(name, try_suffixes=(".weight",))
        if target is None:
            raise ValueError(f"no GGUF name for {name}")
        values = weight.float().numpy()
        if values.ndim == 1:
            # Gemma's norms multiply by one plus the weight; GGUF files hold the sum.
            out.add_tensor(target, values + 1.0)
        else:
            out.add_tensor(target, _blocks(values, kind, random), raw_dtype=kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return path


def _blocks(
    values: np.ndarray, kind: gguf.GGMLQuantizationType, random: np.random.Generator
) -> np.ndarray:
    try:
        return gguf.quants.quantize(values, kind)
    except NotImplementedError:
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        rows, columns = values.shape
        # Below 0x2C every half-precision scale in a block, wherever it stands, is small.
        return random.integers(0, 0x2C, (rows, columns // elements * size), dtype=np.uint8)


def _add_tokenizer(out: gguf.GGUFWriter) -> None:
    kinds = {
        **dict.fromkeys(_SPECIAL[:4], gguf.TokenType.CONTROL),
        **dict.fromkeys(_SPECIAL[4:], gguf.TokenType.CONTROL),  # as in published files
        **dict.fromkeys(_TURNS, gguf.TokenType.CONTROL),
        **dict.fromkeys(_BYTES, gguf.TokenType.BYTE),
        "<unk>": gguf.TokenType.UNKNOWN,
    }
    out.add_tokenizer_model("llama")
    out.add_tokenizer_pre("default")
    out.add_token_list(list(VOCABULARY))
    out.add_token_scores([-float(i) for i in range(len(VOCABULARY))])
    out.add_token_types([kinds.get(token, gguf.TokenType.NORMAL) for token in VOCABULARY])
    out.add_bos_token_id(2)
    out.add_eos_token_id(1)
    out.add_unk_token_id(3)
    out.add_pad_token_id(0)
    out.add_add_bos_token(True)
    out.add_add_space_prefix(False)
