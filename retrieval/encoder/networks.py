"""The network of a model: `retrieval.bert`, else sentence-transformers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from retrieval.encoder.protocol import PART_BREAK, Vectors
from retrieval.parallel import shared_out

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    from retrieval.bert import PlainBert


# On a CPU, 16 is faster than 32 and 64, by 5 to 9 and 20 to 25 %.
_BATCH = 16


class Network(Protocol):
    """Computes the vectors of one model."""

    @property
    def dimension(self) -> int: ...

    @property
    def window(self) -> int: ...

    @property
    def number_type(self) -> str: ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]: ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors: ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors: ...

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> list[Vectors]: ...


@dataclass(frozen=True, slots=True)
class _Plain:
    """A plain BERT encoder, which treats questions and articles alike."""

    bert: PlainBert

    @property
    def dimension(self) -> int:
        return self.bert.dimension

    @property
    def window(self) -> int:
        return self.bert.window

    @property
    def number_type(self) -> str:
        return self.bert.number_type

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self.bert.count_tokens(texts)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.bert.encode(texts, _BATCH)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        return self.bert.encode(texts, _BATCH)

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> list[Vectors]:
        return list(shared_out(self.bert.encode_packed, groups))


@dataclass(frozen=True, slots=True)
class _SentenceTransformer:
    """Any other model, run by sentence-transformers.

    With `pairs`, title and abstract are two segments if a text has both, separated.
    """

    model: SentenceTransformer
    pairs: bool = False

    @property
    def dimension(self) -> int:
        return int(self.model.get_embedding_dimension() or 0)

    @property
    def window(self) -> int:
        return int(self.model.max_seq_length or 512)

    @property
    def number_type(self) -> str:
        return str(self.model.dtype).removeprefix("torch.")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        # No warning for texts over the window, since counting them is the purpose.
        encoded = self.model.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, verbose=False
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._vectors(self.model.encode_query, texts)

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        if self.pairs:
            return self._vectors(self.model.encode_document, [_parts(text) for text in texts])
        return self._vectors(self.model.encode_document, texts)

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> list[Vectors]:
        return [self.encode_documents(group) for group in groups]

    def _vectors(
        self, encode: Callable[..., object], texts: Sequence[str | tuple[str, ...]]
    ) -> Vectors:
        encoded = encode(
            list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(encoded, dtype=np.float32)


def _parts(text: str) -> str | tuple[str, ...]:
    title, separator, abstract = text.partition(PART_BREAK)
    return (title, abstract) if separator else text


def open_network(
    folder: Path, device: str | None, pooling: str | None, *, pairs: bool = False
) -> Network:
    import torch

    from retrieval.bert import PlainBert, is_plain

    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    number_type = torch.bfloat16 if fast_bfloat16(device) else torch.float32
    if pooling is None and is_plain(folder):
        return _Plain(PlainBert(folder, device, number_type))
    model = _sentence_transformer(folder, device, pooling, number_type)
    return _SentenceTransformer(model, pairs)


def _sentence_transformer(
    folder: Path, device: str, pooling: str | None, number_type: torch.dtype
) -> SentenceTransformer:
    import transformers
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    arguments = {"dtype": number_type}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if pooling is None:
            return SentenceTransformer(
                str(folder), device=device, local_files_only=True, model_kwargs=arguments
            )
        transformer = Transformer(str(folder), model_kwargs=arguments)
        pooled = Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)
        return SentenceTransformer(modules=[transformer, pooled], device=device)


def fast_bfloat16(device: str) -> bool:
    """Whether the hardware supports bfloat16; emulation is several times slower."""
    import torch

    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device != "cpu":
        return False
    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
