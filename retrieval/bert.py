"""BERT sentence encoders in plain torch: mean pooling over the last layer, unit length.

sentence-transformers and transformers take seconds to import, several times as long as loading such
a model. A folder with only such a model is read here, with the same operations in the same order on
the same batches, so that the vectors are identical; `is_plain` rejects all others.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn.functional import (
    embedding,
    gelu,
    layer_norm,
    linear,
    normalize,
    scaled_dot_product_attention,
)

_MODULES = ("Transformer", "Pooling", "Normalize")
_WEIGHTS = "model.safetensors"
_PAD = "[PAD]"


@dataclass(frozen=True, slots=True)
class _Norm:
    weight: torch.Tensor
    bias: torch.Tensor
    epsilon: float

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return layer_norm(x, (x.shape[-1],), self.weight, self.bias, self.epsilon)


@dataclass(frozen=True, slots=True)
class _Linear:
    weight: torch.Tensor
    bias: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return linear(x, self.weight, self.bias)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer: attention, then two dense maps, each added to its input and normalised."""

    query: _Linear
    key: _Linear
    value: _Linear
    attended: _Linear
    attended_norm: _Norm
    wide: _Linear
    narrow: _Linear
    norm: _Norm
    heads: int

    def __call__(self, x: torch.Tensor, seen: torch.Tensor | None) -> torch.Tensor:
        query, key, value = (
            part(x).view(*x.shape[:2], self.heads, -1).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        context = scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return self._dense(x, context.transpose(1, 2).reshape(x.shape))

    def packed(self, x: torch.Tensor, lengths: list[int]) -> torch.Tensor:
        """As a call, for (tokens, dimension) of texts one after another."""
        query, key, value = (
            part(x).view(len(x), self.heads, -1).transpose(0, 1).split(lengths, dim=1)
            for part in (self.query, self.key, self.value)
        )
        context = torch.cat(
            [
                scaled_dot_product_attention(q[None], k[None], v[None])[0]
                for q, k, v in zip(query, key, value, strict=True)
            ],
            dim=1,
        )
        return self._dense(x, context.transpose(0, 1).reshape(x.shape))

    def _dense(self, x: torch.Tensor, context: torch.Tensor) -> torch.Tensor:
        x = self.attended_norm(self.attended(context) + x)
        return self.norm(self.narrow(gelu(self.wide(x))) + x)


class PlainBert:
    """A model folder accepted by `is_plain`; one instance may serve several threads.

    Raises:
        OSError, ValueError, KeyError: the folder's content does not match its configuration.
    """

    def __init__(self, folder: Path, device: str, number_type: torch.dtype) -> None:
        config = _read(folder / "config.json")
        self.window = int(_read(folder / "sentence_bert_config.json")["max_seq_length"])
        self.dimension = int(config["hidden_size"])
        self._device, self._type = device, number_type
        self._counting, self._unpadded, self._tokenizer = _tokenizers(folder, self.window)
        try:
            weights = load_file(folder / _WEIGHTS)
        except SafetensorError as error:
            raise ValueError(f"{folder / _WEIGHTS}: {error}") from error
        self._weights = {
            name: value.to(device, number_type)
            for name, value in weights.items()
            if value.is_floating_point()
        }
        self._epsilon = float(config["layer_norm_eps"])
        self._norm = self._norm_at("embeddings.LayerNorm")
        heads = int(config["num_attention_heads"])
        self._layers = [self._layer(i, heads) for i in range(int(config["num_hidden_layers"]))]

    @property
    def number_type(self) -> str:
        """The type used for computation: "bfloat16" or "float32"."""
        return str(self._type).removeprefix("torch.")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens not counted."""
        encoded = self._counting.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in encoded]

    def encode(self, texts: Sequence[str], batch_size: int) -> npt.NDArray[np.float32]:
        """(n, dimension) unit vectors; texts of similar length are batched together."""
        vectors = np.empty((len(texts), self.dimension), np.float32)
        # Same order as sentence-transformers, since the composition of a batch changes last digits.
        order = np.argsort([-len(text) for text in texts])
        for start in range(0, len(texts), batch_size):
            chosen = order[start : start + batch_size]
            with torch.inference_mode():
                pooled = self._pooled([texts[i] for i in chosen])
            vectors[chosen] = pooled.float().cpu().numpy()
        return vectors

    def encode_packed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """(n, dimension) unit vectors, from one sequence of all texts in which each attends only to
        itself. Nothing is padded, so sentences take 0.6 of the time of `encode`, from whose vectors
        these differ in the last digits.
        """
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        with torch.inference_mode():
            rows = [encoding.ids for encoding in self._unpadded.encode_batch_fast(list(texts))]
            lengths = [len(row) for row in rows]
            means = [text.mean(dim=0) for text in self._packed(rows).float().split(lengths)]
            vectors: npt.NDArray[np.float32] = normalize(torch.stack(means), dim=1).cpu().numpy()
        return vectors

    def _packed(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """(tokens of all texts, dimension) output of the last layer."""
        lengths = [len(row) for row in rows]
        positions = [place for length in lengths for place in range(length)]
        ids = [token for row in rows for token in row]
        states = self._embedded(
            torch.tensor(ids, device=self._device),
            self._weights["embeddings.position_embeddings.weight"][positions],
        )
        for layer in self._layers:
            states = layer.packed(states, lengths)
        return states

    def _pooled(self, texts: list[str]) -> torch.Tensor:
        encoded = self._tokenizer.encode_batch_fast(texts)
        ids = torch.tensor([encoding.ids for encoding in encoded], device=self._device)
        mask = torch.tensor([encoding.attention_mask for encoding in encoded], device=self._device)
        last = self.states(ids, mask)[-1]
        weights = mask.unsqueeze(-1).to(self._type)
        total = (last * weights).sum(dim=1, dtype=torch.float32)
        mean = total / weights.sum(dim=1, dtype=torch.float32).clamp(min=1e-9)
        # Normalised twice, as by the model's last module and then by its caller.
        return normalize(normalize(mean.to(self._type), dim=1), dim=1)

    def states(self, ids: torch.Tensor, mask: torch.Tensor) -> list[torch.Tensor]:
        """(n, tokens, dimension) token embeddings, then the output of each layer."""
        length = ids.shape[1]
        positions = self._weights["embeddings.position_embeddings.weight"][:length]
        states = self._embedded(ids, positions)
        # Attention is faster without a mask if none is needed.
        visible = None
        if not bool(mask.all()):
            visible = mask.bool()[:, None, None, :].expand(-1, 1, length, -1)
        outputs = [states]
        for layer in self._layers:
            outputs.append(layer(outputs[-1], visible))
        return outputs

    def _embedded(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        words = embedding(ids, self._weights["embeddings.word_embeddings.weight"])
        segment = self._weights["embeddings.token_type_embeddings.weight"][0]
        return self._norm(words + segment + positions)

    def _layer(self, place: int, heads: int) -> _Layer:
        at = f"encoder.layer.{place}."
        return _Layer(
            self._linear_at(at + "attention.self.query"),
            self._linear_at(at + "attention.self.key"),
            self._linear_at(at + "attention.self.value"),
            self._linear_at(at + "attention.output.dense"),
            self._norm_at(at + "attention.output.LayerNorm"),
            self._linear_at(at + "intermediate.dense"),
            self._linear_at(at + "output.dense"),
            self._norm_at(at + "output.LayerNorm"),
            heads,
        )

    def _linear_at(self, name: str) -> _Linear:
        return _Linear(self._weights[name + ".weight"], self._weights[name + ".bias"])

    def _norm_at(self, name: str) -> _Norm:
        return _Norm(self._weights[name + ".weight"], self._weights[name + ".bias"], self._epsilon)


def is_plain(folder: Path) -> bool:
    """Whether a folder contains exactly a BERT model, mean pooling and normalisation."""
    try:
        return (folder / _WEIGHTS).is_file() and all(
            check(folder) for check in (_plain_modules, _plain_network, _plain_tokenizer)
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _plain_modules(folder: Path) -> bool:
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    names = tuple(module["type"].rpartition(".")[2] for module in modules)
    standard = all(module["type"].startswith("sentence_transformers.") for module in modules)
    if names != _MODULES or not standard or modules[0]["path"]:
        return False
    pooling = _read(folder / modules[1]["path"] / "config.json")
    means = [name for name, on in pooling.items() if name.startswith("pooling_mode") and on]
    settings = _read(folder / "config_sentence_transformers.json")
    return (
        means == ["pooling_mode_mean_tokens"]
        and not settings.get("prompts")
        and not settings.get("default_prompt_name")
        and not settings.get("truncate_dim")
    )


def _plain_network(folder: Path) -> bool:
    config = _read(folder / "config.json")
    return (
        config["model_type"] == "bert"
        and config["architectures"] == ["BertModel"]
        and config["hidden_act"] == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and not config.get("is_decoder")
        and not config.get("quantization_config")
    )


def _plain_tokenizer(folder: Path) -> bool:
    settings = _read(folder / "sentence_bert_config.json")
    configured = _read(folder / "tokenizer_config.json")
    tokenizer = _read(folder / "tokenizer.json")
    normalizer = tokenizer["normalizer"]
    return (
        set(settings) <= {"max_seq_length", "do_lower_case"}
        and not settings.get("do_lower_case")
        and settings["max_seq_length"] <= _read(folder / "config.json")["max_position_embeddings"]
        and configured["tokenizer_class"] in ("BertTokenizer", "BertTokenizerFast")
        and tokenizer["model"]["type"] == "WordPiece"
        and normalizer["type"] == "BertNormalizer"
        and normalizer["lowercase"] == configured.get("do_lower_case", True)
        and normalizer["strip_accents"] == configured.get("strip_accents")
    )


def _tokenizers(folder: Path, window: int) -> tuple[Tokenizer, Tokenizer, Tokenizer]:
    """A tokenizer for counting, one that truncates, and one that also pads a batch."""
    counting = Tokenizer.from_file(str(folder / "tokenizer.json"))
    counting.no_truncation()
    counting.no_padding()
    cutting = Tokenizer.from_str(counting.to_str())
    cutting.enable_truncation(window)
    padding = Tokenizer.from_str(cutting.to_str())
    padding.enable_padding(pad_id=padding.token_to_id(_PAD), pad_token=_PAD)
    return counting, cutting, padding


def _read(path: Path) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return fields
