"""The encoder protocol: texts to unit vectors, and the identity of the encoder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
# Separates title and abstract in one text; MedCPT reads them as a pair.
PART_BREAK = "\n\n"


@dataclass(frozen=True, slots=True)
class Meaning:
    """(n, dimension) unit vectors of texts, and the fingerprint of their encoder."""

    encoder: str
    vectors: Vectors


class Encoder(Protocol):
    """Encodes texts as unit vectors, so that a dot product is a cosine."""

    @property
    def identity(self) -> EncoderIdentity: ...

    @property
    def window(self) -> int:
        """Number of tokens read; longer texts are truncated."""
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

    def encode_groups(self, groups: Sequence[Sequence[str]]) -> list[Vectors]:
        """The unit vectors of each group of documents, such as the sentences of one article.

        They depend on that group alone: with `encode_documents`, the last digits depend on what
        else is in the batch.
        """
        ...


@dataclass(frozen=True, slots=True)
class EncoderIdentity:
    """The identity of an encoder: the same `fingerprint` means the same vector space.

    `weights` is a SHA-256 over the weight files; the number type is not included, since it changes
    vectors by less than the distance between two passages.
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
