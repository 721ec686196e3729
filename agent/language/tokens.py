"""Encode texts as the contextual vectors of their tokens.

The encoder is all-MiniLM-L6-v2 (Reimers and Gurevych, EMNLP 2019), shipped in bfloat16 with the
verifier, so that verdicts do not depend on the encoder that an index was built with. A sentence is
encoded once, by itself, however many claims it is compared with.
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

from corpora.errors import EncoderError
from retrieval.encoder import fast_bfloat16
from retrieval.parallel import shared_out

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from retrieval.bert import PlainBert

# Layers whose outputs are kept: a middle one for the words, the last one for their sense.
LAYERS = (3, 6)
WIDTH = 384
MOST_TOKENS = 160
# Tokens whose vectors are cached, 1.5 KB each: the evidence of several answers.
_MOST_CACHED = 20_000


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of one text, without special tokens.

    `ids` are indices into the vocabulary, `spans` offsets in the text, `vectors` (tokens, layers *
    width) in half precision.
    """

    ids: npt.NDArray[np.int64]
    spans: tuple[tuple[int, int], ...]
    vectors: npt.NDArray[np.float16]


class TokenEncoder:
    """Encode texts, with a cache of the latest ones; thread-safe."""

    def __init__(self, model: PlainBert, tokenizer: Tokenizer) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        self._cache: OrderedDict[str, TokenVectors] = OrderedDict()
        self._tokens = 0
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path) -> TokenEncoder:
        """Load a BERT model (see `retrieval.bert`) from a folder.

        Raises:
            EncoderError: the folder does not contain such a model.
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
            new = [text for text in dict.fromkeys(texts) if text not in self._cache]
            for text, vectors in zip(new, self._encoded(new), strict=True):
                self._cache[text] = vectors
                self._tokens += len(vectors.ids)
            results = []
            for text in texts:
                self._cache.move_to_end(text)
                results.append(self._cache[text])
            while self._tokens > _MOST_CACHED:
                _, oldest = self._cache.popitem(last=False)
                self._tokens -= len(oldest.ids)
            return results

    def _encoded(self, texts: Sequence[str]) -> list[TokenVectors]:
        encodings = self._tokenizer.encode_batch(list(texts))
        # Each text by itself: in a batch, last digits would depend on which others are cached.
        hidden = shared_out(lambda encoding: self._hidden(encoding.ids), encodings)
        return [
            TokenVectors(
                np.array(encoding.ids[1:-1], dtype=np.int64),
                tuple(encoding.offsets[1:-1]),
                vectors[1:-1],
            )
            for encoding, vectors in zip(encodings, hidden, strict=True)
        ]

    def _hidden(self, ids: Sequence[int]) -> npt.NDArray[np.float16]:
        import torch

        with torch.inference_mode():
            text = torch.tensor([ids])
            states = self._model.states(text, torch.ones_like(text))
        kept = torch.cat([states[layer][0] for layer in LAYERS], dim=-1)
        return np.asarray(kept.half().numpy())


def joined(texts: Sequence[TokenVectors]) -> TokenVectors:
    """Concatenate several texts; spans count as if the texts were joined by spaces."""
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
    """The folder of the shipped weights."""
    return Path(str(files("agent.verification").joinpath("weights")))


@lru_cache(maxsize=1)
def shipped_encoder() -> TokenEncoder:
    """The encoder that ships with the verifier."""
    return TokenEncoder.load(weights_folder())


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """The lower-case words that the shipped encoder has as one token, of general English."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
    return frozenset(token for token in tokenizer.get_vocab() if token.isalpha())
