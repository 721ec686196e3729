"""What an encoder is: texts to unit vectors, and the identity of what made them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
# Between title and abstract where one text holds both; MedCPT reads them as a pair.
PART_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Meaning:
    """(n, dimension) unit vectors of texts, and the fingerprint of the encoder that made them."""

    encoder: str
    vectors: Vectors


class Encoder(Protocol):
    """Turns texts into unit vectors; a dot product is then a cosine."""

    @property
    def identity(self) -> EncoderIdentity: ...

    @property
    def window(self) -> int:
        """Tokens read at once; what is beyond is not seen."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, special tokens not counted."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) unit vectors."""
        ...

    def encode_documents(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) unit vectors."""
        ...


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """What makes two encoders interchangeable: the same `fingerprint` means the same space.

    `weights` is a SHA-256 over the weight files; the number type they are computed in is left out,
    since it moves vectors by less than what tells two passages apart.
    """

    name: str
    revision: str
    weights: str
    dimension: int
    window: int

    @property
    def fingerprint(self) -> str:
        parts = (self.weights, str(self.dimension), str(self.window))
        return hashlib.blake2b("|".join(parts).encode(), digest_size=8).hexdigest()
