"""Texts as the contextual vectors of their tokens.

The encoder is all-MiniLM-L6-v2 (Reimers and Gurevych, EMNLP 2019), shipped in bfloat16 with the
verifier, so that verdicts do not depend on the encoder that an index was built with. A sentence is
encoded by itself, once, however many claims are set against it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from agent.language.parallel import by_length, shared_out
from corpora.errors import EncoderError
from retrieval.encoder import fast_bfloat16

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from retrieval.bert import PlainBert

# Layers whose outputs are kept: a middle one tells words apart, the last one their sense.
LAYERS = (3, 6)
WIDTH = 384
MOST_TOKENS = 160
# Tokens computed together: enough for the matrices, few enough for a core's cache.
_BATCH = 512
# Tokens whose vectors are remembered, 1.5 KB each: the evidence of several answers.
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of one text without special ones.

    `ids` are the vocabulary's numbers, `spans` offsets in the text, `vectors` (tokens, layers *
    width) in half precision.
    """

    ids: npt.NDArray[np.int64]
    spans: tuple[tuple[int, int], ...]
    vectors: npt.NDArray[np.float16]


class TokenEncoder:
    """Encodes texts and remembers the latest; safe to use from several threads."""

    def __init__(self, model: PlainBert, tokenizer: Tokenizer) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        self._known: OrderedDict[str, TokenVectors] = OrderedDict()
        self._tokens = 0
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path) -> TokenEncoder:
        """Read a folder that holds a BERT (see `retrieval.bert`).

        Raises:
            EncoderError: it does not hold such a model.
        """
        import torch
        from tokenizers import Tokenizer

        from retrieval.bert import PlainBert

        number_type = torch.bfloat16 if fast_bfloat16("cpu") else torch.float32
        try:
            model = PlainBert(folder, "cpu", number_type)
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (OSError, ValueError, KeyError) as error:
            raise EncoderError(
                f"The verifier's weights in {folder} cannot be loaded: {error}",
                "Install Medcite again; the weights are part of it.",
            ) from error
        return cls(model, tokenizer)

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """The vectors of each text, in order."""
        with self._lock:
            new = [text for text in dict.fromkeys(texts) if text not in self._known]
            for text, vectors in zip(new, self._encoded(new), strict=True):
                self._known[text] = vectors
                self._tokens += len(vectors.ids)
            found = []
            for text in texts:
                self._known.move_to_end(text)
                found.append(self._known[text])
            while self._tokens > _REMEMBERED:
                _, oldest = self._known.popitem(last=False)
                self._tokens -= len(oldest.ids)
            return found

    def _encoded(self, texts: Sequence[str]) -> list[TokenVectors]:
        encodings = self._tokenizer.encode_batch(list(texts))
        batches = list(by_length([len(one.ids) for one in encodings], _BATCH))
        hidden = shared_out(lambda batch: self._hidden([encodings[i].ids for i in batch]), batches)
        found: dict[int, TokenVectors] = {}
        for batch, vectors in zip(batches, hidden, strict=True):
            for row, i in enumerate(batch):
                one = encodings[i]
                end = len(one.ids) - 1
                found[i] = TokenVectors(
                    np.array(one.ids[1:end], dtype=np.int64),
                    tuple(one.offsets[1:end]),
                    # A copy, so that the batch, with its padding, can go.
                    vectors[row, 1:end].copy(),
                )
        return [found[i] for i in range(len(texts))]

    def _hidden(self, ids: Sequence[list[int]]) -> npt.NDArray[np.float16]:
        import torch

        # Few different shapes: each new one costs memory and time to prepare.
        length = -(-max(map(len, ids)) // 8) * 8
        padded = torch.tensor([row + [0] * (length - len(row)) for row in ids])
        with torch.inference_mode():
            states = self._model.states(padded, (padded != 0).long())
        kept = torch.cat([states[layer] for layer in LAYERS], dim=-1)
        return np.asarray(kept.half().numpy())


def joined(texts: Sequence[TokenVectors]) -> TokenVectors:
    """Several texts as one; spans count as if a space stood between them."""
    spans: list[tuple[int, int]] = []
    at = 0
    for text in texts:
        spans += [(start + at, end + at) for start, end in text.spans]
        at += (text.spans[-1][1] if text.spans else 0) + 1
    return TokenVectors(
        np.concatenate([text.ids for text in texts]),
        tuple(spans),
        np.concatenate([text.vectors for text in texts]),
    )


def weights_folder() -> Path:
    """Where the shipped weights lie."""
    return Path(str(files("agent.verification").joinpath("weights")))


@lru_cache(maxsize=1)
def shipped_encoder() -> TokenEncoder:
    """The encoder that ships with the verifier."""
    return TokenEncoder.load(weights_folder())
